"""Moneybird, played: the administrations a token opens, and whether its scopes reach a resource.

A missing scope is a 401, as a wrong token is; too many requests are answered with a bare text, and
Retry-After is an epoch.
"""

from __future__ import annotations

from time import time
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.credentials import Credential
from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor

NAME = "moneybird"
#: Resource -> the scope that reaches it.
SCOPES = {
    "sales_invoices": "sales_invoices",
    "documents/purchase_invoices": "documents",
    "financial_mutations": "bank",
    "financial_accounts": "settings",
}
ADMINISTRATIONS: dict[str, dict[str, Any]] = {
    "300000000000000001": {"name": "Taxibedrijf De Vries", "currency": "EUR", "country": "NL"},
    "300000000000000002": {"name": "De Vries Holding", "currency": "EUR", "country": "NL"},
    "300000000000000003": {
        "name": "Gesloten B.V.",
        "currency": "EUR",
        "country": "NL",
        "suspended": True,
    },
}
_LANGUAGE = {"language": "nl", "time_zone": "Europe/Amsterdam", "access": "user"}
#: Requests in five minutes.
_LIMIT = 150
CREDENTIALS = (
    Credential(NAME, "sandbox-moneybird-all", tuple(ADMINISTRATIONS)),
    Credential(NAME, "sandbox-moneybird-none"),
    Credential(
        NAME, "sandbox-moneybird-sales", tuple(ADMINISTRATIONS),
        scopes=frozenset({"sales_invoices"}),
    ),
)  # fmt: skip


def _throttled(request: Request, fault: Fault) -> Response:
    response = PlainTextResponse("Retry later", 429)
    response.headers["RateLimit-Limit"], response.headers["RateLimit-Remaining"] = str(_LIMIT), "0"
    if fault.retry_after_s is not None:
        again = str(int(time()) + fault.retry_after_s)
        response.headers["RateLimit-Reset"] = response.headers["Retry-After"] = again
    return response


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": message, "symbolic": {"id": code}}, status)


def _bad_token(request: Request) -> Response:
    told = {"error": "token is invalid", "symbolic": {"request": "invalid_grant"}}
    return as_json(told, 401)


def _no_scope(request: Request) -> Response:
    return as_json(
        {"error": f"No access to {SCOPES.get(_resource(request), 'this resource')}"}, 401
    )


def _resource(request: Request) -> str:
    """What comes after the administration in the path."""
    return str(request.path_params["path"]).removesuffix(".json").partition("/")[2]


def _answer(request: Request, body: bytes) -> Response:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = state_of(request).credentials.of(NAME, given) if scheme == "Bearer" else None
    if token is None or not token.is_good:
        return _bad_token(request)
    path = request.path_params["path"].removesuffix(".json")
    if path == "administrations":
        return as_json([_administration(id) for id in token.opens])
    id, resource = path.partition("/")[0], _resource(request)
    if id not in token.opens or resource not in SCOPES:
        return _refuse(request, 404, "record not found", "not_found")
    if not token.may(SCOPES[resource]):
        return _no_scope(request)
    return as_json([])


def _administration(id: str) -> dict[str, Any]:
    return {"id": id, "suspended": False, **_LANGUAGE, **ADMINISTRATIONS[id]}


def _company_of(request: Request) -> str | None:
    """The administration in the path."""
    id = str(request.path_params["path"]).partition("/")[0]
    return id if id in ADMINISTRATIONS else None


MONEYBIRD = Vendor(
    NAME,
    endpoints=(Endpoint("/moneybird/api/v2/{path:path}", _answer),),
    refuse=_refuse,
    refusals={"module": _no_scope, "revoked": _bad_token, "expired": _bad_token},
    throttled=_throttled,
    lists=Lists(records=lambda body: body if isinstance(body, list) else None),
    company_of=_company_of,
    credentials=CREDENTIALS,
)
