"""How the classic family pages: `skippages` and `pagesize`, absolute links, how many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from .errors import classic_error
from .filters import Clause, value_at

MAX_PAGE = 1000


def page_of(request: Request) -> tuple[int, int] | None:
    """(pages to skip, page size) a request asks for; None if it is refused."""
    try:
        size = int(request.query_params.get("pagesize", 20))
        skip = int(request.query_params.get("skippages", 0))
    except ValueError:
        return None
    return (skip, size) if 1 <= size <= MAX_PAGE and skip >= 0 else None


def bad_page() -> Response:
    return classic_error(400, "The page size is not valid.", "E04810")


def collection(
    request: Request,
    own: str,
    page: tuple[int, int],
    rows: Iterable[str],
    *,
    results: int,
    without_filter: int,
) -> Response:
    """The answer to a list request; own: the list's URL, rows: those of this page, as JSON."""
    skip, size = page
    last = max(0, -(-results // size) - 1)
    more = {k: v for k, v in request.query_params.items() if k not in ("skippages", "pagesize")}

    def link(number: int) -> str:
        return f"{own}?{urlencode({'skippages': number, 'pagesize': size, **more})}"

    paging: dict[str, Any] = {
        "maxPageSizeAllowed": MAX_PAGE,
        "skipPages": skip,
        "pageSize": size,
        "results": results,
        "resultsWithoutFilter": without_filter,
        "firstPage": link(0),
        "lastPage": link(last),
    }
    if skip < last:
        paging["nextPage"] = link(skip + 1)
    tail = f'"pagination":{json.dumps(paging)},"self":{json.dumps(link(skip))}'
    body = f'{{"collection":[{",".join(rows)}],{tail}}}'
    return Response(body.encode(), media_type="application/json")


def whole_list(
    request: Request, own: str, rows: list[dict[str, Any]], clauses: list[Clause]
) -> Response:
    """A list that is made whole for every request, filtered, and cut into pages."""
    page = page_of(request)
    if page is None:
        return bad_page()
    skip, size = page
    kept = [row for row in rows if all(c.matches(value_at(row, c.field)) for c in clauses)]
    shown = (json.dumps(row, ensure_ascii=False) for row in kept[skip * size : (skip + 1) * size])
    return collection(request, own, page, shown, results=len(kept), without_filter=len(rows))
