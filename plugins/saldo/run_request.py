"""What a run was started for: read everything, a window of days, or what a night reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Self

from saldo.errors import ConfigError

RunMode = Literal["auto", "full", "window"]


@dataclass(frozen=True)
class RunRequest:
    """What a run was started for. window: first and last date, both included."""

    mode: RunMode = "auto"
    window: tuple[date, date] | None = None
    entities: tuple[str, ...] = ()
    confirm_deletes: bool = False

    @property
    def is_repair(self) -> bool:
        """Whether rows are also restored to the vendor's state where they were changed by hand."""
        return self.mode != "auto"

    def wants(self, entity: str) -> bool:
        """Whether the run is to land the entity."""
        return not self.entities or entity in self.entities

    @classmethod
    def of(
        cls,
        *,
        mode: RunMode,
        is_backfill: bool,
        interval: tuple[date, date] | None,
        chosen: tuple[date | None, date | None],
        entities: tuple[str, ...] = (),
        confirm_deletes: bool = False,
        start_date: date,
    ) -> Self:
        """The request of a run from its parameters and its data interval.

        interval: first and last local date of the run's data interval. chosen: the parameters from and to,
        which win over it. A window is read when, and only when, the run is a backfill or mode is window.
        Raises ConfigError for a window without both ends, upside down, or before the agreement's start.
        """
        if not is_backfill and mode != "window":
            return cls(mode, None, entities, confirm_deletes)
        first, last = chosen
        if is_backfill and interval:
            first, last = first or interval[0], last or interval[1]
        if first is None or last is None:
            raise ConfigError("mode window needs both parameters, from and to; fill in both dates")
        if last < first:
            raise ConfigError(
                f"the window ends ({last}) before it begins ({first}); swap from and to"
            )
        if first < start_date:
            raise ConfigError(
                f"the window begins on {first}, before the agreement's start_date {start_date}; choose a "
                "later day, or an earlier start_date in its file"
            )
        return cls("window", (first, last), entities, confirm_deletes)


def window_of(start: datetime, end: datetime) -> tuple[date, date]:
    """Local dates d with date(start) <= d < date(end), at least date(start); both included."""
    return start.date(), max(start.date(), end.date() - timedelta(days=1))
