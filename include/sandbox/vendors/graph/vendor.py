"""Microsoft Graph, played as far as a Test goes: its list of resources, for whoever has a token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.vendor import Endpoint, Vendor
from sandbox.vendors.entra.tokens import app_of


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": {"code": code, "message": message}}, status)


def _throttled(request: Request, fault: Fault) -> Response:
    told = "The app or user has been throttled."
    response = _refuse(request, 429, told, "activityLimitReached")
    response.headers.update(fault.headers())
    return response


def _bad_token(request: Request) -> Response:
    told = "Access token is empty or has expired."
    return _refuse(request, 401, told, "InvalidAuthenticationToken")


def _answer(request: Request, body: bytes) -> Response:
    if app_of(request) is None:
        return _bad_token(request)
    return as_json({"value": [{"name": "sites", "kind": "EntitySet", "url": "sites"}]})


GRAPH = Vendor(
    "graph",
    endpoints=(Endpoint("/graph/v1.0/", _answer),),
    refuse=_refuse,
    refusals={"revoked": _bad_token, "expired": _bad_token},
    throttled=_throttled,
)
