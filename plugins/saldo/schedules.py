"""When things run, as files of people say it: cron expressions and timezones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from croniter import CroniterError, croniter

_RANDOM = re.compile(r"(?<![a-z])r(?![a-z])", re.IGNORECASE)


def cron_or_none(value: str | None) -> str | None:
    """The value, which is five fields of cron or nothing. Raises ValueError, which says what to write."""
    if value is not None and not is_cron(value):
        raise ValueError(
            f'{value!r} is not a cron expression; write five fields such as "0 3 * * *", or null'
        )
    return value


def timezone(value: str) -> str:
    """The value, which is the name of a timezone. Raises ValueError, which says what to write."""
    if value not in _timezones():
        raise ValueError(f"{value!r} is no timezone; write one such as Europe/Copenhagen")
    return value


def is_cron(value: str) -> bool:
    """Five fields that come true one day; croniter's own R (a random time) is no schedule."""
    if len(value.split()) != 5 or _RANDOM.search(value) or not croniter.is_valid(value):
        return False
    try:
        croniter(value, datetime(2026, 1, 1, tzinfo=UTC)).get_next()
    except CroniterError:
        return False
    return True


@cache
def days_apart(schedule: str) -> int:
    """Most days from one day with a run to the next: 1 for daily, 3 for Monday to Friday. schedule: five fields of cron."""
    _, _, *days = schedule.split()
    # Midnights only: a year of them is little to walk, however often it runs on a day.
    by_day, first = f"0 0 {' '.join(days)}", datetime(2024, 1, 1, tzinfo=UTC)
    runs = croniter(by_day, first - timedelta(seconds=1))
    found, before = 1, runs.get_next(datetime)
    while before < first + timedelta(days=366):
        after = runs.get_next(datetime)
        found, before = max(found, (after - before).days), after
    return found


@cache
def _timezones() -> frozenset[str]:
    """The names of all timezones; asked once, since each call walks a folder of the disk."""
    return frozenset(available_timezones())
