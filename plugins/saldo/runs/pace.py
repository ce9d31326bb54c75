"""A vendor's limit on calls, kept by everything together that calls with the same credentials: ops.call_pace.

Tasks are processes of their own, agreements may share a token, and workers may be machines: only the warehouse sees all
of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import psycopg

from saldo.transport.limiter import BurstLimiter

#: The moments of the last calls, the oldest first: the next one is made at once, or when the oldest has left the stretch.
_NEXT = """
insert into ops.call_pace as p (credentials, made_at)
values (%(credentials)s, array[clock_timestamp()])
on conflict (credentials) do update set
    made_at = p.made_at[greatest(1, cardinality(p.made_at) - %(calls)s + 2):] || greatest(
        clock_timestamp(),
        p.made_at[cardinality(p.made_at)],
        p.made_at[cardinality(p.made_at) - %(calls)s + 1] + %(window_s)s * interval '1 second'
    )
returning extract(epoch from made_at[cardinality(made_at)] - clock_timestamp())"""

#: None is made before that moment: the last one counts as made then.
_HOLD = """
update ops.call_pace as p set
    made_at = p.made_at || (clock_timestamp() + %(wait_s)s * interval '1 second')
where p.credentials = %(credentials)s
    and p.made_at[cardinality(p.made_at)] < clock_timestamp() + %(wait_s)s * interval '1 second'"""


class SharedPace(BurstLimiter):
    """So many calls in any stretch of some seconds, counted in the warehouse; by this process alone where that does not
    answer. Safe to use from several threads."""

    def __init__(
        self,
        dsn: str,
        vendor: str,
        token: str,
        calls: int,
        window_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """token: what the limit is of; the warehouse holds a digest of it. clock: of a process that counts alone."""
        super().__init__(calls, window_s, clock=clock)
        digest = blake2b(f"{vendor} {token}".encode(), digest_size=12).hexdigest()
        self._parameters = {
            "credentials": f"{vendor} {digest}",
            "calls": calls,
            "window_s": window_s,
        }
        self._dsn = dsn
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._asking = threading.Lock()

    def delay_s(self) -> float:
        with self._asking:
            try:
                row = self._connected().execute(_NEXT, self._parameters).fetchone()
            except psycopg.Error:
                self._connection = None
                return super().delay_s()
        return max(0.0, float(row[0])) if row else 0.0

    def hold(self, wait_s: float) -> None:
        """See WindowLimiter.hold; everybody with these credentials waits."""
        super().hold(wait_s)
        with self._asking:
            try:
                self._connected().execute(_HOLD, {**self._parameters, "wait_s": wait_s})
            except psycopg.Error:
                self._connection = None

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True)
        return self._connection
