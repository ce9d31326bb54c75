"""What a heading or a cell says about time: a month, a quarter, half a year, a year; with its year or without."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from saldo.workbooks.words import FILLERS, MONTHS, OTHER_FIGURES, YEAR_TOTALS, plain

#: (year, month)
Month = tuple[int, int]


@dataclass(frozen=True)
class Span:
    """months: 1, 3, 6 or 12; index: which of them in its year, from 1; year: None where it is not said.

    is_number: a bare number 1 to 12, which counts from the first month of the fiscal year; a quarter and a half
    year count from there, too.
    """

    months: int
    index: int
    year: int | None = None
    is_number: bool = False


@dataclass(frozen=True)
class Total:
    """Adds up the year, whichever it is."""


@dataclass(frozen=True)
class OtherFigures:
    """Figures that are none of the budget."""


Said = Span | Total | OtherFigures
TOTAL, OTHER = Total(), OtherFigures()

_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>20\d\d|(?<!\d)'?\d\d)"
_NAME_YEAR = re.compile(rf"(?P<name>{_NAMES})(?:[ \-/']*{_YEAR})?")
_YEAR_NAME = re.compile(rf"(?P<year>20\d\d)[ \-/]*(?P<name>{_NAMES})")
_YEAR_MONTH = re.compile(r"(?P<year>20\d\d)[ \-/]?[mp]?(?P<month>0[1-9]|1[0-2])")
_MONTH_YEAR = re.compile(r"(?P<month>0?[1-9]|1[0-2])[ \-/](?P<year>20\d\d)")
_ISO_DATE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)(?:[t ]00:00(?::00)?)?")
_DATE = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(20\d\d)")
_NUMBER = re.compile(r"[pm]?\s?(0?[1-9]|1[0-2])")
_PART = r"(?:q|kv|k|kvartal|kwartaal|quarter|quartal)"
_HALF = r"(?:h|halvår|halfjaar|half year|halbjahr)"
_QUARTERS = (
    re.compile(rf"{_PART}\s?(?P<index>[1-4])(?:[ \-/]*{_YEAR})?"),
    re.compile(rf"(?P<index>[1-4])\s?{_PART}(?:[ \-/]*{_YEAR})?"),
    re.compile(rf"(?P<year>20\d\d)[ \-/]*{_PART}\s?(?P<index>[1-4])"),
)
_HALVES = (
    re.compile(rf"{_HALF}\s?(?P<index>[12])(?:[ \-/]*{_YEAR})?"),
    re.compile(rf"(?P<index>[12])\s?{_HALF}(?:[ \-/]*{_YEAR})?"),
)
_YEAR_ONLY = re.compile(r"(?:fy ?|år |jaar |year |jahr )?(20\d\d)")


def said(value: object) -> Said | None:
    """What a cell says about time; None: nothing. A text that may be two days is nothing, too."""
    if isinstance(value, datetime | date):
        return Span(1, value.month, value.year)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return _number(value)
    return _text(value)


def _number(value: int | float) -> Span | None:
    if value != int(value):
        return None
    number = int(value)
    if 1 <= number <= 12:
        return Span(1, number, is_number=True)
    if 2000 <= number <= 2099:
        return Span(12, 1, number)
    year, month = divmod(number, 100)
    if 2000 <= year <= 2099 and 1 <= month <= 12:
        return Span(1, month, year)
    return None


@lru_cache(maxsize=4096)
def _text(text: str) -> Said | None:
    raw = text.strip().casefold()
    if (found := _day(raw)) is not None:
        return found
    words = plain(text)
    if not words or len(words) > 60:
        return None
    if _names_other_figures(words):
        return OTHER
    kept = " ".join(word for word in words.split() if word not in FILLERS)
    return _span(kept) if kept else None


def _names_other_figures(words: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words) for word in OTHER_FIGURES)


def _day(text: str) -> Span | None:
    """A text that is a whole date. With slashes the month may come first: only where it does not matter."""
    if match := _ISO_DATE.fullmatch(text):
        return _month_of(int(match[1]), int(match[2]), int(match[3]))
    if not (match := _DATE.fullmatch(text)):
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if match[2] == "/" and second > 12:
        return _month_of(year, first, second)
    if match[2] == "/" and first <= 12 and first != second:
        return None
    return _month_of(year, second, first)


def _month_of(year: int, month: int, day: int) -> Span | None:
    try:
        date(year, month, day)
    except ValueError:
        return None
    return Span(1, month, year)


def _span(text: str) -> Said | None:
    if match := (_NAME_YEAR.fullmatch(text) or _YEAR_NAME.fullmatch(text)):
        return Span(1, MONTHS[match["name"]], _year(match["year"]))
    if match := (_YEAR_MONTH.fullmatch(text) or _MONTH_YEAR.fullmatch(text)):
        return Span(1, int(match["month"]), int(match["year"]))
    if match := _NUMBER.fullmatch(text):
        return Span(1, int(match[1]), is_number=True)
    for months, patterns in ((3, _QUARTERS), (6, _HALVES)):
        for pattern in patterns:
            if match := pattern.fullmatch(text):
                return Span(months, int(match["index"]), _year(match["year"]))
    if match := _YEAR_ONLY.fullmatch(text):
        return Span(12, 1, int(match[1]))
    return _total(text)


def _total(text: str) -> Said | None:
    if text in YEAR_TOTALS:
        return TOTAL
    for pattern in (r"(?P<word>.+?) (?P<year>20\d\d)", r"(?P<year>20\d\d) (?P<word>.+)"):
        match = re.fullmatch(pattern, text)
        if match and match["word"] in YEAR_TOTALS:
            return Span(12, 1, int(match["year"]))
    return None


def _year(text: str | None) -> int | None:
    if not text:
        return None
    digits = text.lstrip("'")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def after(month: Month, count: int) -> Month:
    """The month `count` months later."""
    number = month[0] * 12 + month[1] - 1 + count
    return number // 12, number % 12 + 1


def until(first: Month, last: Month) -> int:
    """How many months lie between two."""
    return (last[0] - first[0]) * 12 + last[1] - first[1]
