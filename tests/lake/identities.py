"""Who gives tokens for Azure Storage: Entra, and the address at which a machine in Azure asks for its own identity.

The tokens are signed by nobody; Azurite looks at all the rest of them.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.azure import _Proxy, _Tunnel

LOGIN = "login.microsoftonline.com"
TENANT = "0f0f0f0f-0000-4000-8000-000000000001"
#: An application with its secret, and a machine's identity.
APP, APP_SECRET, MACHINE = "saldo-app", "saldo-app-secret", "saldo-machine"


class _Platform(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append({name: values[0] for name, values in asked.items()})  # type: ignore[attr-defined]
        if asked.get("client_id") == [APP] and asked.get("client_secret") == [APP_SECRET]:
            return self._answer(200, _token())
        said = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value."
        return self._answer(401, {"error": "invalid_client", "error_description": said})

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path.startswith("/metadata/identity"):
            self.server.asked.append({name: values[0] for name, values in asked.items()})  # type: ignore[attr-defined]
            is_known = asked.get("client_id", [MACHINE]) == [MACHINE]
            said = {"error": "invalid_request", "error_description": "Identity not found"}
            return self._answer(200 if is_known else 400, _token() if is_known else said)
        if path.endswith("/openid-configuration"):
            base = f"https://{LOGIN}/{TENANT}"
            return self._answer(200, {
                "issuer": f"{base}/v2.0", "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            })  # fmt: skip
        aliases = [{"preferred_network": LOGIN, "preferred_cache": LOGIN, "aliases": [LOGIN]}]
        found = f"https://{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration"
        return self._answer(200, {"tenant_discovery_endpoint": found, "metadata": aliases})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _token() -> dict[str, object]:
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com", "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now, "nbf": now - 60, "exp": now + 3600, "tid": TENANT,
    }  # fmt: skip
    return {
        "access_token": jwt.encode(claims, "nobody checks what this token is signed with"),
        "token_type": "Bearer", "expires_in": 3600, "expires_on": now + 3600,
        "resource": "https://storage.azure.com",
    }  # fmt: skip


class Identities:
    """asked: what each request for a token said. environ: with which a process finds both, and trusts them."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.environ: dict[str, str] = {}


@contextlib.contextmanager
def identities(certificate: tuple[Path, Path]) -> Iterator[Identities]:
    """certificate: key and certificate of LOGIN."""
    key, public = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, key)
    found = Identities()
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _Platform) as entra,
        ThreadingHTTPServer(("127.0.0.1", 0), _Platform) as machine,
        _Proxy(("127.0.0.1", 0), _Tunnel) as proxy,
    ):
        entra.asked = machine.asked = found.asked  # type: ignore[attr-defined]
        entra.socket = context.wrap_socket(entra.socket, server_side=True)
        proxy.leads_to = entra.server_address[1]
        for server in (entra, machine, proxy):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        found.environ = {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}",
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(public),
            "REQUESTS_CA_BUNDLE": str(public),
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{machine.server_address[1]}",
        }
        yield found
        for server in (entra, machine, proxy):
            server.shutdown()
