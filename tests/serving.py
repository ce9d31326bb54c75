"""Small local servers that play a vendor in trouble, and a transport whose waits are noted and not slept."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from saldo.transport import Caller, HeaderAuth, Transport

Answer = Callable[[BaseHTTPRequestHandler], None]
CALLER = Caller("economic", "nordlys", "economic_nordlys")
#: Tokens as long as the vendor's.
TOKENS = {
    "X-AppSecretToken": "5ecretQ7xkVb0mWn3RtYuIoPaSdFgHjKlZ1XcVbNm2q",
    "X-AgreementGrantToken": "9rantLpOkMiJnUhBzVgTfCrDxEsWaQ8YtReWqPoIuY3",
}


@dataclass
class Server:
    """A local server; `seen` are the requests it got: (path, headers), `bodies` what they carried."""

    url: str
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Callable[[Answer], Server]]:
    """Start servers, each of which gives every request to one function."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Server:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.seen.append((self.path, dict(self.headers)))
                answer(self)

            def do_POST(self) -> None:
                server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.do_GET()

            do_PUT = do_PATCH = do_DELETE = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that hangs up is what some tests want."""

        http = Quiet(("127.0.0.1", 0), Handler)
        server = Server(f"http://127.0.0.1:{http.server_address[1]}")
        running.append(http)
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        return server

    try:
        yield start
    finally:
        for http in running:
            http.shutdown()
            http.server_close()


def reply(
    status: int = 200, body: bytes = b"{}", *, length: int | None = None, **headers: str
) -> Answer:
    """An answer that is always the same; header names are written with underscores."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    return send


def in_turn(*answers: Answer) -> Answer:
    """One answer after another; the last one for good."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda handler: next(left)(handler)


@dataclass
class Called:
    """A transport whose waits are noted and not slept."""

    transport: Transport
    waits: list[float]

    def get(self, url: str, **more: Any) -> Any:
        return self.transport.get(url, **{"decode": msgspec.json.decode, **more})

    def send(self, method: str, url: str, **more: Any) -> Any:
        return self.transport.send(method, url, **{"decode": msgspec.json.decode, **more})


def call(base: str, **more: Any) -> Called:
    waits: list[float] = []
    given = {"base_urls": (base,), "auth": HeaderAuth(TOKENS), "sleep": waits.append, **more}
    return Called(Transport(CALLER, **given), waits)


def assert_steps(waits: list[float], steps: list[float]) -> None:
    assert len(waits) == len(steps)
    for wait, step in zip(waits, steps, strict=True):
        assert step <= wait <= step + 1
