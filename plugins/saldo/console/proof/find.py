"""GET /saldo/agreements/<id>/find: from a figure, a number or a text of a report to what it is made of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from saldo.api.auth import Reader
from saldo.api.routers import reader_router
from saldo.workbooks.numbers import NoAmount, Point, spoken

from ..shell import fragment
from .books import Books, Words, books_of, in_time, like, shown, to
from .figures import edge
from .texts import EVER, Texts, texts_of

router = reader_router("/agreements/{agreement_id}")
#: What is shown of each kind, and how long one may be looked for.
SHOWN, SECONDS = 50, 4
EVERY_YEAR = "all"


@router.get("/find")
def find(
    agreement_id: str,
    request: Request,
    user: Reader,
    q: Words = "",
    year: Words = "",
    after: Words = "",
    some: bool = False,
) -> HTMLResponse:
    """after: shows the texts alone that were posted before that place. some: something was found before."""
    with books_of(request, user, agreement_id) as books:
        asked = _asked(books, q, year)
        is_whole = edge(after) is None
        found = _found(books, q, asked.days) if is_whole and q and books.key else {}
        texts = _texts(books, asked, after)
    return shown(
        request,
        user,
        books,
        "find.html",
        view="find",
        title=f"Find a number in {books.head.name}",
        years=asked.years,
        starts={row.accounting_year: row.start_date for row in asked.years},
        found=found,
        is_whole=is_whole,
        limit=SHOWN,
        **_values(asked, texts, some or any(found.values())),
    )


@router.get("/find/texts")
def further(
    agreement_id: str,
    request: Request,
    user: Reader,
    q: Words = "",
    year: Words = "",
    after: Words = "",
    some: bool = False,
) -> HTMLResponse:
    """What find goes on with by itself."""
    with books_of(request, user, agreement_id) as books:
        asked = _asked(books, q, year)
        texts = _texts(books, asked, after)
    return fragment(
        request,
        "proof/texts.html",
        books=books,
        to=lambda path, **more: to(request, books.head.id, path, **more),
        found={},
        **_values(asked, texts, some),
    )


@dataclass(frozen=True)
class _Asked:
    """chosen: the accounting year, or all of them."""

    words: str
    years: list[Any]
    chosen: str | None
    days: tuple[date, date]


def _asked(books: Books, words: str, year: str) -> _Asked:
    years = books.rows("years")
    begun = [one for one in years if one.start_date <= books.reading.now.date()]
    one = next((one for one in years if one.accounting_year == year), next(iter(begun), None))
    if year == EVERY_YEAR or one is None:
        return _Asked(words, years, EVERY_YEAR if year == EVERY_YEAR else None, EVER)
    return _Asked(words, years, one.accounting_year, (one.start_date, one.end_date))


def _texts(books: Books, asked: _Asked, after: str) -> Texts | None:
    if not asked.words or not books.key:
        return None
    return texts_of(books, asked.words, asked.days, after=after, limit=SHOWN, seconds=SECONDS)


def _values(asked: _Asked, texts: Texts | None, some: bool) -> dict[str, Any]:
    return {
        "q": asked.words,
        "chosen": asked.chosen,
        "texts": texts,
        "some": some or bool(texts and texts.rows),
        "seconds": SECONDS,
        "amounts": amounts_of(asked.words),
    }


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
    """Of each kind but texts its rows; None where looking for them took too long."""
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
    kinds = ["accounts", "vouchers", *(["balances", "amounts"] if amounts else [])]
    return {kind: in_time(books, SECONDS, f"find_{kind}", named) for kind in kinds}
