"""The same question to several connections in turns, so that whatever else the machine does befalls all of them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from saldo.warehouse.connection import Connection


@dataclass
class Asked:
    """A question (a COPY to stdout), by whom it is asked, and what came of it: rows, seconds of each time.

    Everybody has a connection of their own that has asked the same before: one that has sorted much already has the memory
    for the next, which another must first get from the kernel (3 of 17 ms).
    """

    connection: Connection
    text: str
    rows: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def fastest(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return median(self.seconds)


def in_turns(asked: Sequence[Asked], times: int) -> None:
    """Once to warm up, then `times`; all of them have the same rows."""
    for turn in range(times + 1):
        for one in asked:
            began = perf_counter()
            one.rows = _read(one)
            if turn:
                one.seconds.append(perf_counter() - began)
    assert len({one.rows for one in asked}) == 1, [(one.text, one.rows) for one in asked]


def _read(one: Asked) -> int:
    with one.connection.cursor() as cursor:
        with cursor.copy(one.text.encode()) as copied:
            for _ in copied:
                pass
        return cursor.rowcount
