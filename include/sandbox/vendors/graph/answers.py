"""Errors as Graph writes them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json

_ID = "00000000-0000-0000-0000-000000000042"


def refuse(request: Request, status: int, message: str, code: str, *, inner: str = "") -> Response:
    """inner: the more exact code inside."""
    about = {"date": "2026-11-01T08:00:00", "request-id": _ID, "client-request-id": _ID}
    told = {**({"code": inner} if inner else {}), **about}
    response = as_json({"error": {"code": code, "message": message, "innerError": told}}, status)
    response.headers["request-id"] = _ID
    return response


def not_found(request: Request) -> Response:
    return refuse(request, 404, "The resource could not be found.", "itemNotFound")


def bad_request(request: Request) -> Response:
    return refuse(request, 400, "The request is malformed or incorrect.", "invalidRequest")
