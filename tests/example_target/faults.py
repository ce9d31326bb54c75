"""What goes wrong at the made-up system, call by call."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Literal

#: unavailable: raised before anything is done. failed and refused: one document of the call is, the others are made. lost: done, and no
#: answer. late: no answer, and done later. drop: done, and the warehouse's connection is gone. killed_*: the process ends, before
#: it is done, after it, or before it is done by a server that got the request.
Fault = Literal[
    "", "unavailable", "failed", "refused", "lost", "late", "drop", "killed_before", "killed_after", "killed_late",
]  # fmt: skip
KILLS: tuple[Fault, ...] = ("killed_before", "killed_after", "killed_late")
FAULTS: tuple[Fault, ...] = ("unavailable", "failed", "refused", "lost", "late", "drop", *KILLS)


class Killed(BaseException):
    """In the place of SIGKILL: nobody catches it."""


class Faults:
    """One for each call of a kind (send, complete, post, look_up); none once they are used up."""

    def __init__(self, **planned: Iterable[Fault]) -> None:
        self._planned = {kind: list(faults) for kind, faults in planned.items()}
        self.met: Counter[str] = Counter()

    def next(self, kind: str) -> Fault:
        planned = self._planned.get(kind)
        fault = planned.pop(0) if planned else ""
        self.met[f"{kind} {fault}".strip()] += 1
        return fault


class RandomFaults(Faults):
    """A share of calls goes wrong, drawn by a seed; several threads may ask."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self.share = share
        self._random, self._lock = random.Random(seed), threading.Lock()

    def next(self, kind: str) -> Fault:
        with self._lock:
            known = FAULTS if kind == "send" else ("unavailable", "lost", "drop", *KILLS[:2])
            fault = self._random.choice(known) if self._random.random() < self.share else ""
            self.met[f"{kind} {fault}".strip()] += 1
            return fault
