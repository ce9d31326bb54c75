"""Which account of a company is which account of the group: single numbers, lists, ranges, `*`.

The most specific rule wins: a single number before a range, a narrower range before a wider one, `*` last. Two rules
of the same width that both hold for an account contradict each other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from saldo.workbooks import codes
from saldo.workbooks.codes import NoCode
from saldo.workbooks.header import Table
from saldo.workbooks.merged import filled, tops
from saldo.workbooks.problems import Problem, Problems
from saldo.workbooks.sheets import Line, Odd, shown

_RANGE = re.compile(r"(\w+)\s*(?:[-–—]|\.\.+|…|\btil\b|\bto\b|\bt/m\b|\bbis\b)\s*(\w+)")
#: Numbers that can be counted with; no chart of accounts has longer ones.
_DIGITS = re.compile(r"[0-9]{1,40}")
_EXPECTED = "an account, a list such as 2110;2120, a range such as 1000-1099, or *"


@dataclass(frozen=True)
class MappingRow:
    """One rule. low and high are the same for a single account, and empty for `*`.

    A range holds accounts of as many digits as its ends have. company is empty where the table has none.
    """

    sheet: str
    cell: str
    company: str
    low: str
    high: str
    group_account: str
    group_name: str
    report_line: str

    @property
    def width(self) -> float:
        """How many accounts it can hold."""
        if not self.low:
            return float("inf")
        return 1 if self.low == self.high else int(self.high) - int(self.low) + 1


def mapping_rows(tables: Sequence[Table], problems: Problems) -> list[MappingRow]:
    """All rules; what is wrong goes to problems."""
    rows = [row for table in tables for row in _Reader(table, problems).rows()]
    _check_conflicts(rows, problems)
    return rows


class _Reader:
    def __init__(self, table: Table, problems: Problems) -> None:
        self._table, self._problems = table, problems
        self._tops = tops(table.sheet, below=table.line)
        self._company = ""

    def rows(self) -> list[MappingRow]:
        found: list[MappingRow] = []
        for line in filled(self._table.sheet, below=self._table.line):
            if line.number > self._table.line:
                found += self._rules(line)
        return found

    def _rules(self, line: Line) -> list[MappingRow]:
        texts = {role: self._text(line, role) for role in self._table.columns}
        # Merged cells, and cells that people leave empty below the first, hold for the lines below.
        self._company = texts.get("company") or self._company
        account, group = texts["account"], texts["group_account"]
        if account is None or group is None or not (account or group):
            return []
        if not account or not group:
            role, needed = (
                ("group_account", "a group account") if account else ("account", "an account")
            )
            self._problem(line, role, shown(None), f"{needed} in every rule")
            return []
        place = self._table.sheet.place(line.number, self._table.columns["account"])
        return [
            MappingRow(
                self._table.sheet.name, place, self._company, low, high, group,
                texts.get("group_name") or "", texts.get("report_line") or "",
            )
            for low, high in self._parts(line, account)
        ]  # fmt: skip

    def _text(self, line: Line, role: str) -> str | None:
        """None: the cell is a problem."""
        column = self._table.columns[role]
        value = line.values[column] if column < len(line.values) else None
        try:
            text = codes.text_of(value)
        except NoCode:
            found = f"the error {value.shown}" if isinstance(value, Odd) else shown(value)
            self._problem(line, role, found, "a text or a whole number")
            return None
        # A list of accounts may be long; each of them may not.
        if role != "account" and (wrong := codes.too_long(text, role)):
            self._problem(line, role, *wrong)
            return None
        return text

    def _parts(self, line: Line, text: str) -> list[tuple[str, str]]:
        parts = []
        for part in (one.strip() for one in re.split(r"[;,\n]", text) if one.strip()):
            if part == "*":
                parts.append(("", ""))
            # An account such as X-7 has no digit before its dash.
            elif (match := _RANGE.fullmatch(part)) and not match[1].isalpha():
                low, high = match[1], match[2]
                are_numbers = _DIGITS.fullmatch(low) and _DIGITS.fullmatch(high)
                if not (are_numbers and len(low) == len(high) and low <= high):
                    self._problem(
                        line,
                        "account",
                        f"the range “{part}”",
                        "two numbers of the same length, the lower one first",
                    )
                    continue
                parts.append((low, high))
            elif found := codes.account(part):
                if wrong := codes.too_long(found[0], "account"):
                    self._problem(line, "account", *wrong)
                parts.append((found[0].upper(), found[0].upper()))
            else:
                self._problem(line, "account", shown(part), _EXPECTED)
        return parts

    def _problem(
        self, line: Line, role: str, found: str, expected: str, remedy: str = "Correct the cell"
    ) -> None:
        sheet = self._table.sheet
        column = self._table.columns[role]
        place = sheet.place(self._tops.get((line.number, column), line.number), column)
        self._problems.add(Problem(sheet.name, place, found, expected, remedy))


def _check_conflicts(rows: list[MappingRow], problems: Problems) -> None:
    """Rules of one company and width that share an account: twice the same, or two that overlap."""
    groups: defaultdict[tuple[str, float, int], list[MappingRow]] = defaultdict(list)
    for row in rows:
        groups[row.company, row.width, len(row.low)].append(row)
    for (_, width, _), group in groups.items():
        group.sort(key=lambda row: row.low)
        for first, second in pairwise(group):
            if first.low == second.low or (width > 1 and second.low <= first.high):
                what = second.low or "*"
                problems.add(
                    Problem(
                        second.sheet, second.cell,
                        f"account {what} to {second.group_account}, which {first.cell} maps to {first.group_account}",
                        "each account in one rule", "Delete one of the two, or make one of them narrower",
                    )
                )  # fmt: skip
