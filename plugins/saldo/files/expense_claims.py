"""Lines of a file as the expenses they make: the JSON of each, and back from what is wrong in it to the cell it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import groupby, islice
from typing import Any, NamedTuple

from saldo.exports.accounting.expense import MOST_LINES
from saldo.exports.accounting.problems import Problem as Wrong
from saldo.workbooks.expense_words import DIMENSION, HEAD, OF_A_LINE, REQUIRED
from saldo.workbooks.expenses import ExpenseTable
from saldo.workbooks.problems import Problem

_LINE = re.compile(r"lines\[(\d+)\](?:\.(.+))?")
#: Excel keeps no zones: a time without one is of the organisation's.
_NAIVE = re.compile(r"[0-9T:.-]+")
_NUMBER = "a number in quotes"


class Row(NamedTuple):
    """A line of the file, of staging. said: role -> what its cell says; wrong: roles of cells that cannot be read. is_new: whether the
    version that counts has the expense as it is."""

    sheet: str
    number: int
    organisation: str
    id: str
    said: dict[str, Any]
    wrong: list[str]
    is_new: bool


@dataclass
class Claim:
    """The rows of one expense, at least one and at most one more than there may be; count: how many there are."""

    rows: list[Row]
    count: int
    #: Field of the head -> the row that says it.
    _heads: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            for role in HEAD:
                if role in row.said:
                    self._heads.setdefault(role, row)

    @property
    def organisation(self) -> str:
        return self.rows[0].organisation

    @property
    def is_new(self) -> bool:
        return self.rows[0].is_new

    def json(self, zone: tzinfo, *, has_line_dates: bool) -> dict[str, Any]:
        """What the expense would be in JSON. zone: of times without one. has_line_dates: else lines have the expense's day."""
        head = {role: row.said[role] for role, row in self._heads.items()}
        head["organisation"] = self.organisation or None
        if (moment := head.get("approved_at")) and _NAIVE.fullmatch(moment):
            head["approved_at"] = _in_zone(moment, zone)
        day = None if has_line_dates else head.get("date")
        return {**head, "lines": [_line(row, day) for row in self.rows]}

    def disagreements(self, table: ExpenseTable) -> Iterator[Problem]:
        """Cells that say something else of the expense than its first line that says it."""
        for row in self.rows:
            for role, first in self._heads.items():
                said, wanted = row.said.get(role), first.said[role]
                if said not in (None, wanted):
                    where = table.place(first.sheet, first.number, role)
                    if first.sheet != row.sheet:
                        where += f" of sheet {first.sheet!r}"
                    yield Problem(
                        row.sheet, table.place(row.sheet, row.number, role), f"“{said}”",
                        f"“{wanted}”, as {where} says of the same expense", "Correct one of the two",
                    )  # fmt: skip

    def problem(self, wrong: Wrong, table: ExpenseTable) -> Problem | None:
        """Where in the file it is; None where the reader of cells has said it, or said that there is no such column."""
        row, role = self._place(wrong.path, table)
        rows = self.rows if role in HEAD else [row]
        if any(role in one.wrong for one in rows):
            return None
        if role in REQUIRED and not table.has(row.sheet, role):
            return None
        found, expected, remedy = wrong.found, wrong.expected, wrong.remedy
        if found == "nothing":
            has_column = table.has(row.sheet, role)
            found = "an empty cell" if has_column else f"no column for {role}"
            remedy = remedy if has_column else f"add the column {role}"
        if expected.startswith(_NUMBER):
            expected = "a number with at most 4 decimals, such as 125.00"
        cell = table.place(row.sheet, row.number, role)
        return Problem(row.sheet, cell, found, expected, remedy[:1].upper() + remedy[1:])

    def at(self, role: str, table: ExpenseTable) -> tuple[str, str]:
        """(sheet, cell) of a field of the head."""
        row = self._heads.get(role, self.rows[0])
        return row.sheet, table.place(row.sheet, row.number, role)

    def _place(self, path: str, table: ExpenseTable) -> tuple[Row, str]:
        match = _LINE.fullmatch(path)
        if not match:
            role = "id" if path == "lines" else path
            return self._heads.get(role, self.rows[0]), role
        row, role = self.rows[int(match[1])], match[2] or "line"
        if role == "date":
            role = "line_date" if table.has_line_dates else "date"
        if role.startswith("dimensions."):
            role = DIMENSION + role.removeprefix("dimensions.")
        return row, role


def claims_of(rows: Iterable[Row]) -> Iterator[Claim]:
    """The expenses of rows in their order; a row that does not say which it is of is one by itself."""

    def which(row: Row) -> tuple[object, ...]:
        alone = (row.sheet, row.number) if not row.id else ()
        return row.organisation, row.id, *alone

    for _, group in groupby(rows, which):
        lines = iter(group)
        kept = list(islice(lines, MOST_LINES + 1))
        yield Claim(kept, len(kept) + sum(1 for _ in lines))


def _line(row: Row, day: object) -> dict[str, Any]:
    said = {role: row.said[role] for role in OF_A_LINE if role in row.said}
    line_date = said.pop("line_date", day)
    names = {
        role.removeprefix(DIMENSION): value
        for role, value in row.said.items()
        if role.startswith(DIMENSION)
    }
    return {**said, "date": line_date, "dimensions": names}


def _in_zone(moment: str, zone: tzinfo) -> str:
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=zone).isoformat()
    except ValueError:
        return moment  # no day of the calendar: said as it is
