"""People who look at reports while facts are refreshed, and how long they ever waited."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from saldo.warehouse.connection import connect

#: A row of a report, found by an index: what it waits for is a lock or a core, hardly ever work.
SHORT = (
    "select count(*) from mart.fact_journal_entries "
    "where agreement_id = %(agreement_id)s and date = date '2025-06-30'"
)
#: A page of a report: one scan of all entries of the agreement.
LONG = (
    "select account_number, date_trunc('month', date), sum(amount_base) "
    "from mart.fact_journal_entries where agreement_id = %(agreement_id)s group by 1, 2"
)


@dataclass
class Wait:
    """The longest of either query in a stretch of time, in milliseconds; None: none was asked."""

    short_ms: float | None = None
    long_ms: float | None = None


@dataclass
class _Reader:
    statement: str
    pause_s: float
    began: float = 0.0
    asked: list[tuple[float, float]] = field(default_factory=list)

    def read(self, dsn: str, agreement_id: str, stop: threading.Event) -> None:
        with connect(dsn) as connection:
            while not stop.is_set():
                self.began = time.monotonic()
                connection.execute(self.statement, {"agreement_id": agreement_id}).fetchall()
                self.asked.append((self.began, time.monotonic()))
                stop.wait(self.pause_s)

    def longest_ms(self, start: float, end: float) -> float | None:
        """Of those that overlapped this stretch; the one under way at its end is waited for."""
        while self.began <= end:
            time.sleep(0.005)
        during = [b - a for a, b in self.asked if a <= end and b >= start]
        return max(during) * 1000 if during else None


class Readers:
    """Two readers with a connection each, from entering to leaving."""

    def __init__(self, dsn: str, agreement_id: str) -> None:
        self._stop = threading.Event()
        self._short, self._long = _Reader(SHORT, 0.005), _Reader(LONG, 0.5)
        self._threads = [
            threading.Thread(target=reader.read, args=(dsn, agreement_id, self._stop), daemon=True)
            for reader in (self._short, self._long)
        ]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    @contextmanager
    def watched(self) -> Iterator[Wait]:
        """The longest waits of what happens inside the block."""
        found, start = Wait(), time.monotonic()
        yield found
        end = time.monotonic()
        found.short_ms = self._short.longest_ms(start, end)
        found.long_ms = self._long.longest_ms(start, end)
