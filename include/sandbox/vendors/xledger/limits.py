"""The limits of a token: so many requests in five seconds, so many at once."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from sandbox.state import State, state_of
from sandbox.vendor import Handler

from . import errors
from .access import credential_of, options_of_token

_WINDOW_S = 5.0


@dataclass
class _Usage:
    """What a token has asked: when, in the last seconds, and how many are not answered yet."""

    times: deque[float] = field(default_factory=deque)
    open: int = 0

    def takes(self, limit: int) -> bool:
        """Whether one more fits into the window; counts it."""
        now = time.monotonic()
        while self.times and self.times[0] <= now - _WINDOW_S:
            self.times.popleft()
        if len(self.times) >= limit:
            return False
        self.times.append(now)
        return True

    @contextmanager
    def answering(self) -> Iterator[int]:
        """Counts a request as long as it is answered; how many there are with it."""
        self.open += 1
        try:
            yield self.open
        finally:
            self.open -= 1


_usages: WeakKeyDictionary[State, dict[str, _Usage]] = WeakKeyDictionary()


async def gate(request: Request, answer: Handler) -> Response:
    """Only a token that is known has limits."""
    token = credential_of(request)
    options = options_of_token(request)
    if token is None or options is None:
        return await answer(request)
    usage = _usages.setdefault(state_of(request), {}).setdefault(token.token, _Usage())
    if not usage.takes(options.xledger_burst):
        return errors.burst(request)
    with usage.answering() as many:
        if many > options.xledger_concurrency:
            return errors.concurrency(request)
        # Others that have come in by now are counted before this one is answered.
        await asyncio.sleep(0)
        return await answer(request)
