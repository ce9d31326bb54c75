"""The same question to several connections in turns, so that whatever else the machine does befalls all of them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from saldo.warehouse.connection import Connection

from .measure import Lap


@dataclass
class Asked:
    """A question (a COPY to stdout), by whom it is asked, and what came of it: rows, seconds and CPU of Postgres of each time.

    CPU is that of the connection's process, which a busy machine changes little: set max_parallel_workers_per_gather to 0, so
    that it is all there is. Everybody has a connection of their own that has asked the same before: one that has sorted much
    already has the memory for the next, which another must first get from the kernel (3 of 17 ms).
    """

    connection: Connection
    text: str
    rows: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def lap(self, section: str, what: str) -> Lap:
        """Its medians."""
        return Lap(
            section,
            what,
            seconds=median(self.seconds),
            rows=self.rows,
            postgres_cpu_s=median(self.cpu_s),
        )


def in_turns(asked: Sequence[Asked], times: int) -> None:
    """Once to warm up, then `times`; all of them have the same rows. Each time another one begins: who asks after the same rows
    finds them in the processor's caches, who asks after others does not (a tenth of 80 ms)."""
    for turn in range(times + 1):
        first = turn % len(asked)
        for one in (*asked[first:], *asked[:first]):
            cpu_s, began = _cpu_s(one.connection), perf_counter()
            one.rows = _read(one)
            seconds, cpu_s = perf_counter() - began, _cpu_s(one.connection) - cpu_s
            if turn:
                one.seconds.append(seconds)
                one.cpu_s.append(cpu_s)
    assert len({one.rows for one in asked}) == 1, [(one.text, one.rows) for one in asked]


def _read(one: Asked) -> int:
    with one.connection.cursor() as cursor:
        with cursor.copy(one.text.encode()) as copied:
            for _ in copied:
                pass
        return cursor.rowcount


def _cpu_s(connection: Connection) -> float:
    """Of its process so far; Linux counts it in nanoseconds there."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def compared(one: Lap, other: Lap, words: str) -> tuple[float, str]:
    """Ratio of CPU, and what to say of both; words: what `other` is."""
    mine, theirs = ((lap.postgres_cpu_s or 0.0) * 1000 for lap in (one, other))
    ratio = mine / theirs
    figures = f"{mine:.1f} ms, {theirs:.1f} {words}"
    return ratio, f"{ratio:.2f} x CPU ({figures}), {one.seconds / other.seconds:.2f} x the time"
