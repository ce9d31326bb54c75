"""Cells of a table with exchange rates: currencies, days, rates, units. A rate keeps every decimal that was written."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from saldo.workbooks.numbers import Point, evidence
from saldo.workbooks.periods import Span, said
from saldo.workbooks.sheets import InThousands, Odd

_CODE = re.compile("[A-Z]{3}")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[t ]00:00(?::00)?)?")
_DAY = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4})")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_UNITS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
_YEARS = range(1990, 2070)
_GROUPED = {
    point: re.compile(
        rf"(?:\d+|\d{{1,3}}(?:[{re.escape(other)} ]\d{{3}})+)(?:{re.escape(point.value)}\d+)?"
    )
    for point, other in ((Point.COMMA, "."), (Point.POINT, ","))
}
CURRENCY = "a currency of three letters, such as EUR"
DAY = "a day such as 2026-01-31, from 1990 to 2069"
MONTH = "a month with its year, such as 2026-01 or Jan 2026, from 1990 to 2069"
RATE = "a rate above 0"
UNCLEAR = "a rate that can be read in one way only: write four decimals, or say number_format in the configuration"
UNIT = "1, 10, 100 or 1000, and so on"


class NoValue(ValueError):
    """The cell does not hold what it should; the text says what that is."""


def currency(value: object) -> str:
    """A code in capitals. Raises NoValue."""
    code = value.strip().upper() if isinstance(value, str) else ""
    if not _CODE.fullmatch(code):
        raise NoValue(CURRENCY)
    return code


def day(value: object) -> date:
    """A date, or a text that can only be one day. Raises NoValue."""
    found = value.date() if isinstance(value, datetime) else value
    if isinstance(found, str):
        found = _spoken_day(found.strip().casefold())
    if not isinstance(found, date) or found.year not in _YEARS:
        raise NoValue(DAY)
    return found


def _spoken_day(text: str) -> date | None:
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DAY.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            # With slashes the month may come first: only where it does not matter.
            if match[2] == "/" and first <= 12 and first != second:
                return date(year, first, second) if second > 12 else None
            return date(year, second, first)
    except ValueError:
        pass
    return None


def month(value: object) -> date:
    """The last day of a month. Raises NoValue."""
    found = said(value)
    if not isinstance(found, Span) or found.months != 1 or found.is_number:
        raise NoValue(MONTH)
    if found.year is None or found.year not in _YEARS:
        raise NoValue(MONTH)
    year, following = divmod(found.year * 12 + found.index, 12)
    return date.fromordinal(date(year, following + 1, 1).toordinal() - 1)


def rate(value: object, point: Point | None) -> Decimal:
    """Exactly what is written. point: what separates decimals in texts of the file. Raises NoValue."""
    if isinstance(value, bool | InThousands | Odd) or not isinstance(value, int | float | str):
        raise NoValue(RATE)
    found = _spoken(value, point) if isinstance(value, str) else Decimal(repr(value))
    # Decimals are exact up to 28 digits.
    if not found.is_finite() or not 0 < found < 10**12 or len(found.as_tuple().digits) > 28:
        raise NoValue(RATE)
    return found


def _spoken(text: str, point: Point | None) -> Decimal:
    body = _SPACES.sub(" ", text).strip()
    if point is None and ("," in body or "." in body):
        raise NoValue(UNCLEAR if re.fullmatch(r"[\d., ]+", body) else RATE)
    point = point or Point.COMMA
    if not _GROUPED[point].fullmatch(body):
        raise NoValue(f"{RATE}, with a decimal {'comma' if point is Point.COMMA else 'point'}")
    return _decimal(body, point)


def tells(value: object) -> Point | None:
    """What a cell tells of the decimals of its file."""
    return evidence(value) if isinstance(value, str) else None


def unit(value: object, point: Point | None) -> int:
    """How many of the currency a rate is for; 1 for an empty cell. point: as for `rate`. Raises NoValue.

    100,00 and 100.00 are a hundred in every file; 1.000 is a thousand or one, as the file writes decimals.
    """
    if value is None or value == "":
        return 1
    if isinstance(value, bool | InThousands | Odd) or not isinstance(value, int | float | str):
        raise NoValue(UNIT)
    said = _readings(value, point) if isinstance(value, str) else {Decimal(repr(value))}
    found = said.pop() if len(said) == 1 else None
    if found is None or found not in _UNITS:
        raise NoValue(UNIT)
    return int(found)


def _readings(text: str, point: Point | None) -> set[Decimal]:
    """What a text is by the file's rule; where it does not fit that, or there is none, by any."""
    body = _SPACES.sub(" ", text).strip()
    if point and _GROUPED[point].fullmatch(body):
        return {_decimal(body, point)}
    return {_decimal(body, one) for one in Point if _GROUPED[one].fullmatch(body)}


def _decimal(body: str, point: Point) -> Decimal:
    return Decimal(re.sub(rf"[^\d{re.escape(point.value)}]", "", body).replace(",", "."))
