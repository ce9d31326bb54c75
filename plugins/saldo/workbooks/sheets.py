"""What a workbook's sheet and a CSV file have in common: numbered lines of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

#: Cells to the right of it are not read: formatting often reaches the last of 16,384 columns.
MAX_COLUMNS = 300


@dataclass(frozen=True)
class Odd:
    """A cell whose value cannot be trusted: an error, a formula that was never calculated, one that looks
    into another workbook, a percentage. `shown` is what the cell shows or holds."""

    what: Literal["error", "uncalculated", "elsewhere", "percent"]
    shown: str


class InCurrency(float):
    """A number whose format shows a currency: its mark (currencies.py), or empty."""

    __slots__ = ("currency",)
    currency: str

    @classmethod
    def of(cls, number: float, currency: str) -> Self:
        """A number with a mark."""
        one = cls(number)
        one.currency = currency
        return one


class InThousands(InCurrency):
    """One whose format shows it in thousands; its value is the whole amount."""

    __slots__ = ()


class Line(NamedTuple):
    """A row. Values: None, str, int, float, bool, date, datetime, time, timedelta or Odd."""

    number: int
    values: Sequence[object]


class Sheet(Protocol):
    """One table of cells; `lines` may be asked for more than once and reads the file each time."""

    name: str

    def lines(self) -> Iterator[Line]:
        """From the top, empty ones among them."""
        ...

    def place(self, line: int, column: int) -> str:
        """How people call a cell; line from 1, column from 0."""
        ...

    def merged_from(self, line: int, column: int) -> int | None:
        """The first column of the merged cell this one is in; None where it is in none."""
        ...

    def is_merged(self, line: int, column: int) -> bool:
        """Whether a cell is merged with others."""
        ...

    def tall(self) -> Mapping[int, Sequence[tuple[int, int, int]]]:
        """Line -> (first column, last column, last line) of merged cells that begin there and go on in lines below."""
        ...

    def is_hidden(self, line: int, column: int) -> bool:
        """Whether its row or its column is hidden."""
        ...


def shown(value: object) -> str:
    """A value as an error quotes it, cut where it is long."""
    if value is None or value == "":
        return "an empty cell"
    text = value.shown if isinstance(value, Odd) else str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
