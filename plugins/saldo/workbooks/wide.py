"""Months as columns: the rows of one table."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from saldo.workbooks.fiscal import Fiscal
from saldo.workbooks.lines import BudgetRow, Key, LineReader
from saldo.workbooks.periods import OtherFigures, Span, said
from saldo.workbooks.schedule import Schedule, schedule
from saldo.workbooks.sheets import Line, shown
from saldo.workbooks.totals import Sums
from saldo.workbooks.words import COLUMNS, plain

#: A written sum may be off by as much for each of its figures, and for itself.
_ROUNDING = Decimal("0.005")


def _is_heading(text: str) -> bool:
    if text.rstrip().endswith("%"):
        return False
    return isinstance(said(text), OtherFigures | Span) or plain(text) in COLUMNS["amount"]


class WideReader(LineReader):
    """Reads one table once."""

    def rows(self) -> Iterator[BudgetRow]:
        """See `Book.rows`."""
        self._schedules: dict[int, Schedule] = {}
        by_year = "year" in self._columns and self._layout.fiscal_year == "column"
        fixed = None if by_year else schedule(self._table, self._year)
        any_schedule = fixed or schedule(self._table, Fiscal(2026))
        sums = Sums(len(any_schedule.parts))
        for line in self._lines():
            if self._is_header_again(line):
                continue
            plan = fixed or any_schedule
            cells = [self._cell(line, column) for column, _ in plan.parts]
            if not any(v is not None and v != "" for v in cells):
                continue
            if self._is_note(line, cells):
                self._check_note(line, plan)
                continue
            amounts = self._amounts_of(line, plan)
            found = self._account(line, amounts, sums)
            if found is None:
                if None not in amounts:
                    self._check_sums(line, plan, amounts)
                continue
            if by_year and (plan := self._schedule_of(line)) is None:  # type: ignore[assignment]
                continue
            sums.add(amounts)
            self._check_sums(line, plan, amounts)
            key = self._key(line, *found)
            self._duplicates.add(
                (found[0], key.department, key.company, key.scenario, plan.months[0]),
                self._number,
                line.number,
            )
            yield from self._rows_of(line, key, plan, amounts)

    def _check_note(self, line: Line, plan: Schedule) -> None:
        """Headings below the header, such as Budget and Actual, would say that a column is another's."""
        for column, _ in plan.parts:
            value = self._cell(line, column)
            if isinstance(value, str) and _is_heading(value):
                self._problem(
                    line.number, column, f"{shown(value)}, a heading below the header", "one line of headings",
                    "Write it into the header, such as “Actual jan 2026”, or merge the account's heading with the cell below it",
                )  # fmt: skip

    def _amounts_of(self, line: Line, plan: Schedule) -> list[Decimal | None]:
        return [
            self._amounts.read(self._cell(line, column), self._table.sheet, line.number, column)
            for column, _ in plan.parts
        ]

    def _schedule_of(self, line: Line) -> Schedule | None:
        value = said(self._value(line, "year"))
        if isinstance(value, Span) and value.months == 12 and value.year:
            return self._of_year(value.year)
        self._problem(
            line.number, self._columns["year"], shown(self._value(line, "year")), "a year such as 2026",
            "Write the year into each line",
        )  # fmt: skip
        return None

    def _of_year(self, year: int) -> Schedule:
        if year not in self._schedules:
            self._schedules[year] = schedule(self._table, Fiscal(year))
        return self._schedules[year]

    def _check_sums(self, line: Line, plan: Schedule, amounts: list[Decimal | None]) -> None:
        """A written total of a quarter or of the year must be that of its months."""
        by_column = {
            column: amount for (column, _), amount in zip(plan.parts, amounts, strict=True)
        }
        for column, added in plan.sums:
            value = self._cell(line, column)
            if value is None or value == "":
                continue
            total = self._amounts.read(value, self._table.sheet, line.number, column)
            if total is None:
                continue
            months = sum((by_column[c] or Decimal(0) for c in added), Decimal(0))
            tolerance = _ROUNDING * (len(added) + 1)
            if abs(total - months) > tolerance:
                self._problem(
                    line.number, column, f"a total of {total:f}", f"{months:f}, the sum of its months",
                    "Correct the total or the months",
                )  # fmt: skip

    def _rows_of(
        self, line: Line, key: Key, plan: Schedule, amounts: list[Decimal | None]
    ) -> Iterator[BudgetRow]:
        for (column, months), amount in zip(plan.parts, amounts, strict=True):
            if amount is None:
                continue
            yield from self._spread(line, column, key, months, amount)
