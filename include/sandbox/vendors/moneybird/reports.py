"""Moneybird's own reports: general ledger, balance sheet, profit and loss, debtors, creditors, journal entries.

A period is of whole months, of at most twelve, or of just one for debtors, creditors and journal entries. Balances of
profit and loss begin at nothing in every calendar year; the balance sheet tells what earlier years left (`open_years`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.calendar import add_months
from sandbox.http import as_json

from . import postings as posted
from .administration import Administration
from .amounts import money
from .contacts import contact_id
from .errors import bad_request
from .filters import Period, period_of
from .paging import answered, page_of
from .registers import (
    CREDITORS,
    DEBTORS,
    account_id,
    accounts,
    project_id,
    tax_rate_id,
)

RESULT = ("revenue", "direct_costs", "expenses", "other_income_expenses")
_MONTHS_ONLY = re.compile(r"(this|prev|next)_month|[0-9.]+")
_NOT_YEARS = re.compile(r"(this|prev|next)_(month|quarter|year)|[0-9.]+")


def period(administration: Administration, request: Request, *, months: int) -> Period:
    """Raises Refused for a period that is none, not of whole months, or too long."""
    text = request.query_params.get("period") or "this_month"
    shape = _MONTHS_ONLY if months == 1 else _NOT_YEARS
    if not shape.fullmatch(text):
        raise bad_request("Period is invalid")
    first, last = period_of(text, administration.today)
    if first.day != 1 or last != _end(last) or last < first:
        raise bad_request("Period is invalid")
    if last > add_months(first, months) - timedelta(days=1):
        raise bad_request(f"Period cannot exceed {months} month{'s' if months > 1 else ''}")
    return first, last


def _end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


# --- ledger --------------------------------------------------------------------------------------


def _sums(administration: Administration, account: int, first: date, last: date) -> tuple[int, int]:
    """(debit, credit) of an account's months."""
    debit = credit = 0
    for month, (one, other) in administration.of(posted.by_month).get(account, {}).items():
        if first <= month <= last:
            debit, credit = debit + one, credit + other
    return debit, credit


def _balance(administration: Administration, account: int, first: date, last: date) -> int:
    debit, credit = _sums(administration, account, first, last)
    return debit - credit


def _general_ledger(administration: Administration, request: Request) -> Response:
    first, last = period(administration, request, months=12)
    found: dict[str, list[tuple[int, int]]] = {
        "debit_sums": [], "credit_sums": [], "start_balance": [], "final_balance": [],
    }  # fmt: skip
    for one in accounts(administration):
        debit, credit = _sums(administration, one.place, first, last)
        since = date(first.year, 1, 1) if one.type in RESULT else date.min
        start = _balance(administration, one.place, since, first - timedelta(days=1))
        if debit or credit or start:
            for name, value in zip(found, (debit, credit, start, start + debit - credit), strict=True):  # fmt: skip
                found[name].append((one.place, value))
    return as_json({name: _listed(administration, rows) for name, rows in found.items()})


def _listed(administration: Administration, rows: list[tuple[int, int]]) -> dict[str, Any]:
    return {"ledger_accounts": [_item(administration, place, value) for place, value in rows]}


def _item(administration: Administration, place: int, value: int) -> dict[str, Any]:
    return {"ledger_account_id": account_id(administration, place), "value": money(value)}


def _balance_sheet(administration: Administration, request: Request) -> Response:
    _, last = period(administration, request, months=12)
    debit: dict[str, Any] = {}
    credit: dict[str, Any] = {}
    totals = {1: 0, -1: 0}
    for sign, side, names in (
        (1, debit, ("current_assets", "non_current_assets")),
        (-1, credit, ("equity", "provisions", "non_current_liabilities", "current_liabilities")),
    ):  # fmt: skip
        for name in names:
            side[name], total = _section(administration, name, sign, last)
            totals[sign] += total
    years = _open_years(administration, last)
    totals[-1] += sum(value for _, value in years)
    credit["open_years"] = [{"year": str(year), "value": money(value)} for year, value in years]
    return as_json(
        {
            "debit": {"total": money(totals[1]), **debit},
            "credit": {"total": money(totals[-1]), **credit},
        }
    )


def _section(
    administration: Administration, type: str, sign: int, last: date
) -> tuple[list[dict[str, Any]], int]:
    """Accounts of a type with those below them; a parent's value is without its children's."""
    values = {
        one.place: sign * _balance(administration, one.place, date.min, last)
        for one in accounts(administration)
        if one.type == type
    }
    parents = {one.place: one.parent for one in accounts(administration) if one.parent in values}
    rows = []
    for place, value in values.items():
        if place in parents:
            continue
        children = [
            _item(administration, child, values[child])
            for child, parent in parents.items()
            if parent == place and values.get(child)
        ]
        if value or children:
            rows.append({**_item(administration, place, value), "children": children})
    return rows, sum(values.values())


def _open_years(administration: Administration, last: date) -> list[tuple[int, int]]:
    """The result of every year until a day, a profit positive."""
    found: dict[int, int] = {}
    for one in accounts(administration):
        if one.type not in RESULT:
            continue
        for month, (debit, credit) in administration.of(posted.by_month).get(one.place, {}).items():
            if month <= last:
                found[month.year] = found.get(month.year, 0) + credit - debit
    return sorted(found.items())


def _profit_loss(administration: Administration, request: Request) -> Response:
    first, last = period(administration, request, months=12)
    chosen = request.query_params.get("project_id")
    sums: dict[int, int] = {}
    for one in administration.of(posted.all_postings):
        is_of = chosen is None or (
            one.project is not None and project_id(administration, one.project) == chosen
        )
        if first <= one.date <= last and is_of:
            sums[one.account] = sums.get(one.account, 0) + one.amount
    found: dict[str, Any] = {}
    totals: dict[str, int] = {}
    for type in RESULT:
        sign = -1 if type in ("revenue", "other_income_expenses") else 1
        rows = [
            (one.place, sign * sums[one.place])
            for one in accounts(administration)
            if one.type == type and one.place in sums
        ]
        found[f"{type}_by_ledger_account"] = _listed(administration, rows)
        totals[type] = sum(value for _, value in rows)
    revenue, direct, expenses, other = (totals[type] for type in RESULT)
    return as_json({
        **found, "gross_profit": money(revenue - direct), "operating_profit": money(revenue - direct - expenses),
        "net_profit": money(revenue - direct - expenses + other),
        "total_expenses": money(direct + expenses - other), "total_revenue": money(revenue),
    })  # fmt: skip


# --- parties and entries -------------------------------------------------------------------------


def _parties(name: str, account: int, sign: int) -> Callable[[Administration, Request], Response]:
    def report(administration: Administration, request: Request) -> Response:
        _, last = period(administration, request, months=1)
        open_ones = posted.by_contact(administration, account, last)
        rows = [
            {
                "contact_id": None if contact is None else contact_id(administration, contact),
                "amount": money(sign * cents),
            }
            for contact, cents in sorted(open_ones.items(), key=lambda one: (-sign * one[1], one[0] or 0))
        ]  # fmt: skip
        page, headers = page_of(request, rows, is_of_documents=False)
        response = as_json({name: list(page)})
        del headers  # the report has pages, but no headers that tell of them
        return response

    return report


def _journal_entries(administration: Administration, request: Request) -> Response:
    asked = request.query_params
    if not any(asked.get(key) for key in ("project_id", "contact_id", "ledger_account_id")):
        raise bad_request("at least a contact_id, project_id or ledger_account_id is required")
    if asked.get("account_type") and not (asked.get("contact_id") or asked.get("project_id")):
        raise bad_request("when account_type is present, a contact_id or project_id is required")
    first, last = period(administration, request, months=1)
    types = {one.place: one.type for one in accounts(administration)}
    rows = []
    for number, one in enumerate(administration.of(posted.all_postings)):
        if not first <= one.date <= last:
            continue
        row = _entry(administration, number, one)
        wanted = {key: asked[key] for key in ("project_id", "contact_id", "ledger_account_id") if key in asked}  # fmt: skip
        if any((row[key] or "null") != value for key, value in wanted.items()):
            continue
        if asked.get("account_type", types[one.account]) == types[one.account]:
            rows.append(row)
    page, headers = page_of(request, rows, is_of_documents=False)
    return answered(page, headers)


def _entry(administration: Administration, number: int, one: posted.Posting) -> dict[str, Any]:
    """An entry as the report has it: debit is positive."""
    return {
        "id": f"je_{number}", "administration_id": administration.id, "date": one.date.isoformat(),
        "document_type": posted.TYPES[one.kind],
        "document_id": administration.record_id(one.kind, one.place),
        "ledger_account_id": account_id(administration, one.account),
        "project_id": None if one.project is None else project_id(administration, one.project),
        "contact_id": None if one.contact is None else contact_id(administration, one.contact),
        "tax_rate_id": None if one.tax is None else tax_rate_id(administration, one.tax),
        "financial_account_id": None, "amount": money(one.amount), "description": one.text,
    }  # fmt: skip


Report = Callable[[Administration, Request], Response]
#: Report -> the scopes it needs, all of them, and what makes it.
REPORTS: dict[str, tuple[tuple[str, ...], Report]] = {
    "general_ledger": (("bank",), _general_ledger),
    "balance_sheet": (("bank",), _balance_sheet),
    "profit_loss": (("sales_invoices", "documents"), _profit_loss),
    "debtors": (("sales_invoices",), _parties("debtors", DEBTORS, 1)),
    "creditors": (("documents",), _parties("creditors", CREDITORS, -1)),
    "journal_entries": (("sales_invoices", "documents"), _journal_entries),
}
