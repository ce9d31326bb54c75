"""Accounting years, periods and working days of a played company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .company import HISTORY_ENDS, Company


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


def add_months(day: date, months: int) -> date:
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
    found: list[Year] = []
    start = date(company.first_year, company.year_starts_in, 1)
    while start <= add_months(today, 12):
        end = add_months(start, 12) - timedelta(days=1)
        label = str(start.year) if start.year == end.year else f"{start.year}/{end.year}"
        closed = (today - end).days > 90
        found.append(Year(label, start, end, closed))
        start = add_months(start, 12)
    return found


def periods(company: Company, *, today: date) -> list[Period]:
    """The months of every accounting year, numbered through."""
    found: list[Period] = []
    for year in years(company, today=today):
        for month in range(12):
            start = add_months(year.start, month)
            end = add_months(start, 1) - timedelta(days=1)
            closed = year.is_closed or (today - end).days > 45
            found.append(Period(len(found) + 1, year.label, month + 1, start, end, closed))
    return found
