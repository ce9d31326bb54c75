"""A figure and the postings it is made of: their sum must be what was compared, or what the balances say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple

from .books import Books
from .scopes import Scope

#: Postings of a page.
PAGE = 100
#: A place in the order of postings: date, and key among those of a day.
Edge = tuple[date, int]
_START: Edge = (date.min, -(2**62))
END: Edge = (date.max, 2**62)


@dataclass(frozen=True)
class Figure:
    """What the postings must come to. brought: the balance before them, where the figure holds it; NULL where it does not.

    expected: None where nobody has said. compared: the row of ops.proof, of a year or a period.
    """

    total: Decimal
    expected: Decimal | None
    brought: Decimal | None
    said_by: str
    compared: Any = None

    @property
    def sum(self) -> Decimal:
        """The postings, with what was brought forward."""
        return self.total + (self.brought or 0)

    @property
    def agrees(self) -> bool | None:
        """None where there is nothing to agree with."""
        return None if self.expected is None else self.expected == self.sum


class Posting(NamedTuple):
    """running: what all until this one come to, this one included."""

    row: Any
    running: Decimal


@dataclass(frozen=True)
class Page:
    """Postings in order of date. newer, older: where the page before begins, and the one after."""

    rows: list[Posting]
    count: int
    place: int
    before: str | None
    after: str | None


def edge(text: str) -> Edge | None:
    """2026-03-01~123; None for anything else."""
    day, _, key = text.partition("~")
    try:
        return date.fromisoformat(day), int(key)
    except ValueError:
        return None


def figure_of(books: Books, scope: Scope, total: Decimal, *, at: datetime | None = None) -> Figure:
    """at: of the proof that is looked at; the last comparison until then."""
    said_by, expected, compared = _expected(books, scope, at)
    brought = None
    if expected is not None and expected != total and scope.is_balance and not scope.movement:
        # A vendor's totals, and balances, may run on from before: then they do for all accounts of the kind.
        before = _brought_forward(books, scope)
        brought = before if before + total == expected else None
    elif expected is not None and expected != total and scope.earlier_keys:
        before = _sum(books, scope.earlier)
        brought = before if before + total == expected else None
    return Figure(total, expected, brought, said_by, compared)


def _expected(books: Books, scope: Scope, at: datetime | None) -> tuple[str, Decimal | None, Any]:
    if not scope.is_days:
        control = "account_year_totals" if scope.period is None else "account_period_totals"
        row = books.row(
            "compared", control=control, account=scope.account, label=scope.label, checked_at=at
        )
        return "Compared", row.warehouse_value if row else None, row
    row = books.row(
        "balance", account=scope.account, account_keys=scope.account_keys, day=scope.last
    )
    if row is None:
        return "", None, None
    if scope.movement:
        same = row.first_day == scope.first
        return "Movement in Balances", row.movement_base if same else None, None
    return f"Balance at {scope.last}", row.closing_base, None


def _brought_forward(books: Books, scope: Scope) -> Decimal:
    """An account's balance before its postings: at the end of the year before, and in the year's earlier periods."""
    row = books.row(
        "brought_forward",
        account=scope.account,
        account_keys=scope.account_keys,
        day=_first_of_year(books, scope),
    )
    before: Decimal = row.balance_base
    return before + (_sum(books, scope.earlier) if scope.earlier_keys else Decimal(0))


def _first_of_year(books: Books, scope: Scope) -> date:
    if scope.period is None:
        return scope.first
    years = books.rows("years")
    first: date = next(one.start_date for one in years if one.accounting_year == scope.year)
    return first


def _sum(books: Books, named: dict[str, Any]) -> Decimal:
    total: Decimal = books.row("sums", **named, page_date=None, page_key=None).total_base
    return total


def page_of(books: Books, scope: Scope, *, after: str, before: str) -> tuple[Page, Decimal]:
    """The postings of a page, and what all of the scope come to; running sums begin at 0."""
    back, place = edge(before), edge(after)
    is_back = back is not None
    start = back or place or _START
    rows = books.rows(
        "postings",
        **scope.named,
        before=is_back,
        edge_date=start[0],
        edge_key=start[1],
        limit=PAGE + 1,
    )
    is_more = len(rows) > PAGE
    rows = rows[:PAGE][::-1] if is_back else rows[:PAGE]
    first = (rows[0].date, rows[0].journal_entry_key) if rows else END
    sums = books.row("sums", **scope.named, page_date=first[0], page_key=first[1])
    running = accumulate((row.amount_base for row in rows), initial=sums.before_base)
    next(running)
    has_later = is_more if not is_back else bool(rows)
    page = Page(
        [Posting(row, total) for row, total in zip(rows, running, strict=True)],
        sums.postings,
        sums.postings_before,
        place_of(rows[0]) if rows and sums.postings_before else None,
        place_of(rows[-1]) if rows and has_later else None,
    )
    return page, sums.total_base


def place_of(row: Any) -> str:
    """A posting as an address has it."""
    return f"{row.date}~{row.journal_entry_key}"
