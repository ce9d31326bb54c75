"""How a fault is answered: errors, spoiled bodies, and connections that misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .economic_errors import MISSING_MODULES, as_json, error
from .faults import Fault
from .spoiling import ENDLESS, JUNK, records, spoil, spoil_bytes

#: Answers a request properly.
Answer = Callable[[Request], Response]
#: An error as a vendor writes it: request, status, message, code.
Refuse = Callable[[Request, int, str, str], Response]
_PIECES = 20


class Dropped(Exception):
    """Raised to make the server close the connection in the middle of an answer."""


class Half(Response):
    """Announces a body, sends half of it and fails."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        body = bytes(self.body)
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        raise Dropped


class Slow(Response):
    """Sends its body in small pieces over `seconds`."""

    seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        body = bytes(self.body)
        size = max(1, -(-len(body) // _PIECES))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            await asyncio.sleep(self.seconds / len(pieces))
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def faulty(
    request: Request, fault: Fault, proper: Answer, refuse: Refuse = error
) -> Response:
    """What comes instead of the proper answer."""
    if fault.status:
        response = refuse(request, fault.status, f"Fault {fault.status}.", "Fault")
        response.headers.update(fault.headers())
        return response
    if fault.kind == "module":
        return refuse(request, 403, "Missing modules: Project", MISSING_MODULES)
    if fault.kind == "revoked":
        return refuse(request, 401, "The agreement grant token has been revoked.", "E02100")
    if fault.kind == "timeout":
        await asyncio.sleep(fault.seconds)
        return refuse(request, 504, "Too late.", "Fault")
    response = unendless(request, proper)
    if fault.kind == "drop":
        return Half(response.body, response.status_code, media_type=response.media_type)
    if fault.kind == "slow":
        slow = Slow(response.body, response.status_code, media_type=response.media_type)
        slow.seconds = fault.seconds
        return slow
    return _spoiled(request, response, fault, proper)


def _spoiled(request: Request, response: Response, fault: Fault, proper: Answer) -> Response:
    def ask(**changes: Any) -> Any:
        return json.loads(bytes(proper(with_query(request, **changes)).body))

    body, status = bytes(response.body), response.status_code
    is_json = "json" in (response.media_type or "")
    if status == 200 and is_json and fault.kind not in ("truncate", "html", "empty", "replace"):
        return as_json(spoil(fault, json.loads(body), request, ask))
    spoiled = Response(spoil_bytes(fault, body), status, media_type=response.media_type)
    if fault.kind == "html":
        spoiled.headers["content-type"] = "text/html"
    return spoiled


def with_query(request: Request, **changes: Any) -> Request:
    """The same request with other query parameters; None removes one."""
    params = {**request.query_params, **changes}
    query = urlencode({name: value for name, value in params.items() if value is not None})
    return Request({**request.scope, "query_string": query.encode()}, request.receive)


def unjunked(request: Request) -> Request:
    """The request with the cursor that `foreign_link` hid behind signs a URL must quote."""
    cursor = request.query_params.get("cursor", "")
    return with_query(request, cursor=cursor.removeprefix(JUNK)) if JUNK in cursor else request


def is_past_the_end(request: Request) -> bool:
    """Whether the hidden cursor was none: the list had ended."""
    return request.query_params.get("cursor") == JUNK


def unendless(request: Request, proper: Answer) -> Response:
    """The answer; the cursors of `endless` all lead to the first page."""
    if request.query_params.get("cursor", "").startswith(ENDLESS):
        request = with_query(request, cursor=None)
    return proper(request)


def to_repeat(request: Request, faults: Iterable[Fault]) -> list[Any]:
    """The records of an earlier page that `duplicate` sends again in the answer to this request."""
    agreement = request.headers.get("X-AgreementGrantToken", "")
    return [row for fault in faults for row in fault.again(agreement, request.url.path)]


def with_repeats(response: Response, again: list[Any]) -> Response:
    """The answer with records of an earlier page at its start."""
    if not again or response.status_code != 200:
        return response
    body = json.loads(bytes(response.body))
    rows = records(body)
    if rows is None:
        return response
    rows[:0] = again
    return as_json(body)
