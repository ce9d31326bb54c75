"""How the OpenAPI services page: by cursor, or `/paged` with the first 10,000 items only.

`/paged` gives nothing past those and says nothing about it, as the vendor's does.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json

from .access import options_of
from .errors import problem
from .filters import Clause, Fields, parse

CURSOR_PAGE, MAX_PAGED, PAGED_END = 1000, 100, 10_000
Row = dict[str, Any]


def not_found() -> Response:
    return problem(404, "Resource not found.", "ResourceNotFound")


def listed(
    request: Request,
    resource: str,
    name: str,
    rows: list[Row],
    key: str,
    fields: Fields,
    *,
    page: int = CURSOR_PAGE,
) -> Response:
    """A list that is made whole for every request: by cursor, counted, paged, or one of its rows."""
    what = resource.removeprefix(name).strip("/")
    if what.isdigit():
        one = next((row for row in rows if row[key] == int(what)), None)
        return not_found() if one is None else as_json(one)
    clauses = parse(request.query_params.get("filter"), fields)
    kept = [row for row in rows if fits(row, clauses)]
    if what == "count":
        return as_json(len(kept))
    if what == "paged":
        return paged(request, kept, sortable=(key,))
    if what:
        return not_found()
    cursor = request.query_params.get("cursor", "")
    if cursor and not cursor.isdigit():
        return bad_cursor()
    rest = [row for row in kept if row[key] >= int(cursor or 0)]
    body: Row = {"items": rest[:page]}
    if len(rest) > page:
        body["cursor"] = str(rest[page][key])
    return as_json(body)


def fits(row: Row, clauses: list[Clause]) -> bool:
    return all(clause.matches(row.get(clause.field)) for clause in clauses)


def bad_cursor() -> Response:
    return problem(400, "The cursor is not valid.", "BadCursor")


def window(request: Request) -> slice | Response:
    """Which rows a paged request asks for; the parameters' case does not matter."""
    params = {name.lower(): value for name, value in request.query_params.items()}
    try:
        size, skip = int(params.get("pagesize", 20)), int(params.get("skippages", 0))
    except ValueError:
        size = skip = -1
    if not 1 <= size <= MAX_PAGED or skip < 0:
        return problem(400, "The page size is not valid.", "BadPaging")
    return slice(min(skip * size, PAGED_END), min((skip + 1) * size, PAGED_END))


def paged(request: Request, rows: list[Row], *, sortable: tuple[str, ...]) -> Response:
    wanted = window(request)
    if isinstance(wanted, Response):
        return wanted
    sort = request.query_params.get("sort", "")
    field = sort.removeprefix("-")
    if field and field not in sortable:
        return problem(400, f"Sorting is not allowed on property '{field}'.", "BadSortRequest")
    if field and not options_of(request).ignores_sort:
        rows = sorted(rows, key=lambda row: row[field], reverse=sort.startswith("-"))
    return as_json(rows[wanted])
