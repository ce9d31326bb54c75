"""A line of a budget's table: whose account it is, what else it says, and whether it is one at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import NamedTuple

from saldo.workbooks import codes, currencies
from saldo.workbooks.amounts import Amounts
from saldo.workbooks.codes import NoCode
from saldo.workbooks.duplicates import Duplicates
from saldo.workbooks.fiscal import Fiscal
from saldo.workbooks.header import Table, role_of
from saldo.workbooks.layout import Layout
from saldo.workbooks.merged import filled, tops
from saldo.workbooks.periods import Month
from saldo.workbooks.problems import Problem, Problems
from saldo.workbooks.sheets import Line, Odd, shown
from saldo.workbooks.totals import Sums
from saldo.workbooks.words import is_total, plain

_CENT = Decimal("0.01")


class BudgetRow(NamedTuple):
    """One amount of one month. Texts are empty where the table has no such column.

    cell: where the amount stands (`D7`; `line 17, column 3`); period: (year, month) of the calendar; amount: as
    written, times `amounts_in`, four decimals: what its sign means is the layout's `sign`; line: of the sheet, from 1.
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
    line: int


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


def _is_remark(value: object) -> bool:
    if isinstance(value, str):
        return value.rstrip().endswith("%") or not any(c.isdigit() for c in value)
    return isinstance(value, Odd) and value.what == "percent"


class LineReader:
    """What lines of wide and of long tables have in common. number: which of the file's tables; year: for lines that
    have none. What is wrong becomes problems, and no row."""

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
        amount = [self._columns["amount"]] if "amount" in self._columns else []
        self._figures = {*table.periods, *amount}

    def _lines(self) -> Iterator[Line]:
        """The lines below the header that say anything; what is merged downward is in each of them, but for amounts."""
        header = self._table.line
        for line in filled(self._table.sheet, below=header, but=self._figures):
            number, values = line
            # Most lines have a value that is true; a 0 says something, too.
            if number <= header or not (
                any(values) or any(v is not None and v != "" for v in values)
            ):
                continue
            if self._is_text and len(values) != self._width and not self._is_whole(line):
                continue
            self._amounts.begin_line()
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
        """Of a merged cell, where its value stands: it is told once, and that is the cell to correct."""
        sheet = self._table.sheet
        if column not in self._figures:
            line = self._tops.get((line, column), line)
        self._problems.add(Problem(sheet.name, sheet.place(line, column), found, expected, remedy))

    @cached_property
    def _tops(self) -> Mapping[tuple[int, int], int]:
        return tops(self._table.sheet, below=self._table.line)

    def _value(self, line: Line, role: str) -> object:
        column = self._columns.get(role)
        return line.values[column] if column is not None and column < len(line.values) else None

    def _text(self, line: Line, role: str) -> str:
        if role not in self._columns:
            return ""
        value = self._value(line, role)
        if type(value) is str and value.isalnum():
            return self._short(line, role, value)
        try:
            return self._short(line, role, codes.text_of(value))
        except NoCode:
            self._problem(
                line.number, self._columns[role], shown(value), f"a text or a whole number as {role.replace('_', ' ')}",
                "Format the cell as text and write it again",
            )  # fmt: skip
            return ""

    def _short(self, line: Line, role: str, text: str, *, column: str = "") -> str:
        """The text, or its beginning and a problem where it is too long. column: the role of its column, where another."""
        if wrong := codes.too_long(text, role):
            self._problem(line.number, self._columns[column or role], *wrong)
            return text[:60]
        return text

    def _label(self, line: Line) -> str:
        """The text of a line that may be no account's: of its name, else its first."""
        name = self._value(line, "name")
        if isinstance(name, str) and name.strip():
            return codes.unguarded(name)
        for value in line.values:
            if isinstance(value, str) and (value.isalnum() or plain(value)):
                return value
        return ""

    def _key(self, line: Line, account: str, name: str) -> Key:
        label = self._value(line, "name")
        scenario = self._layout.scenario
        if scenario == "sheet_name":
            scenario = self._short(line, "scenario", self._table.sheet.name, column="account")
        if "scenario" in self._columns:
            scenario = self._needed(line, "scenario")
        said, column = (name, "account") if name else (label, "name")
        return Key(
            self._short(line, "account", account),
            self._short(line, "name", codes.unguarded(said).strip(), column=column)
            if isinstance(said, str)
            else "",
            self._text(line, "department"),
            # Where the configuration names the column, lines have nobody else's word for whose they are.
            (self._needed if self._layout.company_column else self._text)(line, "company"),
            scenario,
            self._currency(line),
        )

    def _currency(self, line: Line) -> str:
        """What its column says, or its amounts, or the titles of the table."""
        mark = self._amounts.currency
        if "currency" not in self._columns:
            return mark
        column = currencies.mark_of(self._text(line, "currency"))
        if column and mark and not currencies.fit(column, mark):
            self._problem(
                line.number, self._columns["currency"], f"the currency {column} beside amounts in {mark}", "one currency",
                "Correct the currency, or the format or the title of the amounts",
            )  # fmt: skip
        return currencies.exact(column, mark)

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
            if not (codes.is_range(found[0]) and any(amounts) and sums.are(amounts)):
                return found
            sums.end_section()
            return None
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
        """Words or percentages where amounts belong, in a row that is no account's: a section, a remark, a margin."""
        text = self._value(line, "account")
        if isinstance(text, str) and text.isdecimal():
            return False
        has_account = text not in (None, "") and (
            not isinstance(text, str) or codes.account(codes.text_of(text)) is not None
        )
        return not has_account and all(v is None or _is_remark(v) for v in cells)

    def _spread(
        self, line: Line, column: int, key: Key, months: Sequence[Month], amount: Decimal
    ) -> Iterator[BudgetRow]:
        sheet = self._table.sheet
        place = sheet.place(line.number, column)
        for month, share in zip(months, spread(amount, len(months)), strict=True):
            yield BudgetRow(sheet.name, place, *key, month, share, line.number)
