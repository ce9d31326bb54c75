"""Connections that misbehave: cut in the middle of the body, or slow."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PIECES = 20


class Dropped(Exception):
    """Raised to make the server close the connection in the middle of an answer."""


class QuietDrops:
    """Keeps the intended failures of `drop` out of the server's log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Dropped:
            return


class _Announced(Response):
    """Announces the whole body before any of it is sent."""

    async def _start(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )


class Half(_Announced):
    """Sends half of its body and fails."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._start(send)
        body = bytes(self.body)
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        raise Dropped


class Slow(_Announced):
    """Sends its body in small pieces over `seconds`."""

    seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._start(send)
        body = bytes(self.body)
        size = max(1, -(-len(body) // _PIECES))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            await asyncio.sleep(self.seconds / len(pieces))
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
