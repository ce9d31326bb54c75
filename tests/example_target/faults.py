"""What goes wrong at the made-up system, call by call."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NoReturn

#: unavailable: raised before anything is done. failed and refused: one document of the call is, the others are made. lost: done, and no
#: answer. late: no answer, and done later. drop: done, and the warehouse's connection is gone. killed_*: the process ends, before
#: it is done, after it, or before it is done by a server that got the request.
Fault = Literal[
    "", "unavailable", "failed", "refused", "lost", "late", "drop", "killed_before", "killed_after", "killed_late",
]  # fmt: skip
KILLS: tuple[Fault, ...] = ("killed_before", "killed_after", "killed_late")
FAULTS: tuple[Fault, ...] = ("unavailable", "failed", "refused", "lost", "late", "drop", *KILLS)
#: Those that a call can have that makes no documents, and of these a question.
_WRITING: tuple[Fault, ...] = ("unavailable", "lost", "drop", "killed_before", "killed_after")
_READING: tuple[Fault, ...] = ("unavailable", "drop", "killed_before")


class Killed(BaseException):
    """In the place of SIGKILL: nobody catches it."""


class Faults:
    """One for each call of a kind (send, complete, post, look_up); none once they are used up."""

    def __init__(self, **planned: Iterable[Fault]) -> None:
        self._planned = {kind: list(faults) for kind, faults in planned.items()}
        self.met: Counter[str] = Counter()

    def die(self) -> NoReturn:
        """The process ends."""
        raise Killed

    def next(self, kind: str) -> Fault:
        planned = self._planned.get(kind)
        fault = planned.pop(0) if planned else ""
        self.met[f"{kind} {fault}".strip()] += 1
        return fault


class RandomFaults(Faults):
    """Calls go wrong as a shuffled pack of cards says, which has every fault and, to each, so many calls that go well; several
    threads may ask."""

    def __init__(self, seed: int, well: float) -> None:
        super().__init__()
        self._well = well
        self._random, self._lock = random.Random(seed), threading.Lock()
        self._packs: dict[str, list[Fault]] = {}

    def next(self, kind: str) -> Fault:
        with self._lock:
            fault = self._pack(kind).pop()
            self.met[f"{kind} {fault}".strip()] += 1
            return fault

    def _pack(self, kind: str) -> list[Fault]:
        pack = self._packs.setdefault(kind, [])
        if not pack:
            known = FAULTS if kind == "send" else _READING if kind == "look_up" else _WRITING
            pack += [*known, *([""] * round(len(known) * self._well))]
            self._random.shuffle(pack)
        return pack
