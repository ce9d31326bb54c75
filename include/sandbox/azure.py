"""Microsoft's hosts by their own names, played: the identity platform and Azure Key Vault.

Run alone, over TLS as Microsoft's libraries insist, with a certificate of these names:

    uvicorn --app-dir include sandbox.azure:app --port 8943 --ssl-keyfile … --ssl-certfile …

Clients reach it through a proxy that leads login.microsoftonline.com and *.vault.azure.net here.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Router
from starlette.types import ASGIApp

from .front import give_credentials, routes
from .http import as_json
from .state import State
from .vendor import Endpoint
from .vendors.entra.tokens import TENANT
from .vendors.entra.vendor import ENTRA, endpoints
from .vendors.key_vault.vendor import KEY_VAULT

_LOGIN = "login.microsoftonline.com"


def _instances(request: Request, body: bytes) -> Response:
    """Which hosts are one identity platform: Microsoft's library asks after a refusal."""
    known = {"preferred_network": _LOGIN, "preferred_cache": _LOGIN, "aliases": [_LOGIN]}
    found = f"https://{_LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration"
    return as_json({"tenant_discovery_endpoint": found, "api-version": "1.1", "metadata": [known]})


#: The identity platform on a host of its own.
_PLATFORM = replace(
    ENTRA, endpoints=(Endpoint("/common/discovery/instance", _instances), *endpoints())
)


def create_app() -> ASGIApp:
    app = Starlette(
        routes=[
            Host(_LOGIN, Router(routes(_PLATFORM))),
            Host("{vault}.vault.azure.net", Router(routes(KEY_VAULT))),
        ]
    )
    app.state.sandbox = State(companies=())
    give_credentials(app.state.sandbox, (_PLATFORM, KEY_VAULT))
    return app


app = create_app()
