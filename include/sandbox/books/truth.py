"""What the facts must say, told by the ledger itself: the tests compare the warehouse with this.

Everything here is computed from the ledger's integers, not from the JSON the vendor API shows, and by
rules stated in the warehouse's documentation, not by its SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from . import chart, people, products, registers, truth_sales
from .book import Book
from .calendar import Period, periods
from .csv_stream import csv_of, money
from .drafts import drafts
from .ledger import Ledger, Line

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
    "invoice_number", "is_opening", "department_number",
)  # fmt: skip
BALANCE_COLUMNS = (
    "account_number", "department_number", "first_day", "opening_base", "movement_base",
)  # fmt: skip
DRAFT_COLUMNS = (
    "entry_number", "journal_number", "voucher_number", "date", "account_number", "amount",
    "currency", "text", "customer_number", "supplier_number",
)  # fmt: skip
OPENING = (7, 8)


def _remainder_base(line: Line) -> str:
    if line.remainder is None:
        return ""
    if line.remainder == 0:
        return "0"
    exact = Decimal(line.remainder) * line.base / line.amount / 100
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def entries(book: Book) -> Iterator[bytes]:
    """One row an entry."""
    names = {a.number: a.name for a in chart.accounts(book.day)}
    ledger = book.ledger
    starts = {p.start: p for p in periods(book.company, today=ledger.today)}
    rows = (
        _row(
            line,
            starts[ledger.period_starts_on(line.date)],
            names.get(line.account, ""),
            ledger,
        )
        for line in ledger.lines()
    )
    return csv_of(COLUMNS, rows)


def _row(line: Line, period: Period, account_name: str, ledger: Ledger) -> tuple[object, ...]:
    return (
        line.number, line.voucher, ENTRY_TYPES[line.type], line.date, period.year,
        period.number_in_year, line.account, account_name, line.customer or "",
        line.supplier or "", line.vat or "", line.text, line.currency, money(line.amount),
        money(line.base), line.due or "", money(line.remainder), _remainder_base(line),
        line.invoice or "", str(line.type in OPENING).lower(), ledger.department_of(line),
    )  # fmt: skip


def balances(book: Book) -> Iterator[bytes]:
    """One row an account, department and period that has entries: what was opened and what moved."""
    ledger = book.ledger
    sums: dict[tuple[int, str, str], list[int]] = {}
    for line in ledger.lines():
        key = (
            line.account,
            ledger.department_of(line),
            ledger.period_starts_on(line.date).isoformat(),
        )
        sums.setdefault(key, [0, 0])[line.type not in OPENING] += line.base
    rows = ((*key, *map(money, sums[key])) for key in sorted(sums))
    return csv_of(BALANCE_COLUMNS, rows)


def draft_entries(book: Book) -> Iterator[bytes]:
    """One row a line that is not booked yet."""
    rows = (
        (
            d.number, d.journal, d.voucher, d.date, d.account or "", money(d.amount), d.currency,
            d.text, d.customer or "", d.supplier or "",
        )
        for d in drafts(book.company, book.day)
    )  # fmt: skip
    return csv_of(DRAFT_COLUMNS, rows)


def summary(book: Book) -> dict[str, object]:
    """Counts of every entity, the ledger's totals and everybody's name: small enough to read."""
    ledger, company, day = book.ledger, book.company, book.day
    totals: Counter[int] = Counter()
    for line in ledger.lines():
        totals[line.account] += line.base
    return {
        "today": ledger.today.isoformat(),
        "counts": counts(book),
        "open_entries": sum(1 for _ in ledger.open_lines()),
        "totals": {str(number): money(cents) for number, cents in sorted(totals.items())},
        "customers": {str(c.number): c.name for c in people.customers(company, day)},
        "accounts": {str(a.number): a.name for a in chart.accounts(day)},
        "suppliers": {str(s.number): s.name for s in people.suppliers(company, day)},
        "departments": _departments(book),
        "employees": {str(e.number): e.name for e in registers.employees(day)},
        "vat_accounts": {v.code: v.name for v in registers.vat_accounts(day)},
        "products": {p.number: p.name for p in products.products(company, day)},
        "payment_terms": {str(t.number): t.name for t in registers.payment_terms(day)},
    }


def counts(book: Book) -> dict[str, int]:
    """How many records the vendor's API shows of every entity; 0 of what is not licensed."""
    ledger, company, day = book.ledger, book.company, book.day
    has = company.departments
    return {
        "self": 1,
        "accounts": len(chart.accounts(day)),
        "accounting_years": len(ledger.years),
        "periods": len(periods(company, today=ledger.today)),
        "customers": sum(1 for _ in people.customers(company, day)),
        "suppliers": sum(1 for _ in people.suppliers(company, day)),
        "departments": len(registers.departments(day)) if has else 0,
        "departmental_distributions": len(registers.distributions(day)) if has else 0,
        "entries": ledger.count(),
        "entry_dimensions": ledger.dimensions.count(),
        "journals": len(registers.journals(day)),
        "draft_entries": sum(1 for _ in drafts(company, day)),
        "customer_groups": len(registers.customer_groups(day)),
        "supplier_groups": len(registers.supplier_groups(day)),
        "payment_terms": len(registers.payment_terms(day)),
        "vat_accounts": len(registers.vat_accounts(day)),
        "vat_types": len(registers.vat_types()),
        "vat_zones": len(registers.vat_zones(day)),
        "currencies": len(registers.currencies(day)),
        "employees": len(registers.employees(day)),
        "products": sum(1 for _ in products.products(company, day)),
        "product_groups": len(products.product_groups(day)),
        "units": len(products.units(day)),
        **truth_sales.counts(book),
    }


def _departments(book: Book) -> dict[str, str]:
    """Departments by number, distributions made by users by D|number."""
    if not book.company.departments:
        return {}
    own = {str(d.number): d.name for d in registers.departments(book.day)}
    shared = (d for d in registers.distributions(book.day) if d.is_of_users)
    return own | {f"D|{d.number}": d.name for d in shared}
