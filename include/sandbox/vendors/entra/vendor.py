"""Microsoft's identity platform, played: tokens by client credentials, and its errors by their AADSTS codes.

A token names its app and the millisecond it runs out, so that who gets one (business_central.py) can judge it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .economic_errors import as_json
from .front import endpoint

TENANT = "fjordgruppen.example"
_PREFIX = "sandbox-entra"


@dataclass(frozen=True)
class App:
    """An app registration; its secret is `sandbox-secret-<id>`. lasts_s: how long its tokens do."""

    is_expired: bool = False
    lasts_s: int = 3599


APPS = {
    "app-all": App(),
    "app-unregistered": App(),
    "app-without-rights": App(),
    "app-old-secret": App(is_expired=True),
    "app-short-lived": App(lasts_s=2),
}


def _now_ms() -> int:
    return int(time.time() * 1000)


def secret_of(client_id: str) -> str:
    return f"sandbox-secret-{client_id}"


def app_of(token: str) -> str | None:
    """The app a token was given to; None when it is none, or has run out."""
    prefix, _, rest = token.partition(".")
    app, _, until = rest.rpartition(".")
    is_good = prefix == _PREFIX and app in APPS and until.isdecimal() and _now_ms() < int(until)
    return app if is_good else None


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    number = code.removeprefix("AADSTS")
    return as_json(
        {
            "error": "unauthorized_client" if status == 400 else "invalid_client",
            "error_description": f"{code}: {message} Trace ID: 0 Correlation ID: 0 Timestamp: 0",
            "error_codes": [int(number)] if number.isdecimal() else [],
            "timestamp": "2026-11-01 08:00:00Z",
            "trace_id": "00000000-0000-0000-0000-000000000000",
            "correlation_id": "00000000-0000-0000-0000-000000000000",
        },
        status,
    )


def _answer(request: Request, body: bytes) -> Response:
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if request.path_params["tenant"] != TENANT:
        return _refuse(request, 400, "Tenant was not found.", "AADSTS90002")
    if not form.get("scope", "").endswith("/.default"):
        return _refuse(request, 400, "The scope is not valid.", "AADSTS1002012")
    client_id = form.get("client_id", "")
    if client_id not in APPS:
        return _refuse(request, 400, "Application was not found.", "AADSTS700016")
    if form.get("client_secret") != secret_of(client_id):
        return _refuse(request, 401, "Invalid client secret provided.", "AADSTS7000215")
    app = APPS[client_id]
    if app.is_expired:
        return _refuse(request, 401, "The client secret keys are expired.", "AADSTS7000222")
    token = f"{_PREFIX}.{client_id}.{_now_ms() + 1000 * app.lasts_s}"
    told = {"token_type": "Bearer", "expires_in": app.lasts_s, "access_token": token}
    return as_json({**told, "ext_expires_in": app.lasts_s})


def _metadata(request: Request, body: bytes) -> Response:
    """OpenID discovery (RFC 8414): how Microsoft's own libraries find the address of tokens."""
    base = str(request.url).partition("/v2.0/")[0]
    if request.path_params["tenant"] != TENANT:
        return _refuse(request, 400, "Tenant was not found.", "AADSTS90002")
    return as_json(
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        }
    )


def routes(prefix: str = "") -> list[Route]:
    """prefix: of the paths; Microsoft's own host has none."""
    tenant = f"{prefix}/{{tenant}}"
    return [
        Route(f"{tenant}/oauth2/v2.0/token", endpoint("entra", _answer, _refuse), methods=["POST"]),
        Route(
            f"{tenant}/v2.0/.well-known/openid-configuration",
            endpoint("entra", _metadata, _refuse),
        ),
    ]


ROUTES = routes("/entra")
