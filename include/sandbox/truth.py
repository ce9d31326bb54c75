"""What the facts must say, told by the ledger itself: the tests compare the warehouse with this.

Everything here is computed from the ledger's integers, not from the JSON the vendor API shows, and by
rules stated in the warehouse's documentation, not by its SQL.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from . import chart, people
from .calendar import Period, periods
from .ledger import Line
from .state import Book

ENTRY_TYPES = {
    1: "customer_invoice",
    2: "customer_payment",
    3: "supplier_invoice",
    4: "supplier_payment",
    5: "finance_voucher",
    6: "reminder",
    7: "opening_entry",
    8: "transferred_opening_entry",
    9: "system_entry",
    10: "manual_debtor_invoice",
}
COLUMNS = (
    "entry_number", "voucher_number", "entry_type", "date", "accounting_year", "period",
    "account_number", "account_name", "customer_number", "supplier_number", "vat_code", "text",
    "currency", "amount", "amount_base", "due_date", "remainder", "remainder_base",
    "invoice_number", "is_opening",
)  # fmt: skip
_BATCH = 2_000


def _money(cents: int | None) -> str:
    return "" if cents is None else str(Decimal(cents).scaleb(-2))


def _remainder_base(line: Line) -> str:
    if line.remainder is None:
        return ""
    if line.remainder == 0:
        return "0"
    exact = Decimal(line.remainder) * line.base / line.amount / 100
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def entries(book: Book) -> Iterator[bytes]:
    """CSV with a header, one row an entry, streamed; absent values are empty."""
    names = {a.number: a.name for a in chart.accounts(book.day)}
    months = {
        (p.start.year, p.start.month): p for p in periods(book.company, today=book.ledger.today)
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for count, line in enumerate(book.ledger.lines(), start=1):
        period = months[line.date.year, line.date.month]
        writer.writerow(_row(line, period, names[line.account]))
        if count % _BATCH == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _row(line: Line, period: Period, account_name: str) -> tuple[object, ...]:
    return (
        line.number, line.voucher, ENTRY_TYPES[line.type], line.date, period.year,
        period.number_in_year, line.account, account_name, line.customer or "",
        line.supplier or "", line.vat or "", line.text, line.currency, _money(line.amount),
        _money(line.base), line.due or "", _money(line.remainder), _remainder_base(line),
        line.invoice or "", str(line.type in (7, 8)).lower(),
    )  # fmt: skip


def summary(book: Book) -> dict[str, object]:
    """Counts of every entity and the ledger's totals: small enough to read."""
    ledger, company = book.ledger, book.company
    totals: Counter[int] = Counter()
    for line in ledger.lines():
        totals[line.account] += line.base
    return {
        "today": ledger.today.isoformat(),
        "counts": {
            "self": 1,
            "accounts": len(chart.accounts(book.day)),
            "accounting_years": len(ledger.years),
            "periods": len(ledger.years) * 12,
            "customers": sum(1 for _ in people.customers(company, book.day)),
            "suppliers": sum(1 for _ in people.suppliers(company, book.day)),
            "departments": (
                sum(1 for _ in people.departments(company, book.day)) if company.departments else 0
            ),
            "entries": ledger.count(),
        },
        "open_entries": sum(1 for _ in ledger.open_lines()),
        "totals": {str(number): _money(cents) for number, cents in sorted(totals.items())},
        "customers": {str(c.number): c.name for c in people.customers(company, book.day)},
        "accounts": {str(a.number): a.name for a in chart.accounts(book.day)},
    }
