"""bookedEntriesapi and the dimensions of its entries: made from the ledger page by page.

What can be filtered is a part of what the vendor's specifications allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.book import Book
from sandbox.books.dimensions import Placing
from sandbox.books.ledger import Line
from sandbox.http import as_json

from .access import options_of
from .errors import problem
from .filters import Clause, Fields, parse, range_of
from .paging import (
    PAGED_END,
    Row,
    bad_cursor,
    fits,
    not_found,
    paged,
    window,
)
from .shapes import ledger as written


def _moment(text: str) -> str:
    """A moment as the rows write it: UTC, to the second."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ENTRY_FIELDS: Fields = {
    "entryNumber": int,
    "date": lambda text: date.fromisoformat(text[:10]),
    "remainder": lambda text: round(float(text) * 100),
    "accountNumber": int,
}
PLACING_FIELDS: Fields = {"entryNumber": int, "dimensionNumber": int, "dimensionKey": int}
MOVE_FIELDS: Fields = {
    "entryNumber": int,
    "dimension": int,
    "dimensionKeyFrom": int,
    "dimensionKeyTo": int,
    "timestamp": _moment,
}


def entries(request: Request, book: Book, resource: str) -> Response:
    clauses = parse(request.query_params.get("filter"), ENTRY_FIELDS)
    if resource == "booked-entries/count":
        return as_json(_count(book, clauses))
    if resource == "booked-entries/paged":
        return _entries_paged(request, book, clauses)
    if resource != "booked-entries":
        return not_found()
    cursor = request.query_params.get("cursor", "")
    if cursor and not cursor.isdigit():
        return bad_cursor()
    found = _matching(book, clauses, at_least=int(cursor or 0))
    page = list(islice(found, options_of(request).cursor_page))
    following = next(found, None)
    body = written.entries_page(page, following.number if following else None)
    return Response(body, media_type="application/json")


def _entries_paged(request: Request, book: Book, clauses: list[Clause]) -> Response:
    rows, sort = window(request), request.query_params.get("sort", "entryNumber")
    if isinstance(rows, Response):
        return rows
    if sort.removeprefix("-") != "entryNumber":
        return problem(400, f"Sorting is not allowed on '{sort}' here.", "BadSortRequest")
    found: Iterable[Line] = _matching(book, clauses)
    if sort == "-entryNumber" and not options_of(request).ignores_sort:
        found = (x for x in book.ledger.lines_backwards() if _all(clauses, x))
    page = islice(found, rows.start, rows.stop)
    return Response(written.entries_array(page), media_type="application/json")


def _matching(book: Book, clauses: list[Clause], *, at_least: int = 0) -> Iterator[Line]:
    numbers = range_of(clauses, "entryNumber")
    after, upto, rest = max(numbers.after, at_least - 1), numbers.upto, numbers.rest
    ledger = book.ledger
    lines: Iterator[Line]
    if numbers.chosen is not None:
        return (
            line
            for number in numbers.chosen
            for line in ledger.lines(after=number - 1, upto=number)
            if line.number > after and _all(rest, line)
        )
    if any(c.field == "remainder" and c.op == "ne" and c.value == 0 for c in rest):
        lines = (
            line
            for line in ledger.open_lines()
            if line.number > after and (upto is None or line.number <= upto)
        )
    else:
        lines = ledger.lines(after=after, upto=upto)
    return (line for line in lines if _all(rest, line)) if rest else lines


def _all(clauses: list[Clause], line: Line) -> bool:
    actual = {"date": line.date, "remainder": line.remainder or 0, "accountNumber": line.account}
    actual["entryNumber"] = line.number
    return all(clause.matches(actual[clause.field]) for clause in clauses)


def _count(book: Book, clauses: list[Clause]) -> int:
    numbers = range_of(clauses, "entryNumber")
    if numbers.rest or numbers.chosen is not None:
        return sum(1 for _ in _matching(book, clauses))
    return book.ledger.count(after=numbers.after, upto=numbers.upto)


# --- dimensions of booked entries ----------------------------------------------------------------


def placings(request: Request, book: Book, resource: str) -> Response:
    clauses = parse(request.query_params.get("filter"), PLACING_FIELDS)
    what = resource.removeprefix("dimension-data/booked-entries").strip("/")
    if what == "count":
        return as_json(_count_placings(book, clauses))
    if what == "paged":
        rows = islice(_matching_placings(book, clauses, 0), PAGED_END)
        return paged(request, list(map(written.placing, rows)), sortable=("entryNumber",))
    if what:
        return not_found()
    first = _placing_cursor(request.query_params.get("cursor", ""))
    if first is None:
        return bad_cursor()
    found = (
        row
        for row in _matching_placings(book, clauses, first[0])
        if (row.entry, row.dimension) >= first
    )
    page = list(islice(found, options_of(request).cursor_page))
    following = next(found, None)
    body: Row = {"items": list(map(written.placing, page))}
    if following is not None:
        body["cursor"] = f"{following.entry}-{following.dimension}"
    return as_json(body)


def _placing_cursor(text: str) -> tuple[int, int] | None:
    """(entry number, dimension) of the page's first item; None if the cursor is nonsense."""
    entry, _, dimension = (text or "0-0").partition("-")
    if not (entry.isdigit() and dimension.isdigit() and text.isascii()):
        return None
    return int(entry), int(dimension)


def _matching_placings(book: Book, clauses: list[Clause], at_least: int) -> Iterator[Placing]:
    numbers = range_of(clauses, "entryNumber")
    after = max(numbers.after, at_least - 1)
    dimensions = book.ledger.dimensions
    found: Iterable[Placing]
    if numbers.chosen is not None:
        found = (
            row
            for number in numbers.chosen
            if number > after
            for row in dimensions.rows(after=number - 1, upto=number)
        )
    else:
        found = dimensions.rows(after=after, upto=numbers.upto)
    return (row for row in found if all(c.matches(_value(row, c.field)) for c in numbers.rest))


def _value(row: Placing, field: str) -> int:
    return {
        "entryNumber": row.entry, "dimensionNumber": row.dimension, "dimensionKey": row.key
    }[field]  # fmt: skip


def _count_placings(book: Book, clauses: list[Clause]) -> int:
    numbers = range_of(clauses, "entryNumber")
    if numbers.rest or numbers.chosen is not None:
        return sum(1 for _ in _matching_placings(book, clauses, 0))
    return book.ledger.dimensions.count(after=numbers.after, upto=numbers.upto)


def changelog(request: Request, book: Book) -> Response:
    """Paged only, the newest first."""
    clauses = parse(request.query_params.get("filter"), MOVE_FIELDS, without_in=("timestamp",))
    moves = reversed(book.ledger.dimensions.moves)
    rows = [row for row in map(written.move, moves) if fits(row, clauses)]
    return paged(request, rows, sortable=("timestamp", "entryNumber", "dimension"))
