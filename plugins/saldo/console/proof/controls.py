"""What each control compares, in words, and what to do where it differs; docs/proof.md says more."""

from __future__ import annotations

from typing import NamedTuple


class Control(NamedTuple):
    """vendor, facts: the two sides. remedy: beside the runs that the error names. is_money: an amount, not a count. is_binding: a difference
    fails the proof."""

    title: str
    vendor: str
    facts: str
    remedy: str
    is_money: bool = True
    is_binding: bool = True


_WINDOW = "What is named above repairs it; a window reads those days from the vendor again and writes them again."
CONTROLS = {
    "account_year_totals": Control(
        "Accounts by year", "the vendor's total of the year", "postings by account and accounting year", _WINDOW
    ),
    "account_period_totals": Control(
        "Accounts by period", "the vendor's total of the period", "postings by account and period", _WINDOW
    ),
    "entry_count": Control(
        "Number of postings", "how many the vendor has, up to the last one landed", "posted lines", _WINDOW, False
    ),
    "month_balances": Control(
        "Balances by month", "the posted lines themselves", "balances by month",
        "The balances do not come to their own postings: what is named above has both made anew.",
    ),
    "invoice_net_amount": Control(
        "Invoices, net", "the vendor's total of booked invoices", "lines of booked invoices", _WINDOW
    ),
    "invoice_count": Control(
        "Number of invoices", "how many the vendor has booked", "booked invoices", _WINDOW, False
    ),
    "unpaid_remainder": Control(
        "Unpaid on invoices", "the vendor's total that is unpaid", "what is open of booked invoices",
        "What is open changes with every payment; what is named above repairs it.",
    ),
    "customer_balances": Control(
        "Customers' balances", "balance of the customer's card", "open items of the customer",
        "It is reported and fails nothing: the vendor's own balance has been seen beside the sum of its own open items. Look at "
        "the customer's card at the vendor.", is_binding=False,
    ),
    "subledger_accounts": Control(
        "Ledgers of customers and suppliers", "the ledger's postings on the account", "receivables or payables on the account",
        "If it stays after what is named above, somebody has posted on the account past the customers or "
        "suppliers.",
    ),
    "set_aside": Control(
        "Records set aside", "records of the ledger that cannot be stored", "-",
        "Correct the records at the vendor; the note of the run names them.", False,
    ),
}  # fmt: skip


def control_of(name: str) -> Control:
    """One that a later version has written goes by its own name."""
    return CONTROLS.get(name) or Control(name, "the vendor", "the facts", _WINDOW)
