"""Microsoft's hosts under their own names: the sandbox over TLS, and the proxy that leads there.

Saldo and Microsoft's libraries are configured as against Azure itself; only the way there is another one.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.certificates import write_certificate
from tests.conftest import free_port
from tests.support import PROJECT

TENANT = "fjordgruppen.example"
VAULT = "https://saldo-tests.vault.azure.net"
HOSTS = ("login.microsoftonline.com", "*.vault.azure.net")


class _Tunnel(socketserver.BaseRequestHandler):
    """CONNECT to whatever host: leads to the sandbox."""

    def handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = self.request.recv(4096)
            if not piece:
                return
            asked += piece
        port: int = self.server.leads_to  # type: ignore[attr-defined]
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(there, self.request), daemon=True)
            back.start()
            _pass_on(self.request, there)
            back.join(5)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    leads_to: int


@contextlib.contextmanager
def azure(folder: Path) -> Iterator[dict[str, str]]:
    """Yields the variables with which a process finds these hosts, and trusts them."""
    key, certificate = write_certificate(folder, *HOSTS)
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT / "include"),
            "sandbox.azure:app", "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
            "--ssl-keyfile", str(key), "--ssl-certfile", str(certificate),
        ],
    )  # fmt: skip
    with _Proxy(("127.0.0.1", 0), _Tunnel) as proxy:
        proxy.leads_to = port
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        environ = {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}",
            "NO_PROXY": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": str(certificate),
        }
        _wait_for(port)
        yield environ
        proxy.shutdown()
    process.terminate()
    process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the sandbox's Azure did not start")
