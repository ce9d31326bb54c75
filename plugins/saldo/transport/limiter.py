"""Keeps calls below what a vendor allows in a fixed window, by what the vendor's own answers report.

Tasks of one agreement are separate processes that share one budget: only the vendor knows the sum.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

#: From this share of the budget on, what is left is spread over the rest of the window.
FREE_SHARE = 0.8
_CALLS_AT_ONCE = 8


class WindowLimiter:
    """A bucket of tokens refilled once a window; `observe` what was reported, `delay_s` before a call."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._limit = self._used = self._cost = 0
        self._window_s = 0.0
        self._window_began = clock()
        self._held_until = 0.0

    def observe(self, *, limit: int, window_s: float, used: int, cost: int) -> None:
        """limit and used in tokens of this window; cost of the call that reported them."""
        # Answers of parallel calls arrive in any order: a little less is no new window.
        now = self._clock()
        is_new = used < self._used - _CALLS_AT_ONCE * max(cost, self._cost)
        if is_new or (self._window_s and now - self._window_began >= self._window_s):
            self._window_began = now
        self._limit, self._window_s, self._used, self._cost = limit, window_s, used, cost

    def hold(self, wait_s: float) -> None:
        """The vendor refuses every call for so many seconds, whoever makes it."""
        self._held_until = max(self._held_until, self._clock() + wait_s)

    def delay_s(self) -> float:
        """Seconds to wait before the next call, so that the window's tokens last to its end."""
        return max(self._spread_s(), self._held_until - self._clock(), 0.0)

    def _spread_s(self) -> float:
        if not self._limit or self._used < FREE_SHARE * self._limit:
            return 0.0
        left_s = max(0.0, self._window_s - (self._clock() - self._window_began))
        left = self._limit - self._used
        if left <= self._cost:
            return left_s
        return left_s * self._cost / left


class BurstLimiter(WindowLimiter):
    """So many calls in any stretch of some seconds, of a vendor whose answers report nothing. Safe to use from several
    threads."""

    def __init__(
        self, calls: int, window_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock=clock)
        self._calls, self._stretch_s = calls, window_s
        self._made: deque[float] = deque(maxlen=calls)
        self._lock = threading.Lock()

    def delay_s(self) -> float:
        """Seconds to wait before the next call, which is counted as made then."""
        with self._lock:
            now = self._clock()
            is_full = len(self._made) == self._calls
            at = max(now, self._made[0] + self._stretch_s) if is_full else now
            at = max(at, self._held_until)
            self._made.append(at)
            return at - now


class Together(WindowLimiter):
    """Several limits at once: of the credentials, and of whoever uses them. A call waits for the one that lasts longest."""

    def __init__(self, *limiters: WindowLimiter) -> None:
        super().__init__()
        self._limiters = limiters

    def observe(self, *, limit: int, window_s: float, used: int, cost: int) -> None:
        """See WindowLimiter.observe."""
        for one in self._limiters:
            one.observe(limit=limit, window_s=window_s, used=used, cost=cost)

    def hold(self, wait_s: float) -> None:
        """See WindowLimiter.hold."""
        for one in self._limiters:
            one.hold(wait_s)

    def delay_s(self) -> float:
        """See WindowLimiter.delay_s; each counts the call."""
        return max(one.delay_s() for one in self._limiters)
