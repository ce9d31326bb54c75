"""What a fault makes of a proper answer: the body's records, its paging, its bytes.

A body is decoded only when a fault hits it. The records are `collection` (classic), `items` (OpenAPI) or
the array itself (`/paged`); an answer that is one thing alone is its own only record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from .faults import Fault

#: What a link must quote; a cursor sent back changed by a single sign is refused.
JUNK = "http://x.example/?a=1&b=%2F+#ø/../📦|"
ENDLESS = "endless-"
_serial = count(1)
#: Answers a request with other query parameters, decoded: None removes one.
Ask = Callable[..., Any]


def records(body: Any) -> list[Any] | None:
    """The list of records in a body, to be changed in place; None where there is none."""
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        found = body.get("collection", body.get("items"))
        return found if isinstance(found, list) else None
    return None


def spoil_bytes(fault: Fault, body: bytes) -> bytes:
    """The faults that know nothing of JSON."""
    if fault.kind == "truncate":
        return body[: len(body) // 2]
    if fault.kind == "html":
        return b"<html><body><h1>Maintenance</h1></body></html>"
    if fault.kind == "empty":
        if body.startswith(b"["):
            return b"[]"
        body = re.sub(rb'("(?:collection|items)":\s*)\[.*\]', rb"\1[]", body, flags=re.DOTALL)
        return re.sub(rb'("results(?:WithoutFilter)?":\s*)\d+', rb"\g<1>0", body)
    if fault.kind == "replace":
        return re.sub(fault.find.encode(), fault.put.encode(), body, count=fault.count or 0)
    return body


def spoil(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    """The decoded body as this fault would have it; `ask` answers the request with other parameters."""
    change = _CHANGES.get(fault.kind)
    return body if change is None else change(fault, body, request, ask)


# --- records -------------------------------------------------------------------------------------


def _chosen(fault: Fault, body: Any) -> Iterable[dict[str, Any]]:
    """`count` records from the middle on; all of them for 0."""
    rows = records(body)
    found = [row for row in ([body] if rows is None else rows) if isinstance(row, dict)]
    if not fault.count:
        return found
    first = min(len(found) // 2, max(0, len(found) - fault.count))
    return found[first : first + fault.count]


def _new_field(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    for row in _chosen(fault, body):
        row[fault.field or "unknownField"] = {"kind": "new", "values": [1, None, "æ"]}
    return body


def _holder(row: dict[str, Any], path: str) -> tuple[Any, str]:
    """What holds the last part of a dotted field, and that part."""
    *parents, name = path.split(".")
    holder: Any = row
    for parent in parents:
        holder = holder.get(parent) if isinstance(holder, dict) else None
    return holder, name


def _retyped(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    for row in _chosen(fault, body):
        holder, name = _holder(row, fault.field)
        if isinstance(holder, dict) and name in holder:
            holder[name] = _other_type(holder[name])
    return body


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else [value]
    return json.dumps(value)


def _missing_field(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    for row in _chosen(fault, body):
        holder, name = _holder(row, fault.field)
        if isinstance(holder, dict):
            holder.pop(name, None)
    return body


def _missing(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    rows = records(body)
    if rows:
        del rows[len(rows) // 2]
    return body


def _duplicate(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    rows = records(body)
    if rows and fault.where == "next":
        agreement = request.headers.get("X-AgreementGrantToken", "")
        fault.keep(agreement, request.url.path, rows[-1])
    elif rows:
        middle = len(rows) // 2
        rows.insert(middle, rows[middle])
    return body


# --- paging --------------------------------------------------------------------------------------


def _parameter(request: Request, name: str) -> str:
    """A query parameter as the request spells it: its case does not matter to the vendor."""
    return next((key for key in request.query_params if key.lower() == name), name)


def _page_number(request: Request) -> int:
    return int(request.query_params.get(_parameter(request, "skippages"), 0))


def _shift(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    rows = records(body)
    if rows:
        del rows[0]
        is_offset = not (isinstance(body, dict) and "items" in body)
        if is_offset:
            following = ask(**{_parameter(request, "skippages"): _page_number(request) + 1})
            rows += (records(following) or [])[:1]
    return _recounted(body, -1) if fault.recount else body


def _recounted(body: Any, by: int) -> Any:
    if isinstance(body, int):
        return max(0, body + by)
    paging = body.get("pagination") if isinstance(body, dict) else None
    if isinstance(paging, dict):
        for name in ("results", "resultsWithoutFilter"):
            paging[name] = max(0, paging[name] + by)
    return body


def _wrong_count(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    return _recounted(body, fault.by)


def _foreign_link(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    if isinstance(body, dict) and "pagination" in body:
        link = urlsplit(body["pagination"].get("nextPage", body["self"]))
        host = urlsplit(fault.put or "https://restapi.e-conomic.example")
        link = link._replace(scheme=host.scheme, netloc=host.netloc)
        body["pagination"]["nextPage"] = link.geturl()
    elif isinstance(body, dict) and "items" in body:
        body["cursor"] = JUNK + body.get("cursor", "")
    return body


def _endless(fault: Fault, body: Any, request: Request, ask: Ask) -> Any:
    if isinstance(body, dict) and "pagination" in body:
        if fault.where == "same":
            body["pagination"]["nextPage"] = body["self"]
            return body
        page = _page_number(request)
        params = dict(request.query_params)
        body = ask(skippages=None)
        link = request.url.replace(query=urlencode({**params, "skippages": page + 1}))
        body["pagination"]["nextPage"] = str(link)
        return body
    if isinstance(body, dict) and "items" in body:
        body["cursor"] = f"{ENDLESS}{next(_serial)}"
        return body
    if isinstance(body, list):
        return ask(**{_parameter(request, "skippages"): None})
    return body


_CHANGES: dict[str, Callable[[Fault, Any, Request, Ask], Any]] = {
    "new_field": _new_field,
    "retyped": _retyped,
    "missing_field": _missing_field,
    "missing": _missing,
    "duplicate": _duplicate,
    "shift": _shift,
    "wrong_count": _wrong_count,
    "foreign_link": _foreign_link,
    "endless": _endless,
}
