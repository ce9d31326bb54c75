"""A limit of memory as a container has it: a cgroup, and the kernel that kills what goes beyond."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable
from pathlib import Path

import psutil

_numbers = itertools.count(1)


def _own_group() -> Path | None:
    """The cgroup this process is in, where below it others can be made: version 1, and root."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds == "memory":
            found = Path(f"/sys/fs/cgroup/memory{path}")
            return found if os.access(found / "cgroup.procs", os.W_OK) else None
    return None


_OWN = _own_group()
CAN_LIMIT = _OWN is not None


class Limit:
    """These processes and all that come of them may take so much more than they hold now."""

    def __init__(self, processes: Iterable[psutil.Process], *, more_mb: int) -> None:
        assert _OWN
        self._above, self._group = _OWN, _OWN / f"saldo-tests-{os.getpid()}-{next(_numbers)}"
        self._group.mkdir()
        # What they hold stays charged to the group they come from.
        for process in processes:
            self._put(self._group, process.pid)
        self._set(more_mb * 2**20)

    def kills(self) -> int:
        """Processes the kernel has killed for want of memory."""
        lines = (self._group / "memory.oom_control").read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])

    def lift(self) -> None:
        self._set(-1)
        while pids := (self._group / "cgroup.procs").read_text().split():
            for pid in pids:
                self._put(self._above, int(pid))
        self._group.rmdir()

    def _set(self, limit: int) -> None:
        (self._group / "memory.limit_in_bytes").write_text(str(limit))

    @staticmethod
    def _put(group: Path, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            (group / "cgroup.procs").write_text(str(pid))
