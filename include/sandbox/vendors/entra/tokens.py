"""Tokens of the identity platform: each names its app and the millisecond it runs out.

So whoever gets one (Business Central, Graph, Key Vault) can judge it.
"""

from __future__ import annotations

import time

from starlette.requests import Request

from sandbox.state import state_of

NAME = "entra"
TENANT = "fjordgruppen.example"
_PREFIX = "sandbox-entra"
#: How long the tokens of an app last; of most of them an hour.
_LASTS_S = {"app-short-lived": 2}
_HOUR_S = 3599


def lasts_s(app: str) -> int:
    return _LASTS_S.get(app, _HOUR_S)


def token_of(app: str) -> str:
    return f"{_PREFIX}.{app}.{_now_ms() + 1000 * lasts_s(app)}"


def app_of(request: Request) -> str | None:
    """The app whose token a request bears; None when it bears none, or one that has run out."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    prefix, _, rest = token.partition(".")
    app, _, until = rest.rpartition(".")
    is_known = state_of(request).credentials.of(NAME, app) is not None
    is_good = prefix == _PREFIX and is_known and until.isdecimal() and _now_ms() < int(until)
    return app if is_good else None


def _now_ms() -> int:
    return int(time.time() * 1000)
