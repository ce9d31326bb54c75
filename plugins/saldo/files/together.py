"""Files that refuse each other: a new version must fit what the others say now, not what they said before they were changed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from saldo.workbooks import Rejected

from .places.source import File

One = TypeVar("One")


@dataclass(eq=False)
class Held:
    """A file that was refused for what others may be about to give up. error: why, the last time it was tried."""

    file: File
    path: Path
    error: Rejected
    _folder: tempfile.TemporaryDirectory[str] = field(repr=False)

    @classmethod
    def of(cls, file: File, path: Path, error: Rejected) -> Held:
        """Its content is kept beyond the folder it lies in."""
        folder = tempfile.TemporaryDirectory(prefix="saldo_held_")
        return cls(file, path.rename(Path(folder.name) / path.name), error, folder)

    def forget(self) -> None:
        """Its content is not needed any more."""
        self._folder.cleanup()


def settle(
    held: Sequence[One],
    alone: Callable[[One], bool],
    together: Callable[[Sequence[One]], Sequence[One]],
) -> list[One]:
    """Try files again until no more of them fit; returns those that do not. alone: whether one fits beside what counts now, and
    so counts, too. together: those of a group that do not fit where all of it takes the place of what it said before; it
    counts where there are none."""
    left = list(held)
    while left:
        refused = [one for one in left if not alone(one)]
        if refused == left:
            # Each waits for another: two that have exchanged accounts, for example. Of two that say the same now, the first
            # takes the other's place, and perhaps that of all who wait for that one: so from the other end, too.
            fitting = _fitting(left, together) or _fitting(left[::-1], together)
            if not fitting:
                return left
            refused = [one for one in left if one not in fitting]
        left = refused
    return left


def _fitting(
    group: Sequence[One], together: Callable[[Sequence[One]], Sequence[One]]
) -> Sequence[One]:
    while len(group) > 1:
        refused = together(group)
        if not refused:
            return group
        group = [one for one in group if one not in refused]
    return ()
