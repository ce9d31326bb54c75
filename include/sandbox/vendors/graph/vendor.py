"""Microsoft Graph, played as far as a Test goes: its list of resources, for whoever has a token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import entra
from .economic_errors import as_json
from .front import endpoint


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": {"code": code, "message": message}}, status)


def _answer(request: Request, body: bytes) -> Response:
    if entra.app_of(request.headers.get("Authorization", "").removeprefix("Bearer ")) is None:
        told = "Access token is empty or has expired."
        return _refuse(request, 401, told, "InvalidAuthenticationToken")
    return as_json({"value": [{"name": "sites", "kind": "EntitySet", "url": "sites"}]})


ROUTES = [Route("/graph/v1.0/", endpoint("graph", _answer, _refuse))]
