"""Fetching ahead with bounded memory, while the warehouse is busy; the order stays the caller's."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

#: Results held ready: as many as it takes to download while the warehouse is busy with a chunk.
_AHEAD = 6
#: Seconds after which a thread that decodes lets the one that feeds the warehouse have a turn: with
#: Python's own 5 ms the warehouse waits for its next bytes longer than for anything else.
_TURN_S = 0.0005
#: Requests in flight for one task; how many more a vendor tolerates is not documented.
AT_ONCE = 4


def prefetched(items: Iterator[T], *, ahead: int = _AHEAD) -> Iterator[T]:
    """The same items in the same order, the next few being made while one is worked on."""
    end = object()
    pool = ThreadPoolExecutor(1, "prefetch")
    with _short_turns():
        try:
            pending = deque(pool.submit(next, items, end) for _ in range(ahead))
            while (item := pending.popleft().result()) is not end:
                pending.append(pool.submit(next, items, end))
                yield item  # type: ignore[misc]
        finally:
            _leave(pool)


def in_order(calls: Iterable[Callable[[], T]], *, at_once: int = AT_ONCE) -> Iterator[T]:
    """The results of the calls in the order of the calls, at most `at_once` of them under way; the
    error of a call is raised when its turn comes."""
    calls = iter(calls)
    pending: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(at_once, "fetch")
    try:
        for call in calls:
            pending.append(pool.submit(call))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        _leave(pool)


@contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _TURN_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _leave(pool: ThreadPoolExecutor) -> None:
    """Calls that have not begun are cancelled, and running ones are not waited for. A generator
    that an error left behind is closed wherever garbage is collected, even while a thread is
    being started: waiting for another thread there is a deadlock (seen 2026-11-21)."""
    pool.shutdown(wait=False, cancel_futures=True)
