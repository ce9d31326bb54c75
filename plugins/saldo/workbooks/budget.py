"""The lines of one table as rows of a budget. A line that is wrong becomes problems, and no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import NamedTuple

from saldo.workbooks import codes
from saldo.workbooks.amounts import Amounts
from saldo.workbooks.codes import NoCode
from saldo.workbooks.duplicates import Duplicates
from saldo.workbooks.fiscal import Fiscal, UnclearYear, months_of
from saldo.workbooks.header import Table, role_of
from saldo.workbooks.layout import Layout
from saldo.workbooks.periods import Month, OtherFigures, Span, said
from saldo.workbooks.problems import Problem, Problems
from saldo.workbooks.schedule import Schedule, schedule
from saldo.workbooks.sheets import Line, shown
from saldo.workbooks.totals import Sums
from saldo.workbooks.words import COLUMNS, is_total, plain

_CENT = Decimal("0.01")
#: A typed number that Excel means as a day when it is formatted as one: 1982 to 2118.
_SERIALS = range(30_000, 80_000)


class BudgetRow(NamedTuple):
    """One amount of one month. Texts are empty where the table has no such column.

    cell: where the amount stands (`D7`; `line 17, column 3`); period: (year, month) of the calendar; amount: as
    written, times `amounts_in`, four decimals: what its sign means is the layout's `sign`.
    """

    sheet: str
    cell: str
    account: str
    account_name: str
    department: str
    company: str
    scenario: str
    currency: str
    period: Month
    amount: Decimal


class Key(NamedTuple):
    """What a line says of itself, but for its amounts."""

    account: str
    name: str
    department: str
    company: str
    scenario: str
    currency: str


def spread(amount: Decimal, months: int) -> list[Decimal]:
    """An amount over months: each its share, cut off at two decimals; the last has the remainder."""
    if months == 1:
        return [amount]
    share = (amount / months).quantize(_CENT, ROUND_DOWN)
    return [share] * (months - 1) + [amount - share * (months - 1)]


class TableReader:
    """Reads one table once. number: which of the file's tables; year: for lines that have none."""

    def __init__(
        self,
        table: Table,
        layout: Layout,
        year: Fiscal | None,
        *,
        number: int,
        amounts: Amounts,
        duplicates: Duplicates,
        problems: Problems,
    ) -> None:
        self._table, self._layout, self._year, self._number = table, layout, year, number
        self._amounts, self._duplicates, self._problems = amounts, duplicates, problems
        self._columns = table.columns
        self._is_text = not table.sheet.name
        self._width = len(table.headings)
        self._schedules: dict[int, Schedule] = {}

    def rows(self) -> Iterator[BudgetRow]:
        """See `Book.rows`."""
        yield from self._wide() if self._table.is_wide else self._long()

    # --- one line ---------------------------------------------------------------------------------

    def _lines(self) -> Iterator[Line]:
        """The lines below the header that say anything."""
        header = self._table.line
        for line in self._table.sheet.lines():
            if line.number <= header or not any(v is not None and v != "" for v in line.values):
                continue
            if self._is_text and len(line.values) != self._width and not self._is_whole(line):
                continue
            yield line

    def _is_whole(self, line: Line) -> bool:
        """Whether a CSV line has the header's fields; empty ones too many do no harm."""
        count = len(line.values)
        if count > self._width and not any(line.values[self._width :]):
            return True
        self._problem(
            line.number, 0, f"{count} field{'' if count == 1 else 's'}", f"{self._width}, as in the header",
            "Put texts and amounts with the separator in them into quotes; write notes into another file",
        )  # fmt: skip
        return False

    def _problem(self, line: int, column: int, found: str, expected: str, remedy: str) -> None:
        sheet = self._table.sheet
        self._problems.add(Problem(sheet.name, sheet.place(line, column), found, expected, remedy))

    def _value(self, line: Line, role: str) -> object:
        column = self._columns.get(role)
        return line.values[column] if column is not None and column < len(line.values) else None

    def _text(self, line: Line, role: str) -> str:
        value = self._value(line, role)
        if type(value) is str and value.isalnum():
            return value
        try:
            return codes.text_of(value)
        except NoCode:
            self._problem(
                line.number, self._columns[role], shown(value), f"a text or a whole number as {role.replace('_', ' ')}",
                "Format the cell as text and write it again",
            )  # fmt: skip
            return ""

    def _label(self, line: Line) -> str:
        """The text of a line that may be no account's: of its name, else its first."""
        name = self._value(line, "name")
        if isinstance(name, str) and name.strip():
            return name
        return next((v for v in line.values if isinstance(v, str) and plain(v)), "")

    def _key(self, line: Line, account: str, name: str) -> Key:
        label = self._value(line, "name")
        scenario = self._layout.scenario
        if scenario == "sheet_name":
            scenario = self._table.sheet.name
        if "scenario" in self._columns:
            scenario = self._needed(line, "scenario")
        return Key(
            account,
            name or (label.strip() if isinstance(label, str) else ""),
            self._text(line, "department"),
            self._needed(line, "company") if "company" in self._columns else "",
            scenario,
            self._text(line, "currency"),
        )

    def _needed(self, line: Line, role: str) -> str:
        text = self._text(line, role)
        if not text:
            self._problem(
                line.number, self._columns[role], shown(None), f"a {role} in every line with amounts",
                f"Write the {role} into each line, also where cells are merged",
            )  # fmt: skip
        return text

    def _account(
        self, line: Line, amounts: list[Decimal | None], sums: Sums
    ) -> tuple[str, str] | None:
        """Number and name of a line with amounts; None for one that is not imported, or is wrong."""
        text = self._text_of_account(line)
        found = codes.account(text) if text else None
        label = (found[1] if found and found[1] else "") or self._label(line)
        if found and not is_total(label):
            return found
        if found is None and is_total(text or label):
            sums.end_section()
            return None
        if not any(amounts) or ((found or not self._has_words(line)) and sums.are(amounts)):
            sums.end_section()
            return None
        self._refuse_account(line, text, label, is_numbered=found is not None)
        return None

    def _text_of_account(self, line: Line) -> str:
        value = self._value(line, "account")
        if type(value) is str:
            return value if value.isalnum() else codes.text_of(value)
        return self._text(line, "account")

    def _has_words(self, line: Line) -> bool:
        """Whether it says anything beside its amounts."""
        amounts = {self._columns.get("amount"), *self._table.periods}
        return any(
            isinstance(value, str) and any(letter.isalpha() for letter in value)
            for column, value in enumerate(line.values)
            if column not in amounts
        )

    def _refuse_account(self, line: Line, text: str, label: str, *, is_numbered: bool) -> None:
        column = self._columns["account"]
        if is_numbered:
            self._problem(
                line.number, column, f"account {text} with the text “{label}”, whose amounts are not the sum of the rows above",
                "a row that is either an account or a total",
                "Rename the account, or take the number away from the total",
            )  # fmt: skip
        else:
            self._problem(
                line.number, column, f"{shown(text or None)} beside amounts", "the number of an account",
                "Write the account's number; a row that adds up others is to be called Total, Sum, I alt or Totaal",
            )  # fmt: skip

    # --- months as columns ------------------------------------------------------------------------

    def _wide(self) -> Iterator[BudgetRow]:
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

    def _cell(self, line: Line, column: int) -> object:
        return line.values[column] if column < len(line.values) else None

    def _is_header_again(self, line: Line) -> bool:
        """A header printed on each page; another one is a problem, told once."""
        value = self._value(line, "account")
        if not isinstance(value, str) or value.isdecimal():
            return False
        if role_of(value, self._layout) != "account":
            return False
        headings = self._table.headings
        same = all(self._cell(line, c) == headings[c] for c in self._table.periods)
        if not same:
            self._problem(
                line.number, self._columns["account"], "a second header, with other headings", "one table in a sheet",
                "Move the second table to a sheet of its own",
            )  # fmt: skip
        return True

    def _is_note(self, line: Line, cells: Sequence[object]) -> bool:
        """Words where amounts belong, in a row that is no account's: a section or a remark."""
        text = self._value(line, "account")
        if isinstance(text, str) and text.isdecimal():
            return False
        has_account = text not in (None, "") and (
            not isinstance(text, str) or codes.account(codes.text_of(text)) is not None
        )
        return not has_account and all(
            v is None or (isinstance(v, str) and not any(c.isdigit() for c in v)) for v in cells
        )

    def _check_note(self, line: Line, plan: Schedule) -> None:
        """Headings below the header, such as Budget and Actual, would say that a column is another's."""
        for column, _ in plan.parts:
            value = self._cell(line, column)
            if isinstance(value, str) and (
                isinstance(said(value), OtherFigures) or plain(value) in COLUMNS["amount"]
            ):
                self._problem(
                    line.number, column, f"{shown(value)}, a heading below the header", "one line of headings",
                    "Write it into the header, such as “Actual jan 2026”",
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
            tolerance = _CENT / 2 * (len(added) + 1)
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

    def _spread(
        self, line: Line, column: int, key: Key, months: Sequence[Month], amount: Decimal
    ) -> Iterator[BudgetRow]:
        sheet = self._table.sheet
        place = sheet.place(line.number, column)
        for month, share in zip(months, spread(amount, len(months)), strict=True):
            yield BudgetRow(
                sheet.name, place, key.account, key.name, key.department, key.company, key.scenario, key.currency,
                month, share,
            )  # fmt: skip

    # --- months as lines --------------------------------------------------------------------------

    def _long(self) -> Iterator[BudgetRow]:
        column = self._columns["amount"]
        sums = Sums(1)
        for line in self._lines():
            if self._is_header_again(line):
                continue
            value = self._cell(line, column)
            if value is None or value == "" or self._is_note(line, [value]):
                continue
            amount = self._amounts.read(value, self._table.sheet, line.number, column)
            found = self._account(line, [amount], sums)
            if found is None:
                continue
            months = self._months(line)
            key = self._key(line, *found)
            if amount is None or months is None:
                continue
            sums.add([amount])
            for month in months:
                self._duplicates.add(
                    (found[0], key.department, key.company, key.scenario, month),
                    self._number,
                    line.number,
                )
            yield from self._spread(line, column, key, months, amount)

    def _months(self, line: Line) -> Sequence[Month] | None:
        value = self._value(line, "period")
        span = said(value)
        why = "a month such as 2026-01 or Jan 2026"
        if isinstance(span, Span):
            try:
                months = _months_in(span, self._year_of(line, span))
            except UnclearYear as error:
                why = f"{why}; {error}"
            else:
                if self._is_in_year(months):
                    return months
                why = f"a month of the year {self._year}"
        elif type(value) in (int, float) and int(value) in _SERIALS:  # type: ignore[call-overload]
            why += "; this looks like a date without the format of a date"
        self._problem(
            line.number, self._columns["period"], shown(value), why,
            "Write month and year, or format the cell as a date",
        )  # fmt: skip
        return None

    def _year_of(self, line: Line, span: Span) -> Fiscal | None:
        if "year" not in self._columns or span.year is not None:
            return self._year
        value = said(self._value(line, "year"))
        if isinstance(value, Span) and value.months == 12 and value.year:
            return Fiscal(value.year)
        raise UnclearYear(f"the year beside it is {shown(self._value(line, 'year'))}")

    def _is_in_year(self, months: Sequence[Month]) -> bool:
        return self._year is None or all(self._year.may_hold(month) for month in months)


@lru_cache(maxsize=4096)
def _months_in(span: Span, fiscal: Fiscal | None) -> tuple[Month, ...]:
    return tuple(months_of(span, fiscal))


def duplicate_problems(tables: Sequence[Table], duplicates: Duplicates) -> Iterator[Problem]:
    """Lines that have the account, department and month of another."""
    for (first_table, first_line), (table, line) in duplicates.found():
        sheet, column = tables[table].sheet, tables[table].columns["account"]
        first = tables[first_table].sheet
        where = first.place(first_line, tables[first_table].columns["account"])
        if first.name and first is not sheet:
            where = f"sheet {first.name!r}, {where}"
        yield Problem(
            sheet.name, sheet.place(line, column),
            f"the same account, department and month as in {where}",
            "each of them once", "Add the two up, or delete the one that is too many",
        )  # fmt: skip
