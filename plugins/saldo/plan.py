"""What a run reads of an entity: one pure function, tested as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from .entity import Entity
from .errors import ConfigError
from .reading import EVERYTHING, MOVED, Read

RunMode = Literal["auto", "full", "window"]

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


@dataclass(frozen=True)
class State:
    """How far an entity has been read: its marker, when all of it was last read, and the kind of a
    read that was begun and not finished (empty if none)."""

    marker: str | int | None = None
    full_at: datetime | None = None
    unfinished: str = ""


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


def plan(
    entity: Entity,
    wish: Wish,
    state: State,
    *,
    full_refresh: Literal["daily", "weekly", "monthly", "never"],
    now: datetime,
) -> Read:
    """Decide what to read: nothing, everything, since a marker, or a window."""
    if not wish.wants(entity.name):
        return Read.nothing("not among the entities this run was started for")
    if wish.window:
        if entity.window is None:
            return Read.nothing("has no dates: a window has nothing to read")
        if entity.is_key_ordered and state.marker is None:
            return Read.nothing("nothing is landed yet: the first night reads all history")
        return Read.window(*wish.window)
    if wish.mode == "full" or entity.mode == "snapshot":
        return EVERYTHING
    if state.marker is None and not entity.moves:
        return Read.since(0) if entity.is_key_ordered else EVERYTHING
    if state.unfinished == "everything":
        return EVERYTHING
    if state.unfinished != "since" and _is_due(state.full_at, _FULL_AFTER[full_refresh], now):
        return EVERYTHING
    if state.marker is None:
        return MOVED
    return Read.since(state.marker)


def _is_due(full_at: datetime | None, after: timedelta | None, now: datetime) -> bool:
    """Everything must have been read once, also where it is never read again."""
    return full_at is None or (after is not None and now - full_at >= after)


def parse_state(cursor: dict[str, Any], resume: dict[str, Any]) -> State:
    """State from `cursor` and `resume` of ops.watermark."""
    full_at = cursor.get("full_at")
    return State(
        cursor.get("marker"),
        datetime.fromisoformat(full_at) if full_at else None,
        str(resume.get("read", "")).split(" ")[0],
    )
