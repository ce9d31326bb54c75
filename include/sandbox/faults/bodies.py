"""Faults of bytes: they know nothing of JSON, so any vendor's answer can have them."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.responses import Response

from .fault import Fault


def _with_body(response: Response, body: bytes, kind: str | None) -> Response:
    return Response(body, response.status_code, media_type=kind)


def _truncate(fault: Fault, response: Response) -> Response:
    body = bytes(response.body)
    return _with_body(response, body[: len(body) // 2], response.media_type)


def _html(fault: Fault, response: Response) -> Response:
    page = b"<html><body><h1>Maintenance</h1></body></html>"
    is_redirect = 300 <= response.status_code < 400
    return Response(page, 200 if is_redirect else response.status_code, media_type="text/html")


def _replace(fault: Fault, response: Response) -> Response:
    body = bytes(response.body)
    body = re.sub(fault.find.encode(), fault.put.encode(), body, count=fault.count or 0)
    return _with_body(response, body, response.media_type)


def _mislabelled(fault: Fault, response: Response) -> Response:
    return _with_body(response, bytes(response.body), fault.put or "text/plain")


#: Kind of fault -> the answer it makes of a proper one.
BODIES: dict[str, Callable[[Fault, Response], Response]] = {
    "truncate": _truncate,
    "html": _html,
    "replace": _replace,
    "mislabelled": _mislabelled,
}
