"""How e-conomic's lists go wrong: `collection` (classic), `items` (OpenAPI) or an array itself (`/paged`).

Classic pages have counts and links, OpenAPI lists a cursor, `/count` is a number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from sandbox.http import with_query
from sandbox.vendor import Lists, Page

#: What a link must quote; a cursor sent back changed by a single sign is refused.
JUNK = "http://x.example/?a=1&b=%2F+#ø/../📦|"
_ENDLESS = "endless-"
_serial = count(1)


def unjunked(request: Request) -> Request:
    """The request with the cursor that `foreign_link` hid behind signs a URL must quote."""
    cursor = request.query_params.get("cursor", "")
    return with_query(request, cursor=cursor.removeprefix(JUNK)) if JUNK in cursor else request


def is_past_the_end(request: Request) -> bool:
    """Whether the hidden cursor was none: the list had ended."""
    return request.query_params.get("cursor") == JUNK


def _records(body: Any) -> list[Any] | None:
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        found = body.get("collection", body.get("items"))
        return found if isinstance(found, list) else None
    return None


def _recounted(body: Any, change: Callable[[int], int]) -> Any:
    if isinstance(body, int):
        return change(body)
    paging = body.get("pagination") if isinstance(body, dict) else None
    if isinstance(paging, dict):
        for name in ("results", "resultsWithoutFilter"):
            paging[name] = change(paging[name])
    return body


def _rewound(request: Request) -> Request:
    """The cursors of `endless` all lead to the first page."""
    is_endless = request.query_params.get("cursor", "").startswith(_ENDLESS)
    return with_query(request, cursor=None) if is_endless else request


def _is_classic(body: Any) -> bool:
    return isinstance(body, dict) and "pagination" in body


def _is_cursor_list(body: Any) -> bool:
    return isinstance(body, dict) and "items" in body


def _parameter(request: Request, name: str) -> str:
    """A query parameter as the request spells it: its case does not matter to the vendor."""
    return next((key for key in request.query_params if key.lower() == name), name)


def _page_number(request: Request) -> int:
    return int(request.query_params.get(_parameter(request, "skippages"), 0))


def _shift(page: Page) -> Any:
    rows, request = _records(page.body), page.request
    if rows:
        del rows[0]
        if not _is_cursor_list(page.body):
            following = page.ask(**{_parameter(request, "skippages"): _page_number(request) + 1})
            rows += (_records(following) or [])[:1]
    is_known = page.fault.recount
    return _recounted(page.body, lambda found: max(0, found - 1)) if is_known else page.body


def _foreign_link(page: Page) -> Any:
    body = page.body
    if _is_classic(body):
        link = urlsplit(body["pagination"].get("nextPage", body["self"]))
        host = urlsplit(page.fault.put or "https://restapi.e-conomic.example")
        link = link._replace(scheme=host.scheme, netloc=host.netloc)
        body["pagination"]["nextPage"] = link.geturl()
    elif _is_cursor_list(body):
        body["cursor"] = JUNK + body.get("cursor", "")
    return body


def _endless(page: Page) -> Any:
    body, request = page.body, page.request
    if _is_classic(body) and page.fault.where == "same":
        body["pagination"]["nextPage"] = body["self"]
    elif _is_classic(body):
        query = urlencode({**request.query_params, "skippages": _page_number(request) + 1})
        body = page.ask(skippages=None)
        body["pagination"]["nextPage"] = str(request.url.replace(query=query))
    elif _is_cursor_list(body):
        body["cursor"] = f"{_ENDLESS}{next(_serial)}"
    elif isinstance(body, list):
        return page.ask(**{_parameter(request, "skippages"): None})
    return body


LISTS = Lists(
    records=_records,
    recount=_recounted,
    paging={"shift": _shift, "foreign_link": _foreign_link, "endless": _endless},
    rewind=_rewound,
)
