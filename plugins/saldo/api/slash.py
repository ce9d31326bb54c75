"""/saldo is /saldo/, as people type it: a mounted application answers only what is below its prefix, and Airflow's UI takes the rest."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_TYPED = "/saldo"


class WithSlash:
    """ASGI, around the whole of Airflow's API server: one address is sent on, everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Airflow may be served below a path, which a proxy leaves in the address or takes out of it.
        root = scope.get("root_path", "")
        if scope["type"] != "http" or scope["path"] not in (_TYPED, root + _TYPED):
            await self._app(scope, receive, send)
            return
        asked = scope["query_string"].decode("latin-1")
        target = f"{root}{_TYPED}/" + (f"?{asked}" if asked else "")
        await RedirectResponse(target)(scope, receive, send)
