"""The grammar of `filter`: key:value,key:value, alternatives by |. Any filter replaces the default as a whole."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from sandbox.books.calendar import add_months

from .errors import bad_request

#: Key -> alternatives.
Terms = dict[str, list[str]]
#: Both ends count.
Period = tuple[date, date]
THIS_YEAR = "period:this_year"
_RANGE = re.compile(r"(\d{6}|\d{8})?\.\.(\d{6}|\d{8})?")
_NAMED = re.compile(r"(this|prev|next)_(week|month|quarter|year)")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def terms_of(text: str | None, known: Mapping[str, object]) -> Terms:
    """Raises Refused for a key that the resource does not know."""
    found: Terms = {}
    for term in (text or "").split(","):
        if not term.strip():
            continue
        key, _, value = term.strip().partition(":")
        if key not in known or not value:
            raise bad_request(f"Filter {key} is invalid", filter="invalid")
        found[key] = value.split("|")
    return found


def period_of(text: str, today: date) -> Period:
    """A named period or a range of months or days. Raises Refused for an open-ended one and for what is none."""
    if named := _NAMED.fullmatch(text):
        return _named(named[1], named[2], today)
    if re.fullmatch(r"\d{6}|\d{8}", text):
        text = f"{text}..{text}"
    found = _RANGE.fullmatch(text)
    if found is None:
        raise bad_request("Period is invalid")
    if not found[1] or not found[2]:
        raise bad_request("Period must have both a start and end date")
    try:
        return _day(found[1], is_last=False), _day(found[2], is_last=True)
    except ValueError:
        raise bad_request("Period is invalid") from None


def _named(which: str, unit: str, today: date) -> Period:
    step = {"prev": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        return first, first + timedelta(days=6)
    months = _MONTHS[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    first = add_months(first, step * months)
    return first, add_months(first, months) - timedelta(days=1)


def _day(text: str, *, is_last: bool) -> date:
    year, month = int(text[:4]), int(text[4:6])
    if len(text) == 8:
        return date(year, month, int(text[6:]))
    return date(year, month, monthrange(year, month)[1] if is_last else 1)


def since(text: str) -> int:
    """Milliseconds since 1970 of a moment. Raises Refused for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request("updated_after is invalid") from None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000)


Test = Callable[[list[str]], bool]
