"""No request is longer than a route takes. A body is read into memory before it is known who sends it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a body: a file of 15 MB in base64 is the longest that a route takes.
MOST = 21 << 20


class Limited:
    """ASGI: reading on beyond so many bytes raises HTTPException 413, which FastAPI hands on from there."""

    def __init__(self, app: ASGIApp, most: int = MOST) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        # What is said to be too long is not read at all.
        is_long = declared.isdigit() and int(declared[:20]) > self._most
        read = self._most + 1 if is_long else 0

        async def limited() -> Message:
            nonlocal read
            message: Message = {} if read > self._most else await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
