"""Business Central, played: the companies of an environment, for apps that are registered in it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor
from sandbox.vendors.entra.tokens import TENANT, app_of

NAME = "business_central"
#: Environment -> id, name and display name of its companies.
COMPANIES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Production": (
        ("a1c5f1de-0000-4000-8000-000000000001", "FJORD BYGG", "Fjordgruppen Bygg AS"),
        ("a1c5f1de-0000-4000-8000-000000000002", "FJORD DRIFT", "Fjordgruppen Drift AS"),
    ),
    "Empty": (),
}
_TABLES = "tables"
#: Registered on the page "Microsoft Entra applications"; one of them without permission sets.
CREDENTIALS = (
    Credential(NAME, "app-all"),
    Credential(NAME, "app-without-rights", scopes=frozenset()),
    Credential(NAME, "app-short-lived"),
)


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": {"code": code, "message": f"{message} CorrelationId:  0."}}, status)


def _bad_token(request: Request) -> Response:
    told = "The server has rejected the client credentials."
    return _refuse(request, 401, told, "Authentication_InvalidCredentials")


def _no_rights(request: Request) -> Response:
    told = "The app may not read this table."
    return _refuse(request, 403, told, "Authorization_RequestDenied")


def _throttled(request: Request, fault: Fault) -> Response:
    """The vendor promises no Retry-After: it comes where a fault asks for it."""
    told = "Too many requests reached. Please wait and try again."
    response = _refuse(request, 429, told, "Application_TooManyRequests")
    response.headers.update(fault.headers())
    return response


def _answer(request: Request, body: bytes) -> Response:
    app = state_of(request).credentials.of(NAME, app_of(request))
    if app is None or not app.is_good:
        return _bad_token(request)
    companies = COMPANIES.get(request.path_params["environment"])
    if request.path_params["tenant"] != TENANT or companies is None:
        return _refuse(request, 404, "Environment does not exist.", "NoEnvironment")
    path = request.path_params["path"]
    if path == "companies":
        return as_json({"value": [_company(*one) for one in companies]})
    if not app.may(_TABLES):
        return _no_rights(request)
    if path in {f"companies({id})/accounts" for id, _, _ in companies}:
        return as_json({"value": []})
    return _refuse(request, 404, "No HTTP resource was found.", "BadRequest_NotFound")


def _company(id: str, name: str, display_name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "displayName": display_name, "systemVersion": "27.0"}


def _records(body: Any) -> list[Any] | None:
    found = body.get("value") if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


BUSINESS_CENTRAL = Vendor(
    NAME,
    endpoints=(
        Endpoint("/business_central/v2.0/{tenant}/{environment}/api/v2.0/{path:path}", _answer),
    ),
    refuse=_refuse,
    refusals={"module": _no_rights, "revoked": _bad_token, "expired": _bad_token},
    throttled=_throttled,
    lists=Lists(records=_records),
    credentials=CREDENTIALS,
)
