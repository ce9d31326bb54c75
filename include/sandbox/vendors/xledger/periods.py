"""Periods: the months of fiscal years, and after the last one a thirteenth for adjustments.

The last reminder or correction of every fiscal year of the history is posted on the year's last day and lies in that
year's adjustment period.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.books import calendar
from sandbox.books.company import HISTORY_ENDS
from sandbox.books.timeline import NUMBERS_PER_SLOT

from .entity import Entity
from .registers import Rows

FIRST_ID = 85_000
_PER_YEAR, _ADJUSTMENT = 32, 31
#: Where in a slot the lines of the reminder or correction lie.
_CORRECTION = (20, 21)


def months(entity: Entity) -> dict[date, dict[str, Any]]:
    """First day -> period."""
    ends = _years(entity)
    return {
        one.start: _period(
            entity, ends.index(one.year), one.number_in_year, one.number_in_year, one
        )
        for one in calendar.periods(entity.company, today=entity.today)
    }


def _years(entity: Entity) -> list[str]:
    return [year.label for year in entity.ledger.years]


def adjustments(entity: Entity) -> dict[date, dict[str, Any]]:
    """Last day of a fiscal year -> its adjustment period."""
    found: dict[date, dict[str, Any]] = {}
    for place, year in enumerate(entity.ledger.years):
        months_of = (p for p in entity.of(months).values() if p["_year"] == place)
        number = max(12, max(p["fiscalPeriod"] for p in months_of)) + 1
        whole = calendar.Period(0, year.label, number, year.end, year.end, year.is_closed)
        found[year.end] = _period(entity, place, _ADJUSTMENT, number, whole)
    return found


def _period(
    entity: Entity, year: int, place: int, number: int, period: calendar.Period
) -> dict[str, Any]:
    fiscal_year = entity.ledger.years[year].end.year
    return {
        "dbId": entity.id(FIRST_ID + year * _PER_YEAR + place), **entity.fields(),
        "description": f"{fiscal_year}-{number:02d}", "fiscalYear": fiscal_year, "fiscalPeriod": number,
        "year": period.start.year, "monthNumber": period.start.month, "fromDate": period.start,
        "toDate": period.end, "_year": year,
        "periodStatus": {"name": "CLOSED" if period.is_closed else "OPEN", "code": None},
    }  # fmt: skip


def periods(entity: Entity) -> Rows:
    return [*entity.of(months).values(), *entity.of(adjustments).values()]


def adjusted_numbers(entity: Entity) -> dict[int, date]:
    """Entry number -> the last day of the fiscal year it adjusts."""
    ledger, found = entity.ledger, dict[int, date]()
    for year in ledger.years:
        if year.end >= HISTORY_ENDS:
            continue
        slot = ledger.first_slot_from(year.end + timedelta(days=1)) - 1
        while slot in ledger.special:
            slot -= 1
        first = slot * NUMBERS_PER_SLOT + 1
        found.update({first + place: year.end for place in _CORRECTION})
    return found
