"""Which year a budget is of, and which months its spans are then.

A fiscal year need not begin in January. `2026` says so only where its months do begin there; `2025/2026` names both
calendar years, `2025-07` the first month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from saldo.workbooks.periods import Month, Span, after, until

_DIGITS = re.compile(r"(?<!\d)20\d\d(?!\d)")
_BOTH = re.compile(r"(?<!\d)(20\d\d)\s?[-/_ ]\s?(?:20)?(\d\d)(?!\d)")


@dataclass(frozen=True)
class Fiscal:
    """year: its (first) calendar year; spans_two: whether it ends in the next; first: its first month, if known."""

    year: int
    spans_two: bool = False
    first: Month | None = None

    def __str__(self) -> str:
        if self.first:
            return f"{self.first[0]}-{self.first[1]:02}"
        return f"{self.year}/{self.year + 1}" if self.spans_two else str(self.year)

    def holds(self, months: list[Month]) -> bool:
        """Whether these months, in order, can be this year."""
        years = {year for year, _ in months}
        if self.first:
            return self.first == months[0]
        if self.spans_two:
            return years == {self.year, self.year + 1}
        return self.year in years

    def may_hold(self, month: Month) -> bool:
        """Whether a month can be in this year."""
        if self.first:
            return 0 <= until(self.first, month) < 12
        return month[0] == self.year or (self.spans_two and month[0] == self.year + 1)


def configured(value: str | int) -> Fiscal | None:
    """The year a configuration names itself; None where it says where to look."""
    text = str(value)
    if match := re.fullmatch(r"(20\d\d)-(\d\d)", text):
        first = (int(match[1]), int(match[2]))
        return Fiscal(first[0], spans_two=first[1] > 1, first=first)
    if match := re.fullmatch(r"(20\d\d)/(20\d\d)", text):
        return Fiscal(int(match[1]), spans_two=True)
    return Fiscal(int(text)) if re.fullmatch(r"20\d\d", text) else None


def named(text: str) -> list[Fiscal]:
    """The years a name or a title mentions, in order: `Budget 2025-26` is one."""
    found = [
        Fiscal(int(match[1]), spans_two=True)
        for match in _BOTH.finditer(text)
        if int(match[2]) == (int(match[1]) + 1) % 100
    ]
    rest = _BOTH.sub(lambda m: "" if int(m[2]) == (int(m[1]) + 1) % 100 else m[0], text)
    years = list(dict.fromkeys(int(year) for year in _DIGITS.findall(rest)))
    return [*found, *(Fiscal(year) for year in years)]


class UnclearYear(ValueError):
    """The months of a span cannot be told; the text is a clause that says why."""


def months_of(span: Span, fiscal: Fiscal | None) -> list[Month]:
    """The calendar months of a span. Raises UnclearYear."""
    if span.months == 1 and span.year is not None:
        return [(span.year, span.index)]
    if span.months == 1 and not span.is_number:
        return [_named_month(span.index, fiscal)]
    start = _first_month(span.year, fiscal)
    return [after(start, (span.index - 1) * span.months + i) for i in range(span.months)]


def _named_month(month: int, fiscal: Fiscal | None) -> Month:
    if fiscal is None:
        raise UnclearYear("no year is said")
    if fiscal.first:
        year, first = fiscal.first
        return (year, month) if month >= first else (year + 1, month)
    if fiscal.spans_two:
        raise UnclearYear(f"the year {fiscal} does not say with which month it begins")
    return fiscal.year, month


def _first_month(year: int | None, fiscal: Fiscal | None) -> Month:
    if fiscal is not None and fiscal.first and (year is None or year == fiscal.first[0]):
        return fiscal.first
    if fiscal is not None and (fiscal.spans_two or fiscal.first):
        raise UnclearYear(f"the year {fiscal} does not say with which month it begins")
    if year is None and fiscal is None:
        raise UnclearYear("no year is said")
    return (year if year is not None else fiscal.year, 1)  # type: ignore[union-attr]
