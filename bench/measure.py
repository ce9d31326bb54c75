"""What a lap is, and what the clocks of this machine say about one."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Lap:
    """One thing that was done once. What was not measured, or means nothing here, is None.

    client_cpu_s: of the process that did it, threads and its own children included.
    postgres_cpu_s: of all of Postgres, its background writers included.
    peak_mb: the largest resident size of the process (of the largest one, where it had children).
    grown_mb: by how much it grew over what it was when the clock started.
    disk_mb: of the files it left.
    """

    section: str
    what: str
    seconds: float = 0.0
    rows: int | None = None
    written: int | None = None
    client_cpu_s: float | None = None
    postgres_cpu_s: float | None = None
    wal_mb: float | None = None
    peak_mb: float | None = None
    requests: int | None = None
    disk_mb: float | None = None
    grown_mb: float | None = None

    @property
    def rows_per_s(self) -> float | None:
        return self.rows / self.seconds if self.rows and self.seconds else None

    @property
    def cpu_s(self) -> float:
        """Client and Postgres together."""
        return (self.client_cpu_s or 0.0) + (self.postgres_cpu_s or 0.0)


class Clock:
    """Wall time and CPU of this process since it was made; children count once they were waited for."""

    def __init__(self) -> None:
        self._began, self._cpu = monotonic(), _own_cpu_s()

    def read(self) -> dict[str, float]:
        return {"seconds": monotonic() - self._began, "client_cpu_s": _own_cpu_s() - self._cpu}

    def fill(self, lap: Lap) -> None:
        for name, value in self.read().items():
            setattr(lap, name, value)


@contextmanager
def clocked(lap: Lap) -> Iterator[None]:
    """Fill in seconds and client CPU of what this very process does."""
    clock = Clock()
    yield
    clock.fill(lap)


def _own_cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def memory_mb(field: str) -> float:
    """VmRSS (now) or VmHWM (the most so far) of this process. Not ru_maxrss: a child starts with its
    parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(field)


def tree_cpu_s(pid: int) -> float:
    """CPU of a process, of the children it has waited for and of those still alive.

    A child that ends in between moves from one sum to the other: differences stay right.
    """
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # ended meanwhile
        fields = text.rpartition(")")[2].split()  # from the state on: the name may hold anything
        if int(stat.parent.name) == pid:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_PER_S
