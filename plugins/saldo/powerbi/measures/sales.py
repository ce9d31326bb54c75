"""What is sold and bought: invoices and their margin, orders, purchases, drafts."""

from __future__ import annotations

from saldo.powerbi.types import COUNT, PERCENT

from .currency import in_one_currency
from .measure import Measure


def _booked(column: str) -> str:
    return _of_lines(column, "FALSE ()")


def _of_lines(column: str, is_draft: str) -> str:
    only = f"KEEPFILTERS ( 'Invoice lines'[Is draft] = {is_draft} )"
    return in_one_currency(f"CALCULATE ( SUM ( 'Invoice lines'[{column}] ), {only} )")


def _purchased(column: str, compared: str) -> str:
    """What is new is in no ledger: nobody has worked on it yet."""
    only = f"KEEPFILTERS ( 'Purchase lines'[State] {compared} \"new\" )"
    return in_one_currency(f"CALCULATE ( SUM ( 'Purchase lines'[{column}] ), {only} )")


SALES = (
    Measure(
        "Invoiced",
        "Sales",
        "Booked sales invoices without VAT, credit notes taken off.",
        "invoice_lines",
        "coalesce(sum(net_amount_base) filter (where not is_draft), 0)",
        _booked("Net amount base"),
    ),
    Measure(
        "Cost of sales",
        "Sales",
        "Cost of what was invoiced; 0 where the line gives none.",
        "invoice_lines",
        "coalesce(sum(cost_base) filter (where not is_draft), 0)",
        _booked("Cost base"),
    ),
    Measure(
        "Margin",
        "Sales",
        "Invoiced less its cost.",
        "invoice_lines",
        "coalesce(sum(margin_base) filter (where not is_draft), 0)",
        _booked("Margin base"),
    ),
    Measure(
        "Margin %",
        "Sales",
        "Margin as a share of what was invoiced.",
        "invoice_lines",
        "sum(margin_base) filter (where not is_draft) / nullif(sum(net_amount_base) filter (where not is_draft), 0)",
        "DIVIDE ( [Margin], [Invoiced] )",
        PERCENT,
    ),
    Measure(
        "Invoices",
        "Sales",
        "Booked invoices and credit notes.",
        "invoice_lines",
        "count(distinct invoice_number) filter (where not is_draft)",
        "CALCULATE (\n"
        "    COUNTROWS ( SUMMARIZE ( 'Invoice lines', 'Invoice lines'[Agreement key], 'Invoice lines'[Invoice number] ) ),\n"
        "    KEEPFILTERS ( 'Invoice lines'[Is draft] = FALSE () )\n"
        ")",
        COUNT,
    ),
    Measure(
        "Invoice drafts",
        "Sales",
        "Invoices that are not booked yet, without VAT.",
        "invoice_lines",
        "coalesce(sum(net_amount_base) filter (where is_draft), 0)",
        _of_lines("Net amount base", "TRUE ()"),
    ),
    Measure(
        "Orders",
        "Sales",
        "Orders and quotes without VAT; status and kind are in Order lines.",
        "order_lines",
        "coalesce(sum(net_amount_base), 0)",
        in_one_currency("SUM ( 'Order lines'[Net amount base] )"),
    ),
    Measure(
        "Purchases",
        "Purchases",
        "Posted purchase invoices and receipts without VAT; positive is owed to the supplier.",
        "purchase_lines",
        "coalesce(sum(net_amount_base) filter (where state <> 'new'), 0)",
        _purchased("Net amount base", "<>"),
    ),
    Measure(
        "Purchases VAT",
        "Purchases",
        "VAT of posted purchase invoices and receipts.",
        "purchase_lines",
        "coalesce(sum(tax_amount_base) filter (where state <> 'new'), 0)",
        _purchased("Tax amount base", "<>"),
    ),
    Measure(
        "Purchases not posted",
        "Purchases",
        "Purchase invoices and receipts that are not posted yet (state new), without VAT.",
        "purchase_lines",
        "coalesce(sum(net_amount_base) filter (where state = 'new'), 0)",
        _purchased("Net amount base", "="),
    ),
    Measure(
        "Draft postings",
        "Result",
        "Lines of journals that are not posted yet.",
        "draft_entries",
        "count(*)",
        "COUNTROWS ( 'Draft entries' )",
        COUNT,
    ),
)  # fmt: skip
