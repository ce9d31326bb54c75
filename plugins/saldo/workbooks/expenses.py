"""Expenses: a table with a line for each line of an expense, whose columns are the fields of the JSON.

Cells become what the JSON says (docs/expenses.md), each by itself; what an expense may say as a whole is not the reader's to know.
Lines stream; those of one expense need not stand together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from saldo.workbooks import currencies, expense_values, numbers
from saldo.workbooks.amounts import Amounts
from saldo.workbooks.expense_words import (
    DIMENSION,
    HEAD,
    IGNORED,
    OF_A_LINE,
    RECEIPTS,
    REQUIRED,
    TELLING,
    role_by_name,
)
from saldo.workbooks.flat import FlatTable, cell_of, filled_lines, flat_tables
from saldo.workbooks.layout import Layout
from saldo.workbooks.numbers import Point
from saldo.workbooks.problems import Problem, Problems
from saldo.workbooks.rate_values import NoValue
from saldo.workbooks.sheets import Line, shown
from saldo.workbooks.words import plain

#: In the order in which they are read: amounts are compared with the currency.
_AMOUNTS = ("amount", "vat_amount", "quantity", "rate")
#: Roles that `header` of a configuration may give more words for.
_NAMED = frozenset({*HEAD, *OF_A_LINE, IGNORED})
_MONEY = frozenset({"amount", "vat_amount"})
_EXPECTED = "a line with columns for id, line and amount, and for the other fields of an expense"
_READ: Mapping[str, Callable[[object], str | int | None]] = {
    "kind": expense_values.choice,
    "status": expense_values.choice,
    "approved_at": expense_values.moment,
    "date": expense_values.day,
    "line_date": expense_values.day,
    "currency": expense_values.currency,
    "revision": expense_values.whole,
    "line": expense_values.whole,
}


@dataclass(frozen=True)
class ExpenseCells:
    """A line. row: its number; values: role -> what the JSON has for it (days and moments as ISO writes them, amounts as texts with
    a decimal point); wrong: roles of cells that were found wrong, and are not among the values."""

    sheet: str
    row: int
    values: dict[str, str | int]
    wrong: tuple[str, ...] = ()


class ExpenseTable:
    """The lines of an open file. is_named: whether the configuration says whose expenses these are, so that no column must."""

    def __init__(
        self, tables: Sequence[FlatTable], layout: Layout, problems: Problems, *, is_named: bool
    ) -> None:
        self._tables, self._problems = tables, _Watched(problems)
        self._amounts = Amounts(layout, self._problems, self._evidence)
        for table in tables:
            _check_headings(table, layout, problems, is_named=is_named)

    def lines(self) -> Iterator[ExpenseCells]:
        """From the top. What is wrong with a cell is added to the problems."""
        for table, line in filled_lines(self._tables):
            yield self._line(table, line)

    def place(self, sheet: str, row: int, role: str) -> str:
        """The cell of a role in a line; that of the id, where there is no such column."""
        table = self._by_sheet[sheet]
        return table.sheet.place(row, table.columns.get(role, table.columns["id"]))

    def has(self, sheet: str, role: str) -> bool:
        """Whether there is a column for it."""
        return role in self._by_sheet[sheet].columns

    @property
    def has_line_dates(self) -> bool:
        """Whether lines have days of their own."""
        return any("line_date" in table.columns for table in self._tables)

    @cached_property
    def _by_sheet(self) -> dict[str, FlatTable]:
        return {table.sheet.name: table for table in self._tables}

    def _line(self, table: FlatTable, line: Line) -> ExpenseCells:
        values: dict[str, str | int] = {}
        wrong = []
        for role, column in table.columns.items():
            if role in _AMOUNTS or role == IGNORED:
                continue
            value = cell_of(line, column)
            try:
                found = _READ.get(role, expense_values.text)(value)
            except NoValue as error:
                self._note(table, line, role, str(error))
                wrong.append(role)
            else:
                if found is not None:
                    values[role] = found
        for role in _AMOUNTS:
            if role in table.columns and self._amount(table, line, role, values):
                wrong.append(role)
        if RECEIPTS in values:
            self._note(
                table,
                line,
                RECEIPTS,
                "an empty cell: receipts do not come by file",
                "Send expenses with receipts by REST, or empty the column",
            )
            del values[RECEIPTS]
        return ExpenseCells(table.sheet.name, line.number, values, tuple(wrong))

    def _amount(
        self, table: FlatTable, line: Line, role: str, values: dict[str, str | int]
    ) -> bool:
        """Read it into the values; whether it is wrong."""
        self._problems.has_new = False
        self._amounts.begin_line()  # each cell may say a currency, and is compared with the column's
        found = self._amounts.read(
            cell_of(line, table.columns[role]), table.sheet, line.number, table.columns[role]
        )
        if found is not None:
            values[role] = expense_values.written(found)
        mark, said = self._amounts.currency, values.get("currency", "")
        if role in _MONEY and mark and said and not currencies.fit(mark, str(said)):
            self._note(
                table,
                line,
                role,
                f"an amount in {said}, as its column for the currency says",
                "Correct one of the two",
            )
        return self._problems.has_new

    def _evidence(self) -> Point | None:
        """What the first amount that tells it tells of the decimals of the file."""
        for table, line in filled_lines(self._tables):
            for role in _AMOUNTS:
                value = cell_of(line, table.columns[role]) if role in table.columns else None
                if isinstance(value, str) and (point := numbers.evidence(value)):
                    return point
        return None

    def _note(
        self,
        table: FlatTable,
        line: Line,
        role: str,
        expected: str,
        remedy: str = "Correct the cell",
    ) -> None:
        column = table.columns[role]
        found = expense_values.found(cell_of(line, column))
        place = table.sheet.place(line.number, column)
        self._problems.add(Problem(table.sheet.name, place, found, expected, remedy))


@contextmanager
def read_expenses(
    path: Path, layout: Layout, problems: Problems, *, is_named: bool = False
) -> Iterator[ExpenseTable]:
    """The table of a file, while it is open. Raises Rejected for a file without one; what is wrong with its headings and cells is
    added to problems. is_named: see ExpenseTable. Of the layout: sheet, header, number_format, csv, max_mb."""
    with flat_tables(path, layout, lambda row: _columns(row, layout), expected=_EXPECTED) as tables:
        yield ExpenseTable(tables, layout, problems, is_named=is_named)


class _Watched(Problems):
    """Hands problems on, and knows whether there was one since somebody asked."""

    def __init__(self, problems: Problems) -> None:
        super().__init__()
        self._others, self.has_new = problems, False

    def add(self, problem: Problem) -> None:
        """See Problems.add."""
        self.has_new = True
        self._others.add(problem)


def _columns(values: Sequence[object], layout: Layout) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, value in enumerate(values):
        role = _role(value, layout)
        if role and role != IGNORED:
            found.setdefault(role, column)
    return found if found.keys() >= TELLING else {}


def _role(heading: object, layout: Layout) -> str | None:
    if not isinstance(heading, str):
        return None
    word = plain(heading)
    for said, more in layout.header.items():
        # `text` of a configuration is a name to the other readers.
        role = "text" if said == "name" else said
        if role in _NAMED and word in {plain(one) for one in more}:
            return role
    return role_by_name(heading)


def _check_headings(
    table: FlatTable, layout: Layout, problems: Problems, *, is_named: bool
) -> None:
    """A misspelt column would be VAT or a dimension that is booked nowhere: what is no field must be said to be none."""
    sheet, first = table.sheet, dict[str, int]()
    for column, heading in enumerate(table.headings):
        if heading in (None, ""):
            continue
        role, place = _role(heading, layout), sheet.place(table.line, column)
        if role is None:
            problems.add(Problem(
                sheet.name, place, f"the heading {shown(heading)}", "a field of an expense, as docs/expenses.md names them",
                "Correct the heading, or name the column under `header` in the configuration: as a field, or under `ignore`",
            ))  # fmt: skip
        elif role in first and role != IGNORED:
            other = sheet.place(table.line, first[role])
            problems.add(Problem(
                sheet.name, place, f"{shown(heading)}, a second column for {role} (the first is {other})", "one",
                "Rename one of the two",
            ))  # fmt: skip
        elif role == DIMENSION:
            problems.add(Problem(
                sheet.name, place, f"{shown(heading)}, without a name", "a heading such as dimension.department",
                "Add the dimension's name",
            ))  # fmt: skip
        first.setdefault(role or "", column)
    required = REQUIRED if is_named else ("organisation", *REQUIRED)
    for role in required:
        if role not in table.columns:
            where = sheet.place(table.line, table.columns["id"])
            problems.add(Problem(
                sheet.name, where, f"no column for {role}", f"a column with the heading {role}",
                "Add the column" if role != "organisation" else "Add the column, or say `organisation` in the configuration",
            ))  # fmt: skip
