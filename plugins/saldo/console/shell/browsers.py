"""Addresses that a page shares with a route of programs: a browser gets the page."""

from __future__ import annotations

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope


class BrowserRoute(APIRoute):
    """Matches what a browser asks for (Accept: text/html); whatever else is asked for is looked for further on."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)
