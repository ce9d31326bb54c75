"""What is allowed in an agreement's file, and loses something all the same."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from croniter import croniter

from .agreement import Agreement

#: How far ahead clocks are looked at: every zone that changes them does so within it.
_AHEAD = timedelta(days=400)
#: Clocks change by whole ones.
_QUARTER = timedelta(minutes=15)


def cautions(agreement: Agreement, *, today: date | None = None) -> list[str]:
    """Sentences that say what is wrong with the file, and what to write instead."""
    if agreement.schedule is None:
        return []
    return list(_of_schedule(agreement.schedule, agreement.timezone, today or date.today()))


@cache
def _of_schedule(schedule: str, timezone: str, today: date) -> tuple[str, ...]:
    for begins, ends in _odd_hours(timezone, today):
        due = croniter(schedule, begins - timedelta(seconds=1)).get_next(datetime)
        is_frequent = croniter(schedule, due).get_next(datetime) - due < timedelta(hours=12)
        if due < ends and not is_frequent:
            return (
                f"schedule: {schedule!r} is due at {due:%H:%M} on {due:%Y-%m-%d}, when clocks in {timezone} "
                f"change: the time from {begins:%H:%M} to {ends:%H:%M} is skipped or comes twice that night. "
                "A run that somebody starts in that hour takes the place of the night's, which is lost. "
                f"Choose a time that is never in such an hour: not {_listed(timezone, today)}",
            )
    return ()


@cache
def _odd_hours(timezone: str, today: date) -> tuple[tuple[datetime, datetime], ...]:
    """The local times that a zone skips or has twice: from, to; without zones."""
    zone, days = ZoneInfo(timezone), (today + timedelta(days=n) for n in range(_AHEAD.days))
    found = []
    for day in days:
        midnight = datetime.combine(day, time())
        if _offset(zone, midnight) == _offset(zone, midnight + timedelta(days=1)):
            continue
        quarters = [midnight + n * _QUARTER for n in range(24 * 4)]
        odd = [at for at in quarters if _offset(zone, at) != _offset(zone, at.replace(fold=1))]
        if odd:
            found.append((odd[0], odd[-1] + _QUARTER))
    return tuple(found)


def _listed(timezone: str, today: date) -> str:
    hours = sorted({f"from {a:%H:%M} to {b:%H:%M}" for a, b in _odd_hours(timezone, today)})
    return ", and not ".join(hours)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.replace(tzinfo=zone).utcoffset() or timedelta()
