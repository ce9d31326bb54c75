"""What a look at files came to, and who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from saldo.errors import SaldoError
from saldo.workbooks import Rejected

from .kinds import Staged
from .mails.waiting import Wait
from .places.source import File
from .register import Reading


@dataclass
class Outcome:
    """What a look came to: names of files. rows: of what was accepted; agreements: whose core may have changed.

    waiting: file -> why it is read later; late: those of them whose owner is told now; errors: what keeps others from being read now.
    """

    accepted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    rejected: dict[str, Rejected] = field(default_factory=dict)
    still_rejected: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    errors: list[SaldoError] = field(default_factory=list)
    as_before: int = 0
    rows: int = 0
    agreements: set[str] = field(default_factory=set)
    #: File -> what its acceptance does to others.
    effects: dict[str, list[str]] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """In a line, for ops.sync_run."""
        parts = {
            "accepted": self.accepted, "the same again": self.unchanged, "refused": self.rejected, "gone": self.gone,
            "refused as before": self.still_rejected, "waiting": self.waiting, "not read": self.errors,
            "told to wait too long": self.late,
        }  # fmt: skip
        said = [f"{len(names)} {what}" for what, names in parts.items() if names]
        said.append(f"{self.as_before} as before")
        return ", ".join([*said, *dict.fromkeys(self.waiting.values())])


class Listener:
    """Hears what becomes of files, in the transaction that holds it. Base: somebody who does nothing."""

    def accepted(
        self, file: File, reading: Reading, staged: Staged, effects: Sequence[str]
    ) -> None:
        """It counts from now on; its rows are staged. effects: what that does to others, in sentences."""

    def rejected(self, file: File, reading: Reading, error: Rejected, path: Path | None) -> None:
        """It does not. path: its content, where there is any."""

    def gone(self, file: File, reading: Reading, *, was_in_force: bool) -> None:
        """It is not there any more."""

    def waiting(self, waits: Sequence[Wait]) -> None:
        """They have waited for their books for too long; once for each."""
