"""Microsoft's identity platform, played: tokens by client credentials, and its errors by their AADSTS codes."""

from __future__ import annotations

from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Vendor

from .tokens import NAME, TENANT, lasts_s, token_of

#: Client ids; the secret of each is sandbox-secret-<client id>.
_APPS = ("app-all", "app-unregistered", "app-short-lived")
_NO_RIGHTS = "app-without-rights"
#: Sites.Selected, and granted one site: that of the company nordlys.
_ONE_SITE = "app-one-site"
#: The same, granted those of the two companies whose budgets `make up` reads.
_TWO_SITES = "app-two-sites"
_OLD_SECRET = "app-old-secret"


def _secret_of(app: str) -> str:
    return f"sandbox-secret-{app}"


CREDENTIALS = (
    *(Credential(NAME, app, secret=_secret_of(app)) for app in _APPS),
    Credential(NAME, _NO_RIGHTS, secret=_secret_of(_NO_RIGHTS), scopes=frozenset()),
    Credential(NAME, _ONE_SITE, ("nordlys",), _secret_of(_ONE_SITE), frozenset({"Sites.Selected"})),
    Credential(
        NAME,
        _TWO_SITES,
        ("nordlys", "lofoten"),
        _secret_of(_TWO_SITES),
        frozenset({"Sites.Selected"}),
    ),
    Credential(NAME, _OLD_SECRET, secret=_secret_of(_OLD_SECRET), standing="expired"),
)


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


def _expired(request: Request) -> Response:
    return _refuse(request, 401, "The client secret keys are expired.", "AADSTS7000222")


def _unknown(request: Request) -> Response:
    return _refuse(request, 400, "Application was not found.", "AADSTS700016")


def _answer(request: Request, body: bytes) -> Response:
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if request.path_params["tenant"] != TENANT:
        return _refuse(request, 400, "Tenant was not found.", "AADSTS90002")
    if not form.get("scope", "").endswith("/.default"):
        return _refuse(request, 400, "The scope is not valid.", "AADSTS1002012")
    app = state_of(request).credentials.of(NAME, form.get("client_id"))
    if app is None or app.standing == "revoked":
        return _unknown(request)
    if "client_assertion" in form and not _is_signed(request, form, app):
        return _refuse(request, 401, "Client assertion is not valid.", "AADSTS700027")
    if "client_assertion" not in form and form.get("client_secret") != app.secret:
        return _refuse(request, 401, "Invalid client secret provided.", "AADSTS7000215")
    if app.standing == "expired":
        return _expired(request)
    lasts = lasts_s(app.token)
    told = {"token_type": "Bearer", "expires_in": lasts, "access_token": token_of(app.token)}
    return as_json({**told, "ext_expires_in": lasts})


def _is_signed(request: Request, form: dict[str, str], app: Credential) -> bool:
    """Whether the app's certificate has signed the assertion for this very address; the certificate is the
    credential's secret, as PEM."""
    try:
        key = x509.load_pem_x509_certificate(app.secret.encode()).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        here = str(request.url)
        claims = jwt.decode(form["client_assertion"], key, algorithms=["PS256"], audience=here)
    except (ValueError, jwt.PyJWTError):
        return False
    return claims.get("iss") == claims.get("sub") == app.token


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


def endpoints(prefix: str = "") -> tuple[Endpoint, ...]:
    """prefix: of the paths; Microsoft's own host has none."""
    tenant = f"{prefix}/{{tenant}}"
    return (
        Endpoint(f"{tenant}/oauth2/v2.0/token", _answer, ("POST",)),
        Endpoint(f"{tenant}/v2.0/.well-known/openid-configuration", _metadata),
    )


ENTRA = Vendor(
    NAME,
    endpoints=endpoints("/entra"),
    refuse=_refuse,
    refusals={"revoked": _unknown, "expired": _expired},
    credentials=CREDENTIALS,
)
