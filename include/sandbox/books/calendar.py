"""Accounting years, periods and working days of a played company."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from .company import HISTORY_ENDS, Company

#: A re-opened year is closed again so many working days later.
REOPENED_FOR = 3


@dataclass(frozen=True)
class Period:
    number: int  # running over all years, as the vendor numbers them
    year: str
    number_in_year: int
    start: date
    end: date
    is_closed: bool


@dataclass(frozen=True)
class Year:
    label: str
    start: date
    end: date
    is_closed: bool
    is_reopened: bool = False


class Reopening(NamedTuple):
    """A closed year that is opened again, the year after it, and from and until which working day."""

    year: Year
    following: Year
    since: int
    until: int


def add_months(day: date, months: int) -> date:
    """The first day of the month so many months later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@lru_cache(maxsize=100_000)
def working_day(days_after: int) -> date:
    """The n-th Monday-to-Friday after the history's end; 0 is the end itself."""
    weeks, rest = divmod(days_after, 5)
    day = HISTORY_ENDS + timedelta(weeks=weeks)
    for _ in range(rest):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def years(company: Company, *, today: date) -> list[Year]:
    """Every accounting year from the first one to the one after today's; the two newest are open."""
    found = _undisturbed_years(company, today)
    again = reopening(company)
    if again and working_day(again.since) <= today < working_day(again.until):
        open_again = replace(again.year, is_closed=False, is_reopened=True)
        found = [open_again if year.start == again.year.start else year for year in found]
    return found


def _undisturbed_years(company: Company, today: date) -> list[Year]:
    found: list[Year] = []
    founded_on = company.founded_on or company.year_starts_on
    start = date(company.first_year, company.year_starts_in, founded_on)
    while start <= add_months(today, 12):
        following = add_months(start, 12 if found else company.first_year_months)
        following = following.replace(day=company.year_starts_on)
        end = following - timedelta(days=1)
        label = str(start.year) if start.year == end.year else f"{start.year}/{end.year}"
        closed = (today - end).days > 90
        found.append(Year(label, start, end, closed))
        start = following
    return found


@lru_cache(maxsize=256)
def reopening(company: Company) -> Reopening | None:
    """What the company opens again: the newest year that is closed on that working day, if any is."""
    since = company.reopens_on
    if since is None:
        return None
    found = _undisturbed_years(company, working_day(since))
    closed = [place for place, year in enumerate(found) if year.is_closed]
    if not closed:
        return None
    return Reopening(found[closed[-1]], found[closed[-1] + 1], since, since + REOPENED_FOR)


def periods(company: Company, *, today: date) -> list[Period]:
    """The months of every accounting year, numbered through; where a year begins or ends inside one, its part."""
    found: list[Period] = []
    for year in years(company, today=today):
        start, month = year.start, 1
        while start <= year.end:
            following = add_months(start, 1)
            end = min(following - timedelta(days=1), year.end)
            closed = year.is_closed or ((today - end).days > 45 and not year.is_reopened)
            found.append(Period(len(found) + 1, year.label, month, start, end, closed))
            start, month = following, month + 1
    return found
