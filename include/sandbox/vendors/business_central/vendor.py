"""Business Central, played: the companies of an environment, for apps that are registered in it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import entra
from .economic_errors import as_json
from .front import endpoint

#: Environment -> id, name and display name of its companies.
COMPANIES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Production": (
        ("a1c5f1de-0000-4000-8000-000000000001", "FJORD BYGG", "Fjordgruppen Bygg AS"),
        ("a1c5f1de-0000-4000-8000-000000000002", "FJORD DRIFT", "Fjordgruppen Drift AS"),
    ),
    "Empty": (),
}
#: Registered on the page "Microsoft Entra applications"; one of them without permission sets.
REGISTERED = frozenset({"app-all", "app-without-rights", "app-short-lived"})
_WITHOUT_RIGHTS = "app-without-rights"


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": {"code": code, "message": f"{message} CorrelationId:  0."}}, status)


def _answer(request: Request, body: bytes) -> Response:
    app = entra.app_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if app not in REGISTERED:
        told = "The server has rejected the client credentials."
        return _refuse(request, 401, told, "Authentication_InvalidCredentials")
    companies = COMPANIES.get(request.path_params["environment"])
    if request.path_params["tenant"] != entra.TENANT or companies is None:
        return _refuse(request, 404, "Environment does not exist.", "NoEnvironment")
    path = request.path_params["path"]
    if path == "companies":
        return as_json({"value": [_company(*one) for one in companies]})
    if app == _WITHOUT_RIGHTS:
        told = "The app may not read this table."
        return _refuse(request, 403, told, "Authorization_RequestDenied")
    if path in {f"companies({id})/accounts" for id, _, _ in companies}:
        return as_json({"value": []})
    return _refuse(request, 404, "No HTTP resource was found.", "BadRequest_NotFound")


def _company(id: str, name: str, display_name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "displayName": display_name, "systemVersion": "27.0"}


ROUTES = [
    Route(
        "/business_central/v2.0/{tenant}/{environment}/api/v2.0/{path:path}",
        endpoint("business_central", _answer, _refuse),
    )
]
