"""e-conomic, played: classic REST under /economic/rest, OpenAPI services under /economic/openapi.

Written from the vendor's documentation: two token headers, offset paging with absolute links, cursor
paging by the next item's number, call cost and rate-limit headers on every answer, both error shapes.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from . import economic_classic, economic_openapi
from .economic_entries import ENTRY_FIELDS as ENTRY_FIELDS
from .economic_errors import classic_error, problem
from .economic_paging import CURSOR_PAGE as CURSOR_PAGE
from .filters import BadFilter
from .state import Book

#: Tokens a call costs; observed at the vendor: 3 for a page of entries, 13 for a PDF.
CALL_COST = {"booked-entries": 3, "/pdf": 13}


def call_cost(path: str) -> int:
    return next((cost for part, cost in CALL_COST.items() if part in path), 1)


def answer(request: Request, book: Book) -> Response:
    """Dispatch one authorised request."""
    path: str = request.path_params["path"].strip("/")
    is_classic = request.path_params["family"] == "rest"
    try:
        if is_classic:
            return economic_classic.answer(request, book, path)
        return economic_openapi.answer(request, book, path)
    except BadFilter as bad:
        if is_classic:
            return classic_error(400, str(bad), "E04820", allowedFilteringFields=bad.allowed)
        return problem(400, str(bad), "BadFilterRequest")
