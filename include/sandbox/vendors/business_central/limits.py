"""How much an app may ask: so many requests in a window that slides, each $batch being one."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from sandbox.state import State, state_of
from sandbox.vendor import Handler
from sandbox.vendors.entra.tokens import app_of

from .companies import SANDBOX, company_in
from .errors import too_many

REQUESTS, WINDOW_S = 6_000, 300.0
_NO_LIMIT = 10**9


@dataclass
class Usage:
    """limit: what was set by hand. total: asked since the beginning, throttled ones too; at_once: the most that were
    answered at one time; writers_at_once: the most that wrote to one company at one time."""

    limit: int | None = None
    window_s: float = WINDOW_S
    total: int = 0
    throttled: int = 0
    now: int = 0
    at_once: int = 0
    writers_at_once: int = 0
    writers: dict[str, int] = field(default_factory=dict)
    moments: deque[float] = field(default_factory=deque)


_usages: WeakKeyDictionary[State, dict[str, Usage]] = WeakKeyDictionary()


def usage_of(state: State, app: str) -> Usage:
    return _usages.setdefault(state, {}).setdefault(app, Usage())


async def gate(request: Request, answer: Handler) -> Response:
    """Only an app that is known has limits."""
    app = app_of(request)
    if app is None:
        return await answer(request)
    usage, now = usage_of(state_of(request), app), time.monotonic()
    usage.total += 1
    while usage.moments and usage.moments[0] <= now - usage.window_s:
        usage.moments.popleft()
    if len(usage.moments) >= _limit(request, usage):
        usage.throttled += 1
        return too_many(request)
    usage.moments.append(now)
    company = (company_in(request) or "") if request.method != "GET" else ""
    _count(usage, company, 1)
    try:
        return await answer(request)
    finally:
        _count(usage, company, -1)


def _limit(request: Request, usage: Usage) -> int:
    """Many tests share the environment Sandbox: there is a limit where one was set."""
    is_shared = request.path_params.get("environment") == SANDBOX
    return usage.limit or (_NO_LIMIT if is_shared else REQUESTS)


def _count(usage: Usage, company: str, by: int) -> None:
    """company: that is written to; "" is none."""
    usage.now += by
    usage.at_once = max(usage.at_once, usage.now)
    if company:
        usage.writers[company] = usage.writers.get(company, 0) + by
        usage.writers_at_once = max(usage.writers_at_once, usage.writers[company])
