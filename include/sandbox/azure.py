"""Microsoft's hosts by their own names, played: the identity platform and Azure Key Vault.

Run alone, over TLS as Microsoft's libraries insist, with a certificate of these names:

    uvicorn --app-dir include sandbox.azure:app --port 8943 --ssl-keyfile … --ssl-certfile …

Clients reach it through a proxy that leads login.microsoftonline.com and *.vault.azure.net here. Sources:
https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret and
https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses (the challenge).
"""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Route, Router
from starlette.types import ASGIApp

from . import entra
from .economic_errors import as_json
from .front import endpoint
from .state import State

_LOGIN = "login.microsoftonline.com"
#: Apps that may read and write every vault's secrets.
_MAY = ("app-all", "app-short-lived")


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    answer = as_json({"error": {"code": code, "message": message}}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = (
            f'Bearer authorization="https://{_LOGIN}/{entra.TENANT}", resource="https://vault.azure.net"'
        )
    return answer


def _instances(request: Request) -> Response:
    """Which hosts are one identity platform: Microsoft's library asks after a refusal."""
    known = {"preferred_network": _LOGIN, "preferred_cache": _LOGIN, "aliases": [_LOGIN]}
    found = f"https://{_LOGIN}/{entra.TENANT}/v2.0/.well-known/openid-configuration"
    return as_json({"tenant_discovery_endpoint": found, "api-version": "1.1", "metadata": [known]})


def _secret(request: Request, body: bytes) -> Response:
    """GET reads a secret, PUT sets one."""
    app = entra.app_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if app is None:
        return _refuse(request, 401, "AKV10000: Request is missing a Bearer token.", "Unauthorized")
    if app not in _MAY:
        told = f"Caller is not authorized to perform action on resource. Caller: appid={app}"
        return _refuse(request, 403, told, "Forbidden")
    kept: dict[tuple[str, str], str] = request.app.state.secrets
    vault, name = request.path_params["vault"], request.path_params["name"].lower()
    if request.method == "PUT":
        kept[vault, name] = json.loads(body)["value"]
    if (vault, name) not in kept:
        told = f"A secret with (name/id) {name} was not found in this key vault."
        return _refuse(request, 404, told, "SecretNotFound")
    return as_json(_bundle(vault, name, kept[vault, name]))


def _bundle(vault: str, name: str, value: str) -> dict[str, Any]:
    return {
        "value": value,
        "id": f"https://{vault}.vault.azure.net/secrets/{name}/{0:032x}",
        "attributes": {"enabled": True, "created": 1, "updated": 1, "recoverableDays": 90},
    }


def create_app() -> ASGIApp:
    serve = endpoint("vault", _secret, _refuse)
    vault = Router(
        [
            Route("/secrets/{name}", serve, methods=["GET", "PUT"]),
            Route("/secrets/{name}/{version:path}", serve),
        ]
    )
    routes = [
        Host(_LOGIN, Router([Route("/common/discovery/instance", _instances), *entra.routes()])),
        Host("{vault}.vault.azure.net", vault),
    ]
    app = Starlette(routes=routes)
    app.state.sandbox = State(companies=())
    app.state.secrets = {}
    return app


app = create_app()
