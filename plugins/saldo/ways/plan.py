"""What a run reads of an entity: one pure function, tested as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from saldo.declarations.entity import Entity
from saldo.run_request import RunRequest

Cadence = Literal["daily", "weekly", "monthly", "never"]

#: Age at which everything is read again; a little less than the name says, since nights start at varying times.
_FULL_AFTER = {
    "daily": timedelta(hours=20),
    "weekly": timedelta(days=6, hours=12),
    "monthly": timedelta(days=29, hours=12),
    "never": None,
}


# --- what is read ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadNothing:
    """There is nothing to read; why: a sentence for ops.sync_run."""

    why: str

    def __str__(self) -> str:
        return "nothing"


@dataclass(frozen=True)
class ReadEverything:
    """The whole set is read. why: a sentence for ops.sync_run, where a night should have read less."""

    why: str = ""

    def __str__(self) -> str:
        return "everything"


@dataclass(frozen=True)
class ReadChanges:
    """What changed is read, by the entity's way of reading. since: from where on, in that way's own terms
    (a number, an instant, a cursor); None where it keeps no such mark."""

    since: str | int | None = None

    def __str__(self) -> str:
        return "changes" if self.since is None else f"changes since {self.since}"


@dataclass(frozen=True)
class ReadWindow:
    """Records dated first..last are read again, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"window {self.first} to {self.last}"


Decision = ReadNothing | ReadEverything | ReadChanges | ReadWindow


@dataclass(frozen=True)
class Planned:
    """What a way's plan knows of a run. now: aware."""

    run_request: RunRequest
    full_refresh: Cadence
    now: datetime

    def is_due(self, full_at: datetime | None) -> bool:
        """Whether it is time to read everything again; everything is read once, even with
        full_refresh never."""
        after = _FULL_AFTER[self.full_refresh]
        return full_at is None or (after is not None and self.now - full_at >= after)


def plan(
    entity: Entity,
    run_request: RunRequest,
    state: Any,
    *,
    full_refresh: Cadence,
    now: datetime,
) -> Decision:
    """Decide what to read; state: that of the entity's own way of reading (Way.state)."""
    if not run_request.wants(entity.name):
        return ReadNothing("not among the entities this run was started for")
    if run_request.window and entity.window is None:
        return ReadNothing("has no dates: a window has nothing to read")
    if run_request.window and not entity.reads.has_begun(state.cursor):
        # A part of the books would look like all of them.
        return ReadNothing("nothing is landed yet: the first night reads all history")
    return entity.reads.plan(Planned(run_request, full_refresh, now), state)
