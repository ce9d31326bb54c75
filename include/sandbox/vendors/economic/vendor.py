"""e-conomic, played: classic REST under /economic/rest, OpenAPI services under /economic/openapi.

Written from the vendor's documentation: two token headers, offset paging with absolute links, cursor
paging by the next item's number, call cost and rate-limit headers on every answer, both error shapes.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.book import Book
from sandbox.http import as_json
from sandbox.vendor import Endpoint, Vendor

from . import classic, openapi
from .access import NAME, Options, book_of, company_of, credential_of, grant_of
from .errors import MISSING_MODULES, classic_error, error, missing_module, problem
from .filters import BadFilter
from .gate import gate, revoked
from .lists import LISTS, is_past_the_end, unjunked

#: The module that departments need; not every agreement has bought it, not every grant has it.
DIMENSION = "Dimension"
_LICENSED = ("departments", "departmental-distributions")
_LICENSED_SERVICE = "dimensionsapi"


def _answer(request: Request, body: bytes) -> Response:
    if is_past_the_end(request):
        return as_json({"items": []})
    request, book = unjunked(request), book_of(request)
    path: str = request.path_params["path"].strip("/")
    is_classic = request.path_params["family"] == "rest"
    if _needs_dimension(path, is_classic=is_classic) and not _has_dimension(request, book):
        return missing_module(request, DIMENSION)
    try:
        if is_classic:
            return classic.answer(request, book, path)
        return openapi.answer(request, book, path)
    except BadFilter as bad:
        if is_classic:
            return classic_error(400, str(bad), "E04820", allowedFilteringFields=bad.allowed)
        return problem(400, str(bad), "BadFilterRequest")


def _needs_dimension(path: str, *, is_classic: bool) -> bool:
    if is_classic:
        return path in _LICENSED
    return path.lower().partition("/")[0] == _LICENSED_SERVICE


def _has_dimension(request: Request, book: Book) -> bool:
    credential = credential_of(request)
    return book.company.departments and credential is not None and credential.may(DIMENSION)


def _module(request: Request) -> Response:
    return error(request, 403, "Missing modules: Project", MISSING_MODULES)


ECONOMIC = Vendor(
    NAME,
    endpoints=(Endpoint("/economic/{family:str}/{path:path}", _answer),),
    refuse=error,
    refusals={"module": _module, "revoked": revoked, "expired": revoked},
    lists=LISTS,
    company_of=company_of,
    gate=gate,
    issue=grant_of,
    options=Options,
)
