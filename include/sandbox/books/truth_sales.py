"""What the facts must say of sales: every line of invoices, orders and quotes, and every document.

The rules are stated in README.md ("What sales must come to").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from . import orders, people
from .book import Book
from .company import Company
from .csv_stream import csv_of, money
from .invoice_lines import SalesLine
from .invoices import cost_base, in_base
from .orders import SalesDocument
from .products import unit_names
from .vouchers import FIRST_INVOICE, credit_until

LINE_COLUMNS = (
    "line_number", "customer_number", "customer_name", "product_number", "department_number",
    "description", "quantity", "unit", "unit_net_price", "discount_percent", "currency",
    "exchange_rate", "net_amount", "net_amount_base", "cost_base", "margin_base", "is_rounding",
)  # fmt: skip
INVOICE_LINE_COLUMNS = (
    "invoice_number", "is_draft", "is_credit_note", "invoice_date", "due_date", *LINE_COLUMNS,
    "payment_status", "invoice_remainder_base",
)  # fmt: skip
ORDER_LINE_COLUMNS = ("kind", "order_number", "status", "order_date", "due_date", *LINE_COLUMNS)
DOCUMENT_COLUMNS = (
    "kind", "accounting_year", "document_number", "number", "has_pdf", "page_count", "note"
)  # fmt: skip
#: The line number of the line that makes up for rounding.
ROUNDING_LINE = 0


class Document(NamedTuple):
    """What lines must know of the invoice, order or quote they are on."""

    currency: str
    rate: int
    net: int
    net_base: int
    customer: int
    customer_name: str
    lines: list[SalesLine]


def _scaled(number: int | None, places: int) -> str:
    return "" if number is None else str(Decimal(number).scaleb(-places))


def _line_rows(document: Document, units: dict[int, str]) -> Iterator[tuple[object, ...]]:
    """LINE_COLUMNS of every line, and of the rounding line where there is a difference."""
    net, base = document.net, document.net_base
    for line in document.lines:
        own_net, own_base = line.net or 0, in_base(line.net or 0, document.rate)
        net, base = net - own_net, base - own_base
        cost, unit = cost_base(line, document.rate), line.unit
        yield (
            line.place, document.customer, document.customer_name, line.product_number or "",
            line.department or "", line.description, _scaled(line.quantity, 3),
            "" if unit is None else units.get(unit, ""), _scaled(line.price, 2),
            "" if line.net is None else _scaled(line.discount, 2), document.currency,
            _scaled(document.rate, 2), money(own_net), money(own_base), money(cost),
            money(own_base - cost), "false",
        )  # fmt: skip
    if net or base:
        yield (
            ROUNDING_LINE, document.customer, document.customer_name, "", "", "", "", "", "", "",
            document.currency, _scaled(document.rate, 2), money(net), money(base), money(0),
            money(base), "true",
        )  # fmt: skip


def _names(company: Company, day: int) -> dict[int, str]:
    return {c.number: c.name for c in people.customers(company, day)}


def invoice_lines(book: Book) -> Iterator[bytes]:
    """One row a line of a booked or draft invoice, rounding lines among them."""
    return csv_of(INVOICE_LINE_COLUMNS, _booked_and_draft(book))


def _booked_and_draft(book: Book) -> Iterator[Iterable[object]]:
    names, units = _names(book.company, book.day), unit_names(book.day)
    invoices = book.ledger.invoices
    for k in invoices.booked:
        sale = invoices.sale(k)
        document = Document(
            sale.currency, sale.rate, sale.net, sale.net_base, sale.customer,
            names.get(sale.customer, ""), invoices.lines(k, sale),
        )  # fmt: skip
        head = (
            FIRST_INVOICE + k, "false", str(sale.net < 0).lower(), sale.date,
            credit_until(sale.date),
        )  # fmt: skip
        status = "open" if sale.remainder else "paid"
        for row in _line_rows(document, units):
            remainder = sale.remainder_base if row[0] == 1 else 0
            yield (*head, *row, status, money(remainder))
    for item in orders.documents(book.company, book.day, orders.DRAFT_INVOICE):
        head = (item.number, "true", str(item.net < 0).lower(), item.date, item.due)
        for row in _line_rows(_of(item, names), units):
            yield (*head, *row, "draft", money(0))


def _of(item: SalesDocument, names: dict[int, str]) -> Document:
    return Document(
        item.currency, item.rate, item.net, item.net_base, item.customer,
        names.get(item.customer, ""), item.lines,
    )  # fmt: skip


def order_lines(book: Book) -> Iterator[bytes]:
    """One row a line of an order or quote, rounding lines among them."""
    return csv_of(ORDER_LINE_COLUMNS, _orders_and_quotes(book))


def _orders_and_quotes(book: Book) -> Iterator[Iterable[object]]:
    names, units = _names(book.company, book.day), unit_names(book.day)
    for kind in (orders.ORDER, orders.QUOTE):
        for item in orders.documents(book.company, book.day, kind):
            head = (kind.name, item.number, item.status, item.date, item.due)
            for row in _line_rows(_of(item, names), units):
                yield (*head, *row)


def documents(book: Book) -> Iterator[bytes]:
    """One row a document of a voucher, and one a booked invoice: every one of them has a PDF."""
    return csv_of(DOCUMENT_COLUMNS, _documents(book))


def _documents(book: Book) -> Iterator[Iterable[object]]:
    for item in book.ledger.documents.rows():
        yield (
            "voucher", item.year, item.voucher, item.number, "true", item.pages or "",
            item.note or "",
        )  # fmt: skip
    for k in book.ledger.invoices.booked:
        yield ("invoice", "", FIRST_INVOICE + k, "", "true", "", "")


def counts(book: Book) -> dict[str, int]:
    """How many records the vendor's API shows of every entity of sales."""
    ledger = book.ledger
    found = {
        "invoices": len(ledger.invoices.booked),
        "invoice_lines": ledger.invoices.line_count(range(2 * ledger.slots)),
        "unpaid_invoices": len(ledger.invoices.unpaid),
        "documents": ledger.documents.total,
        # Of booked invoices, of the paid and of the unpaid ones.
        "invoice_totals": 3,
    }
    for kind in orders.KINDS:
        items = [*orders.documents(book.company, book.day, kind)]
        found[f"{kind.name}s"] = len(items)
        found[f"{kind.name}_lines"] = sum(len(item.lines) for item in items)
    return found
