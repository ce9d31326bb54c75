"""How Moneybird's lists go wrong on demand: links between pages, counts, and what vanishes while it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Failure, Lists, Page

from .access import administration_of, company_is_called
from .administration import DOCUMENT
from .editing import delete

Proper = Callable[[Request], Response]
_HOST = "https://elsewhere.example"


def records(body: Any) -> list[Any] | None:
    return body if isinstance(body, list) else None


def _endless(request: Request, fault: Fault, proper: Proper) -> Response:
    """There is always a next page: this one again, or one that does not end."""
    response = proper(request)
    page = int(request.query_params.get("page", 1)) + (fault.where == "new")
    _link(response, str(request.url.include_query_params(page=page)))
    return response


def _foreign_link(request: Request, fault: Fault, proper: Proper) -> Response:
    response = proper(request)
    _link(response, f"{fault.put or _HOST}{request.url.path}?page=2")
    return response


def _link(response: Response, url: str) -> None:
    if response.status_code == 200:
        response.headers["Link"] = f'<{url}>; rel="next"'


def _wrong_count(request: Request, fault: Fault, proper: Proper) -> Response:
    response = proper(request)
    count = response.headers.get("X-Total-Count")
    if count is not None:
        response.headers["X-Total-Count"] = str(max(0, int(count) + fault.by))
    return response


def _vanished(request: Request, fault: Fault, proper: Proper) -> Response:
    """The purchase document in the middle of the answer is deleted, and no longer in it."""
    response, company = proper(request), company_is_called(request)
    if request.method != "POST" or response.status_code != 200 or company is None:
        return response
    rows = json.loads(bytes(response.body))
    administration = administration_of(state_of(request), company)
    place = administration.index_of(DOCUMENT, rows[len(rows) // 2]["id"]) if rows else None
    if place is None:
        return response
    delete(administration, place)
    del rows[len(rows) // 2]
    return as_json(rows)


def _shift(page: Page) -> Any:
    """As if a record before this page had been deleted since."""
    rows = records(page.body)
    if rows:
        number = int(page.request.query_params.get("page", 1))
        rows[:] = [*rows[1:], *(records(page.ask(page=number + 1)) or [])[:1]]
    return page.body


FAILURES: Mapping[str, Failure] = {
    "endless": _endless,
    "foreign_link": _foreign_link,
    "wrong_count": _wrong_count,
    "vanished": _vanished,
}
LISTS = Lists(records=records, paging={"shift": _shift})
