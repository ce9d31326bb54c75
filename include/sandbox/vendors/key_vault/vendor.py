"""Azure Key Vault, played: secrets are read and set.

Sources: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret and
https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses (the challenge).
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Vendor
from sandbox.vendors.entra.tokens import TENANT, app_of

NAME = "key_vault"
#: Apps that may read and write every vault's secrets.
CREDENTIALS = (Credential(NAME, "app-all"), Credential(NAME, "app-short-lived"))
_CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", '
    'resource="https://vault.azure.net"'
)


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    answer = as_json({"error": {"code": code, "message": message}}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = _CHALLENGE
    return answer


def _answer(request: Request, body: bytes) -> Response:
    """GET reads a secret, PUT sets one."""
    app, state = app_of(request), state_of(request)
    if app is None:
        return _refuse(request, 401, "AKV10000: Request is missing a Bearer token.", "Unauthorized")
    if state.credentials.of(NAME, app) is None:
        told = f"Caller is not authorized to perform action on resource. Caller: appid={app}"
        return _refuse(request, 403, told, "Forbidden")
    vault, name = request.path_params["vault"], request.path_params["name"].lower()
    if request.method == "PUT":
        state.secrets[vault, name] = json.loads(body)["value"]
    if (vault, name) not in state.secrets:
        told = f"A secret with (name/id) {name} was not found in this key vault."
        return _refuse(request, 404, told, "SecretNotFound")
    return as_json(_bundle(vault, name, state.secrets[vault, name]))


def _bundle(vault: str, name: str, value: str) -> dict[str, Any]:
    return {
        "value": value,
        "id": f"https://{vault}.vault.azure.net/secrets/{name}/{0:032x}",
        "attributes": {"enabled": True, "created": 1, "updated": 1, "recoverableDays": 90},
    }


#: The vault is the first part of the host's name (azure.py).
KEY_VAULT = Vendor(
    NAME,
    endpoints=(
        Endpoint("/secrets/{name}", _answer, ("GET", "PUT")),
        Endpoint("/secrets/{name}/{version:path}", _answer),
    ),
    refuse=_refuse,
    credentials=CREDENTIALS,
)
