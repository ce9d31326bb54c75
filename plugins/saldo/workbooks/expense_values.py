"""Cells of a table with expenses, as the JSON of an expense says them; None for an empty cell."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from saldo.workbooks import codes, rate_values
from saldo.workbooks.amounts import ODD
from saldo.workbooks.rate_values import NoValue
from saldo.workbooks.sheets import Odd, shown

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[tT ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*([zZ]|[+-]\d\d:\d\d)?"
)
TEXT = "a text"
WHOLE = "a whole number, such as 1"
MOMENT = "a day with its time, such as 2026-03-03 09:00, or 2026-03-03T09:00:00Z"


def text(value: object) -> str | None:
    """A text in one line; a typed whole number without decimals. Raises NoValue."""
    try:
        return codes.text_of(value) or None
    except (codes.NoCode, OverflowError, ValueError):
        raise NoValue(TEXT) from None


def choice(value: object) -> str | None:
    """A word in small letters. Raises NoValue."""
    found = text(value)
    return found.casefold() if found else None


def currency(value: object) -> str | None:
    """A code in capitals. Raises NoValue."""
    return None if _is_empty(value) else rate_values.currency(value)


def whole(value: object) -> int | None:
    """A number that counts. Raises NoValue."""
    try:
        found = text(value)
    except NoValue:
        raise NoValue(WHOLE) from None
    if found is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", found):
        raise NoValue(WHOLE)
    return int(found)


def day(value: object) -> str | None:
    """A day as ISO 8601 writes it. Raises NoValue."""
    return None if _is_empty(value) else rate_values.day(value).isoformat()


def moment(value: object) -> str | None:
    """A moment as ISO 8601 writes it; without a zone where none is said, as in every cell with a typed time. Raises NoValue."""
    if _is_empty(value):
        return None
    if isinstance(value, datetime):
        # Excel counts days as binary fractions.
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    if isinstance(value, str):
        if match := _MOMENT.fullmatch(value.strip()):
            clock = match[2] if match[2].count(":") == 2 else f"{match[2]}:00"
            return f"{match[1]}T{clock}{(match[3] or '').upper()}"
        try:
            return f"{rate_values.day(value).isoformat()}T00:00:00"
        except NoValue:
            pass
    raise NoValue(MOMENT)


def written(amount: Decimal) -> str:
    """With a decimal point and without needless zeros."""
    return format(amount.normalize() if amount else Decimal(0), "f")


def found(value: object) -> str:
    """A cell as a problem quotes it."""
    if isinstance(value, Odd):
        return ODD[value.what][0].format(value.shown[:60])
    if isinstance(value, datetime | date | time):
        return f"the date {value}" if isinstance(value, date) else f"the time {value}"
    return shown(value)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
