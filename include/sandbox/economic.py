"""e-conomic, played: classic REST under /economic/rest, OpenAPI services under /economic/openapi.

Written from the vendor's documentation: two token headers, offset paging with absolute links, cursor
paging by the next item's number, call cost and rate-limit headers on every answer, both error shapes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from . import chart, economic_json, people
from .calendar import periods, years
from .filters import BadFilter, Clause, parse
from .ledger import Line
from .state import Book

MAX_PAGE, CURSOR_PAGE = 1000, 1000
#: Tokens a call costs; observed at the vendor: 3 for a page of entries.
CALL_COST = {"booked-entries": 3}

ENTRY_FIELDS: dict[str, Callable[[str], Any]] = {
    "entryNumber": int,
    "date": lambda text: date.fromisoformat(text[:10]),
    "remainder": lambda text: round(float(text) * 100),
    "accountNumber": int,
}


def _json(body: Any, status: int = 200, kind: str = "application/json") -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type=kind)


def classic_error(status: int, message: str, code: str, **more: Any) -> Response:
    return _json(
        {
            "message": message,
            "developerHint": "See the documentation.",
            "logId": "0123456789abcdef-CPH",
            "httpStatusCode": status,
            "errors": [message],
            "logTime": "2026-11-01T08:00:00",
            "errorCode": code,
            **more,
        },
        status,
    )


def problem(status: int, title: str, code: str, detail: str = "") -> Response:
    return _json(
        {
            "type": "https://tools.ietf.org/html/rfc9110",
            "title": title,
            "status": status,
            "detail": detail,
            "errors": [],
            "traceId": "0123456789abcdef-CPH",
            "traceTimeUtc": "2026-11-01T08:00:00",
            "errorCode": code,
        },
        status,
        "application/problem+json",
    )


def error(request: Request, status: int, message: str, code: str) -> Response:
    """The error in the shape of the family that was asked."""
    if "/openapi/" in request.url.path:
        return problem(status, message, code)
    return classic_error(status, message, code)


def call_cost(path: str) -> int:
    return next((cost for part, cost in CALL_COST.items() if part in path), 1)


def answer(request: Request, book: Book) -> Response:
    """Dispatch one authorised request."""
    path: str = request.path_params["path"].strip("/")
    try:
        if request.path_params["family"] == "rest":
            return _classic(request, book, path)
        return _openapi(request, book, path)
    except BadFilter as bad:
        if request.path_params["family"] == "rest":
            return classic_error(400, str(bad), "E04820", allowedFilteringFields=bad.allowed)
        return problem(400, str(bad), "BadFilterRequest")


# --- classic REST --------------------------------------------------------------------------------


def _classic(request: Request, book: Book, path: str) -> Response:
    base = f"{request.base_url}economic/rest"
    company, today = book.company, book.ledger.today
    if path == "self":
        return _json(economic_json.self_resource(company, base))
    rows: Iterator[dict[str, Any]]
    fields: dict[str, Callable[[str], Any]] = {}
    if path == "accounts":
        rows = (economic_json.account(a, base) for a in chart.accounts(book.day))
    elif path == "accounting-years":
        rows = (economic_json.accounting_year(y, base) for y in years(company, today=today))
    elif path == "customers":
        fields = {"lastUpdated": str, "customerNumber": int}
        rows = (economic_json.customer(c, base) for c in people.customers(company, book.day))
    elif path == "suppliers":
        rows = (economic_json.supplier(s, base) for s in people.suppliers(company, book.day))
    elif path == "departments":
        if not company.departments:
            return classic_error(403, "The agreement lacks the module Dimension.", "E00500")
        rows = (economic_json.department(d, base) for d in people.departments(company, book.day))
    else:
        return classic_error(404, "Resource not found.", "E06000")
    clauses = parse(request.query_params.get("filter"), fields)
    return _collection(request, base, path, list(rows), clauses)


def _collection(
    request: Request, base: str, path: str, rows: list[dict[str, Any]], clauses: list[Clause]
) -> Response:
    try:
        size = int(request.query_params.get("pagesize", 20))
        skip = int(request.query_params.get("skippages", 0))
    except ValueError:
        size = skip = -1
    if not 1 <= size <= MAX_PAGE or skip < 0:
        return classic_error(400, "The page size is not valid.", "E04810")
    kept = [row for row in rows if all(c.matches(row.get(c.field)) for c in clauses)]
    last = max(0, -(-len(kept) // size) - 1)
    more = {k: v for k, v in request.query_params.items() if k not in ("skippages", "pagesize")}

    def link(page: int) -> str:
        return f"{base}/{path}?{urlencode({'skippages': page, 'pagesize': size, **more})}"

    paging: dict[str, Any] = {
        "maxPageSizeAllowed": MAX_PAGE,
        "skipPages": skip,
        "pageSize": size,
        "results": len(kept),
        "resultsWithoutFilter": len(rows),
        "firstPage": link(0),
        "lastPage": link(last),
    }
    if skip < last:
        paging["nextPage"] = link(skip + 1)
    page = kept[skip * size : (skip + 1) * size]
    return _json({"collection": page, "pagination": paging, "self": link(skip)})


# --- OpenAPI services ----------------------------------------------------------------------------


def _openapi(request: Request, book: Book, path: str) -> Response:
    service, _, resource = path.partition("/")
    resource = resource.partition("/")[2].lower()  # after the version
    if service.lower() == "bookedentriesapi" and resource.startswith("booked-entries"):
        return _entries(request, book, resource)
    if service.lower() == "accountingyearsapi" and resource == "accountingyears/periods":
        found = periods(book.company, today=book.ledger.today)
        return _json({"items": [economic_json.period(p) for p in found]})
    if service.lower() == "accountingyearsapi" and resource == "accountingyears/periods/count":
        return _json(len(periods(book.company, today=book.ledger.today)))
    return problem(404, "Resource not found.", "ResourceNotFound")


def _entries(request: Request, book: Book, resource: str) -> Response:
    clauses = parse(request.query_params.get("filter"), ENTRY_FIELDS)
    if resource == "booked-entries/count":
        return _json(_count(book, clauses))
    if resource != "booked-entries":
        return problem(404, "Resource not found.", "ResourceNotFound")
    cursor = request.query_params.get("cursor", "")
    if cursor and not cursor.isdigit():
        return problem(400, "The cursor is not valid.", "BadCursor")
    found = _matching(book, clauses, at_least=int(cursor or 0))
    page = list(islice(found, CURSOR_PAGE))
    following = next(found, None)
    body = economic_json.entries_page(page, following.number if following else None)
    return Response(body, media_type="application/json")


def _range(clauses: list[Clause]) -> tuple[int, int | None, list[Clause]]:
    """(after, upto, the clauses that are no range of entry numbers)."""
    after, upto, rest = 0, None, []
    for clause in clauses:
        if clause.field == "entryNumber" and clause.op in ("gt", "gte"):
            after = max(after, clause.value - (clause.op == "gte"))
        elif clause.field == "entryNumber" and clause.op in ("lt", "lte"):
            bound = clause.value - (clause.op == "lt")
            upto = bound if upto is None else min(upto, bound)
        elif clause.field == "entryNumber" and clause.op == "in":
            after = max(after, min(clause.value) - 1)
            upto = max(clause.value) if upto is None else min(upto, max(clause.value))
            rest.append(clause)
        else:
            rest.append(clause)
    return after, upto, rest


def _matching(book: Book, clauses: list[Clause], *, at_least: int = 0) -> Iterator[Line]:
    after, upto, rest = _range(clauses)
    after = max(after, at_least - 1)
    ledger = book.ledger
    lines: Iterator[Line]
    numbers = next((c.value for c in rest if c.field == "entryNumber"), None)
    if numbers is not None:
        return (
            line
            for number in sorted(numbers)
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
    after, upto, rest = _range(clauses)
    if rest:
        return sum(1 for _ in _matching(book, clauses))
    return book.ledger.count(after=after, upto=upto)
