"""Days on which a bank publishes nothing.

TARGET: https://www.ecb.europa.eu/paym/target/ (1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December). The others:
public holidays of the country and what its bank says of its rates.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

#: Month and day.
_FIXED: dict[str, frozenset[tuple[int, int]]] = {
    "target": frozenset({(1, 1), (5, 1), (12, 25), (12, 26)}),
    "dk": frozenset({(1, 1), (5, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31)}),
    "no": frozenset({(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)}),
    "se": frozenset(
        {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}
    ),
}  # fmt: skip
#: Days after Easter Sunday.
_MOVING: dict[str, frozenset[int]] = {
    "target": frozenset({-2, 1}),
    "dk": frozenset({-3, -2, 1, 39, 40, 50}),
    "no": frozenset({-3, -2, 1, 39, 50}),
    "se": frozenset({-2, 1, 39}),
}


@lru_cache
def easter(year: int) -> date:
    """Easter Sunday, by the rule of the Gregorian calendar in its anonymous form (Meeus, Jones, Butcher)."""
    century, rest = divmod(year, 100)
    moon = (
        19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=100_000)
def is_open(calendar: str, day: date) -> bool:
    """Whether a bank with this calendar publishes on that day."""
    if day.weekday() > 4 or (day.month, day.day) in _FIXED[calendar]:
        return False
    if (day - easter(day.year)).days in _MOVING[calendar]:
        return False
    # Midsummer Eve is the Friday between 19 and 25 June.
    is_midsummer = day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4
    return not (calendar == "se" and is_midsummer)


def days(calendar: str, first: date, last: date) -> list[date]:
    """The days on which it publishes, both ends included."""
    count = (last - first).days + 1
    found = (first + timedelta(days=n) for n in range(count))
    return [day for day in found if is_open(calendar, day)]


def last_open(calendar: str, day: date) -> date:
    """That day, or the last one before it on which it publishes."""
    while not is_open(calendar, day):
        day -= timedelta(days=1)
    return day
