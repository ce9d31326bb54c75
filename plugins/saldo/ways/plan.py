"""What a run was started for, and what it reads of an entity: pure functions, tested as tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from saldo.declarations.entity import Entity
from saldo.errors import ConfigError

RunMode = Literal["auto", "full", "window"]
Cadence = Literal["daily", "weekly", "monthly", "never"]

#: Age at which everything is read again; a little less than the name says, since nights drift.
_FULL_AFTER = {
    "daily": timedelta(hours=20),
    "weekly": timedelta(days=6, hours=12),
    "monthly": timedelta(days=29, hours=12),
    "never": None,
}


@dataclass(frozen=True)
class Wish:
    """What a run was started for. window: first and last date, both included."""

    mode: RunMode = "auto"
    window: tuple[date, date] | None = None
    entities: tuple[str, ...] = ()
    confirm_deletes: bool = False

    @property
    def is_repair(self) -> bool:
        """Whether what is read again is also to be as it was, whatever was done to it by hand."""
        return self.mode != "auto"

    def wants(self, entity: str) -> bool:
        return not self.entities or entity in self.entities


def wish(
    *,
    mode: RunMode,
    is_backfill: bool,
    interval: tuple[date, date] | None,
    chosen: tuple[date | None, date | None],
    entities: tuple[str, ...] = (),
    confirm_deletes: bool = False,
    start_date: date,
) -> Wish:
    """The wish of a run from its parameters and its data interval.

    interval: first and last local date of the run's data interval. chosen: the parameters from and to,
    which win over it. A window is read when, and only when, the run is a backfill or mode is window.
    Raises ConfigError for a window without both ends, upside down, or before the agreement's start.
    """
    if not is_backfill and mode != "window":
        return Wish(mode, None, entities, confirm_deletes)
    first, last = chosen
    if is_backfill and interval:
        first, last = first or interval[0], last or interval[1]
    if first is None or last is None:
        raise ConfigError("mode window needs both parameters, from and to; fill in both dates")
    if last < first:
        raise ConfigError(f"the window ends ({last}) before it begins ({first}); swap from and to")
    if first < start_date:
        raise ConfigError(
            f"the window begins on {first}, before the agreement's start_date {start_date}; choose a "
            "later day, or an earlier start_date in its file"
        )
    return Wish("window", (first, last), entities, confirm_deletes)


def window_of(start: datetime, end: datetime) -> tuple[date, date]:
    """Local dates d with date(start) <= d < date(end), at least date(start); both included."""
    return start.date(), max(start.date(), end.date() - timedelta(days=1))


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
    """What a way's plan is told of a run. now: aware."""

    wish: Wish
    full_refresh: Cadence
    now: datetime

    def is_due(self, full_at: datetime | None) -> bool:
        """Whether it is time to read everything again. Everything must have been read once, also where it
        is never read again."""
        after = _FULL_AFTER[self.full_refresh]
        return full_at is None or (after is not None and self.now - full_at >= after)


def plan(
    entity: Entity,
    wish: Wish,
    state: Any,
    *,
    full_refresh: Cadence,
    now: datetime,
) -> Decision:
    """Decide what to read; state: that of the entity's own way of reading (Way.state)."""
    if not wish.wants(entity.name):
        return ReadNothing("not among the entities this run was started for")
    if wish.window and entity.window is None:
        return ReadNothing("has no dates: a window has nothing to read")
    return entity.reads.plan(Planned(wish, full_refresh, now), state)
