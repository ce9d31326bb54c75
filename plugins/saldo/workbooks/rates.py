"""Own exchange rates: a table with two currencies, a day or a month, and one rate or two.

A line of a day has that day's rate. A line of a month has its average and its closing rate, in columns of their own; or
one rate and which of the two it is. A month's rate that does not say which is both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from pathlib import Path
from typing import Literal, TypeVar

from saldo.workbooks import rate_values
from saldo.workbooks.flat import FlatTable, cell_of, filled_lines, flat_tables
from saldo.workbooks.layout import Layout
from saldo.workbooks.numbers import Point
from saldo.workbooks.problems import Problem, Problems, Rejected, rejected
from saldo.workbooks.rate_values import NoValue
from saldo.workbooks.rate_words import AVERAGE, CLOSING, DAILY, RATE_COLUMNS, SHARED_ROLES
from saldo.workbooks.sheets import Line, Odd, shown
from saldo.workbooks.words import plain

Kind = Literal["day", "average", "closing"]
T = TypeVar("T")
_POINTS = {"1.234,56": Point.COMMA, "1,234.56": Point.POINT}
_EXPECTED = (
    "a line with columns for two currencies (such as Fra and Til, From and To), for the month or the day, and for the rate "
    "(Kurs, Rate) or for average and closing rate"
)
_KINDS = "average, closing or daily"
#: The warehouse keeps ten decimals, of a rate and of what it is turned round.
_LEAST = Decimal("1e-10")
_HELD = "a rate for one {base} from 0.0000000001 to 10000000000"
#: So far the two directions of a pair may be apart.
_APART = Decimal("0.01")
_SHORT = Context(prec=6)


@dataclass(frozen=True)
class RateRow:
    """`rate` of quote are `unit` of base. day: the day itself, or the last one of the month. cell: of the rate."""

    sheet: str
    cell: str
    base: str
    quote: str
    day: date
    kind: Kind
    rate: Decimal
    unit: int

    @property
    def one(self) -> Decimal:
        """quote for one of base, exact: a unit is a power of ten."""
        return self.rate.scaleb(1 - len(str(self.unit)))


def read_rates(path: Path, layout: Layout) -> list[RateRow]:
    """All rates of a file. Raises Rejected with everything that is wrong with it. Of the layout: see rates_of."""
    rows, problems = rates_of(path, layout)
    problems.reject()
    return rows


def rates_of(path: Path, layout: Layout) -> tuple[list[RateRow], Problems]:
    """The good rates of a file, and what is wrong with the others. Raises Rejected for a file without such a table.

    Of the layout: sheet, number_format, csv, max_mb; of its header the words for currency (the one that is priced),
    period (the month) and amount (the rate).
    """
    with flat_tables(path, layout, lambda row: _columns(row, layout), expected=_EXPECTED) as tables:
        problems = Problems()
        rows = _Reader(tables, layout, problems).rows()
        if not rows and not problems:
            raise rejected(
                "no line below the header", "a line with a rate", "Fill the table in, and save it",
                sheet=tables[0].sheet.name,
            )  # fmt: skip
        return rows, problems


def _columns(values: Sequence[object], layout: Layout) -> dict[str, int]:
    """Role -> column, of a line that can be the header; empty for any other."""
    found: dict[str, int] = {}
    for column, value in enumerate(values):
        if isinstance(value, str) and (role := _role(value, layout)):
            found.setdefault(role, column)
    has_rate = bool({"rate", "average", "closing"} & found.keys())
    is_table = {"base", "quote"} <= found.keys() and bool({"day", "month"} & found.keys())
    return found if is_table and has_rate else {}


def _role(heading: str, layout: Layout) -> str | None:
    word = plain(heading)
    for shared, role in SHARED_ROLES.items():
        if word in {plain(one) for one in layout.header.get(shared, ())}:
            return role
    spaced = word.replace("-", " ")
    return next((role for role, words in RATE_COLUMNS.items() if {word, spaced} & words), None)


# --- what its lines say --------------------------------------------------------------------------


class _Reader:
    def __init__(self, tables: Sequence[FlatTable], layout: Layout, problems: Problems) -> None:
        self._tables, self._problems = tables, problems
        self._point = _POINTS.get(layout.number_format) or self._evidence()
        self._seen: dict[tuple[str, str, date, Kind], RateRow] = {}

    def rows(self) -> list[RateRow]:
        return [
            row for table, line in filled_lines(self._tables) for row in self._rows_of(table, line)
        ]

    def _evidence(self) -> Point | None:
        """What the first rate that tells it tells of the decimals of the file."""
        for table, line in filled_lines(self._tables):
            for role in ("rate", "average", "closing"):
                if role in table.columns:
                    point = rate_values.tells(cell_of(line, table.columns[role]))
                    if point:
                        return point
        return None

    def _rows_of(self, table: FlatTable, line: Line) -> Iterator[RateRow]:
        base = self._value(table, line, "base", rate_values.currency)
        quote = self._value(table, line, "quote", rate_values.currency)
        day = self._day(table, line)
        unit = self._unit(table, line)
        rates = list(self._rates(table, line))
        if base is None or quote is None or day is None or unit is None:
            return
        if base == quote:
            self._problem(table, line, "quote", "two different currencies")
            return
        for role, kind, rate in rates:
            cell = table.sheet.place(line.number, table.columns[role])
            row = RateRow(table.sheet.name, cell, base, quote, day, kind, rate, unit)
            if misfit := self._misfit(row):
                self._problem(table, line, role, *misfit)
                continue
            self._seen[base, quote, day, kind] = row
            yield row

    def _misfit(self, row: RateRow) -> tuple[str, str] | None:
        """What was expected in place of a rate, and what is to be done; None for a good one."""
        if not _LEAST <= row.one <= 1 / _LEAST:
            return _HELD.format(base=row.base), "Correct the rate or its units"
        if first := self._seen.get((row.base, row.quote, row.day, row.kind)):
            said = f"{first.cell} has one of {row.base} in {row.quote} for {row.day}, too"
            return f"each rate once; {said}", "Delete one of the two"
        turned = self._seen.get((row.quote, row.base, row.day, row.kind))
        if turned and abs(row.one * turned.one - 1) > _APART:
            wanted = (row.unit / turned.one).normalize(_SHORT)
            said = f"{turned.cell} has that of {row.quote} in {row.base} for {row.day}"
            return f"about {wanted:f}, since {said}", "Correct one of the two, or delete it"
        return None

    def _day(self, table: FlatTable, line: Line) -> date | None:
        if "day" in table.columns:
            return self._value(table, line, "day", rate_values.day)
        return self._value(table, line, "month", rate_values.month)

    def _unit(self, table: FlatTable, line: Line) -> int | None:
        if "unit" not in table.columns:
            return 1
        return self._value(table, line, "unit", lambda value: rate_values.unit(value, self._point))

    def _rates(self, table: FlatTable, line: Line) -> Iterator[tuple[str, Kind, Decimal]]:
        """(role of its column, kind, rate) of each rate of a line; at least one, or a problem."""
        given = [
            role
            for role in ("rate", "average", "closing")
            if role in table.columns and cell_of(line, table.columns[role]) not in (None, "")
        ]
        if not given:
            role = next(role for role in ("rate", "average", "closing") if role in table.columns)
            self._problem(table, line, role, "a rate in every line")
        for role in given:
            rate = self._value(
                table, line, role, lambda value: rate_values.rate(value, self._point)
            )
            for kind in self._kinds(table, line, role):
                if rate is not None:
                    yield role, kind, rate

    def _kinds(self, table: FlatTable, line: Line, role: str) -> tuple[Kind, ...]:
        if role == "average":
            return ("average",)
        if role == "closing":
            return ("closing",)
        said = cell_of(line, table.columns["kind"]) if "kind" in table.columns else None
        word = plain(said) if isinstance(said, str) else said
        if word in AVERAGE:
            return ("average",)
        if word in CLOSING:
            return ("closing",)
        if word in (None, "") or word in DAILY:
            if "day" in table.columns:
                return ("day",)
            if word not in DAILY:
                return ("average", "closing")
        self._problem(table, line, "kind", _KINDS)
        return ()

    def _value(
        self, table: FlatTable, line: Line, role: str, read: Callable[[object], T]
    ) -> T | None:
        try:
            return read(cell_of(line, table.columns[role]))
        except NoValue as error:
            self._problem(table, line, role, str(error))
            return None

    def _problem(
        self,
        table: FlatTable,
        line: Line,
        role: str,
        expected: str,
        remedy: str = "Correct the cell",
    ) -> None:
        column = table.columns[role]
        value, place = cell_of(line, column), table.sheet.place(line.number, column)
        found = f"the error {value.shown}" if isinstance(value, Odd) else shown(value)
        self._problems.add(Problem(table.sheet.name, place, found, expected, remedy))


__all__ = ["RateRow", "Rejected", "rates_of", "read_rates"]
