"""Moneybird, played: the administrations a token opens, and whether its scopes reach a resource.

A missing scope is a 401, as a wrong token is; too many requests are answered with a bare text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .economic_errors import as_json
from .front import endpoint

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


@dataclass(frozen=True)
class Token:
    administrations: tuple[str, ...] = tuple(ADMINISTRATIONS)
    scopes: frozenset[str] = frozenset(SCOPES.values())


TOKENS = {
    "sandbox-moneybird-all": Token(),
    "sandbox-moneybird-none": Token(administrations=()),
    "sandbox-moneybird-sales": Token(scopes=frozenset({"sales_invoices"})),
}


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    if status == 429:
        return PlainTextResponse("Retry later", 429)
    return as_json({"error": message, "symbolic": {"id": code}}, status)


def _answer(request: Request, body: bytes) -> Response:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = TOKENS.get(given) if scheme == "Bearer" else None
    if token is None:
        told = {"error": "token is invalid", "symbolic": {"request": "invalid_grant"}}
        return as_json(told, 401)
    path = request.path_params["path"].removesuffix(".json")
    if path == "administrations":
        return as_json([_administration(id) for id in token.administrations])
    id, _, resource = path.partition("/")
    if id not in token.administrations or resource not in SCOPES:
        return _refuse(request, 404, "record not found", "not_found")
    if SCOPES[resource] not in token.scopes:
        return as_json({"error": f"No access to {SCOPES[resource]}"}, 401)
    return as_json([])


def _administration(id: str) -> dict[str, Any]:
    return {"id": id, "suspended": False, **_LANGUAGE, **ADMINISTRATIONS[id]}


ROUTES = [Route("/moneybird/api/v2/{path:path}", endpoint("moneybird", _answer, _refuse))]
