"""GET /saldo/agreements/<id>/find: from a figure, a number or a text of a report to what it is made of."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from fastapi import Request
from fastapi.responses import HTMLResponse

from saldo.api.auth import Reader
from saldo.api.routers import reader_router
from saldo.workbooks.numbers import NoAmount, Point, spoken

from .books import Books, Words, books_of, like, shown

router = reader_router("/agreements/{agreement_id}")
#: What is shown of each kind, and how long one may be looked for.
SHOWN, SECONDS = 50, 4
EVERY_YEAR = "all"


@router.get("/find")
def find(
    agreement_id: str, request: Request, user: Reader, q: Words = "", year: Words = ""
) -> HTMLResponse:
    with books_of(request, user, agreement_id) as books:
        years = books.rows("years")
        begun = [one for one in years if one.start_date <= books.reading.now.date()]
        chosen = next((one for one in years if one.accounting_year == year), None) or next(
            iter(begun), None
        )
        days = (
            (date.min, date.max)
            if year == EVERY_YEAR or chosen is None
            else (chosen.start_date, chosen.end_date)
        )
        found = _found(books, q, days) if q and books.key else {}
    return shown(
        request,
        user,
        books,
        "find.html",
        view="find",
        title=f"Find a number in {books.head.name}",
        q=q,
        years=years,
        chosen=EVERY_YEAR if year == EVERY_YEAR else chosen and chosen.accounting_year,
        starts={row.accounting_year: row.start_date for row in years},
        found=found,
        limit=SHOWN,
        seconds=SECONDS,
        amounts=amounts_of(q),
    )


def amounts_of(text: str) -> list[Decimal]:
    """What a text may say as an amount, with decimal comma or point, without its sign: 1.234 may be a thousand or little more
    than one."""
    found: dict[Decimal, None] = {}
    for point in Point:
        with suppress(NoAmount):
            amount = spoken(text, point)
            if amount is not None:
                found[abs(amount)] = None
    return list(found)


def _found(books: Books, words: str, days: tuple[date, date]) -> dict[str, Any]:
    """Of each kind its rows; None where looking for them took too long."""
    amounts = amounts_of(words)
    named = {
        "words": words,
        "like": like(words),
        "starts": (like(words) or "")[1:],
        "first": days[0],
        "last": days[1],
        "amounts": amounts,
        "limit": SHOWN,
    }
    kinds = ["accounts", "vouchers", *(["balances", "amounts"] if amounts else []), "texts"]
    return {kind: _in_time(books, f"find_{kind}", named) for kind in kinds}


def _in_time(books: Books, file: str, named: dict[str, Any]) -> list[Any] | None:
    connection = books.reading.connection
    try:
        with connection.transaction():
            connection.execute(f"set local statement_timeout = '{SECONDS}s'".encode())
            return books.rows(file, **named)
    except psycopg.errors.QueryCanceled:
        return None
