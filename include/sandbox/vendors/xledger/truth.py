"""What a warehouse must show of an entity, told by the books: rows as CSV, sums as JSON.

Openings that are carried forward (the books' type 8) are no part of it: balances run on. An entity's truth are its
own rows; object kinds and tax rules are those of the entity on top.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.books.csv_stream import csv_of, money
from sandbox.state import State
from sandbox.vendor import Truth

from . import balances, parties, periods, projects, registers
from .access import entity_of
from .entity import Entity
from .import_truth import imports
from .ledger import Posting, Postings, postings
from .subledgers import PAYABLES, RECEIVABLES, Subledger, kind_of
from .timesheets import Sheet, Timesheets

TRANSACTION_COLUMNS = (
    "db_id", "date", "account_code", "amount_base", "amount", "currency", "department_code",
    "project_code", "source", "voucher", "cost_object_code", "tax_code", "period_db_id", "text",
)  # fmt: skip
SUBLEDGER_COLUMNS = (
    "db_id", "date", "due_date", "subledger_db_id", "invoice_number", "kind", "currency", "amount_base",
    "amount", "remaining", "voucher",
)  # fmt: skip
TIMESHEET_COLUMNS = (
    "db_id", "date", "employee_db_id", "project_db_id", "hours", "invoice_hours", "hourly_revenue",
    "hourly_cost", "is_approved",
)  # fmt: skip
_TIMESHEETS = Timesheets()


# --- rows ----------------------------------------------------------------------------------------


def transactions(state: State, company: str) -> Iterator[bytes]:
    """One row a ledger line."""
    entity = entity_of(state, company)
    books = entity.of(Postings)
    codes = {row["dbId"]: row["code"] for row in entity.of(projects.ever)}
    return csv_of(TRANSACTION_COLUMNS, (_transaction(p, books, codes) for p in postings(entity)))


def _transaction(posting: Posting, books: Postings, codes: dict[int, str]) -> tuple[object, ...]:
    line = posting.line
    department, cost_object, project = (
        books.department(line), books.keys(line)[1], books.project(line),
    )  # fmt: skip
    return (
        books.first_id + line.number, posting.date, line.account, money(line.base), money(line.amount),
        line.currency, department or "", "" if project is None else codes[project], posting.source,
        line.voucher, f"K{cost_object:02d}" if cost_object else "", line.vat or "",
        posting.period["dbId"], line.text,
    )  # fmt: skip


def _of_subledger(table: Subledger, entity: Entity) -> Iterator[tuple[object, ...]]:
    for posting in table.forwards(entity, 0):
        line = posting.line
        yield (
            table.id(entity, line.number), posting.date, line.due or "", table.party(entity, line),
            line.invoice or "", kind_of(posting), line.currency, money(line.base),
            money(line.amount), money(line.remainder or 0), line.voucher,
        )  # fmt: skip


def receivables(state: State, company: str) -> Iterator[bytes]:
    """One row a line of a customer."""
    return csv_of(SUBLEDGER_COLUMNS, _of_subledger(RECEIVABLES, entity_of(state, company)))


def payables(state: State, company: str) -> Iterator[bytes]:
    """One row a line of a supplier."""
    return csv_of(SUBLEDGER_COLUMNS, _of_subledger(PAYABLES, entity_of(state, company)))


def timesheets(state: State, company: str) -> Iterator[bytes]:
    """One row a timesheet."""
    get = _TIMESHEETS.getters
    entity = entity_of(state, company)
    rows = (
        (
            get["dbId"](one), one.date, get["employeeDbId"](one), get["projectDbId"](one),
            money(get["workingHours"](one)), money(get["invoiceHours"](one)), money(get["hourlyRevenueCurrency"](one)),
            money(get["hourlyCost"](one)), str(one.is_approved).lower(),
        )
        for one in _TIMESHEETS.forwards(entity, 0)
    )  # fmt: skip
    return csv_of(TIMESHEET_COLUMNS, rows)


# --- sums ----------------------------------------------------------------------------------------


def summary(state: State, company: str) -> dict[str, Any]:
    """Counts, sums and names: small enough to read."""
    entity = entity_of(state, company)
    found, sheets = list(postings(entity)), list(_TIMESHEETS.forwards(entity, 0))
    by_month: Counter[tuple[str, str]] = Counter()
    by_period: Counter[tuple[str, str]] = Counter()
    for posting in found:
        account = str(posting.line.account)
        by_month[account, f"{posting.date:%Y-%m}"] += posting.line.base
        by_period[account, posting.period["description"]] += posting.line.base
    return {
        "today": entity.today.isoformat(),
        "db_id": entity.db_id,
        "shares_of": entity.top.db_id,
        "counts": {**_counts(entity), "transactions": len(found), "timesheets": len(sheets)},
        "movements": _nested(by_month),
        "periods": _nested(by_period),
        "receivables": _open(RECEIVABLES, entity),
        "payables": _open(PAYABLES, entity),
        "hours": _hours(sheets),
        **{
            name: {str(row["dbId"]): row["description"] for row in make(entity)}
            for name, make in _NAMED.items()
        },
    }


_NAMED = {
    "customers": parties.customers,
    "suppliers": parties.suppliers,
    "employees": parties.employees,
    "projects": projects.projects,
    "accounts": registers.accounts,
}


def _counts(entity: Entity) -> dict[str, int]:
    """Rows that are the entity's own."""
    lists = {
        "entities": registers.entities,
        "accounts": registers.accounts,
        "objectKinds": registers.kinds,
        "objectValues": registers.object_values,
        "taxTableSetups": registers.tax_tables,
        "currencies": registers.currencies,
        "exchangeRates": registers.rates,
        "periods": periods.periods,
        "accountBalances": balances.balances,
        "projects": projects.projects,
        "employees": parties.employees,
        "customers": parties.customers,
        "suppliers": parties.suppliers,
    }
    ledgers = {"arTransactions": RECEIVABLES, "apTransactions": PAYABLES}
    return {
        **{root: len(make(entity)) for root, make in lists.items()},
        **{root: sum(1 for _ in table.forwards(entity, 0)) for root, table in ledgers.items()},
    }


def _open(table: Subledger, entity: Entity) -> dict[str, dict[str, str]]:
    """The dbId of a customer or supplier -> currency -> what is left to pay."""
    sums: Counter[tuple[str, str]] = Counter()
    for posting in table.forwards(entity, 0):
        if posting.line.remainder:
            party = str(table.party(entity, posting.line))
            sums[party, posting.line.currency] += posting.line.remainder
    return _nested(sums)


def _hours(sheets: Iterable[Sheet]) -> dict[str, dict[str, str]]:
    """The dbId of a project -> month -> hours."""
    sums: Counter[tuple[str, str]] = Counter()
    project, hours = (_TIMESHEETS.getters[name] for name in ("projectDbId", "workingHours"))
    for one in sheets:
        sums[str(project(one)), f"{one.date:%Y-%m}"] += hours(one)
    return _nested(sums)


def _nested(sums: Counter[tuple[str, str]]) -> dict[str, dict[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for (outer, inner), cents in sorted(sums.items()):
        found[outer][inner] = money(cents)
    return dict(found)


TRUTHS: Mapping[str, Truth] = {
    "xledger": summary,
    "xledger-transactions": transactions,
    "xledger-receivables": receivables,
    "xledger-payables": payables,
    "xledger-timesheets": timesheets,
    "xledger-imports": imports,
}
