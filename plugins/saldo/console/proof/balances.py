"""GET /saldo/agreements/<id>/balances: every account in a month, or an account in the months of a year."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from saldo.api.auth import Reader
from saldo.api.routers import reader_router

from .books import Books, Words, books_of, like, shown, to

router = reader_router("/agreements/{agreement_id}")
#: Accounts of a page; one has two rows in a month in which accounting years meet.
ACCOUNTS = 100


@router.get("/balances")
def balances(
    agreement_id: str,
    request: Request,
    user: Reader,
    account: Words = "",
    year: Words = "",
    month: date | None = None,
    q: Words = "",
    after: Words = "",
) -> HTMLResponse:
    with books_of(request, user, agreement_id) as books:
        years = books.rows("years")
        values = (
            _of_account(books, years, account, year)
            if account
            else _of_month(books, month, q, after)
        )
        starts = {row.accounting_year: row.start_date for row in years}
    more = values.pop("more", None)
    asked = {"month": month, "q": q}
    title = (
        f"{account} {values['account_name'] or '(not in the chart)'}"
        if account
        else f"Balances of {books.head.name}"
    )
    return shown(
        request,
        user,
        books,
        "balances.html",
        view="balances",
        title=title,
        account=account,
        years=years,
        starts=starts,
        q=q,
        following=to(request, agreement_id, "balances", **asked, after=more) if more else None,
        **values,
    )


def _of_month(books: Books, month: date | None, words: str, after: str) -> dict[str, Any]:
    months = [row.month for row in books.rows("months")] if books.key else []
    chosen = month.replace(day=1) if month else next(iter(months), None)
    rows = books.rows(
        "balances", month=chosen, like=like(words), after=after or None, limit=2 * ACCOUNTS + 2
    )
    numbers = sorted({row.account_number for row in rows}, key=lambda number: (len(number), number))
    shown_numbers = set(numbers[:ACCOUNTS])
    return {
        "months_of_books": months,
        "month": chosen,
        "rows": [row for row in rows if row.account_number in shown_numbers],
        "more": numbers[ACCOUNTS - 1] if len(numbers) > ACCOUNTS else None,
    }


def _of_account(books: Books, years: list[Any], account: str, year: str) -> dict[str, Any]:
    chosen = next((row for row in years if row.accounting_year == year), None) or next(
        (row for row in years if row.start_date <= books.reading.now.date()), None
    )
    scope = books.row("scope", account=account, year=None, period=None)
    rows = (
        books.rows(
            "account_months",
            account=account,
            account_keys=scope.account_keys,
            first=chosen.start_date,
            last=chosen.end_date,
        )
        if chosen
        else []
    )
    return {
        "account_name": scope.name,
        "rows": rows,
        "chosen": chosen,
        "months_of_books": [],
        "month": None,
    }
