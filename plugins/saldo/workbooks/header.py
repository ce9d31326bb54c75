"""Finds the table of a sheet: the line of headings, what each column is, what stands above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from saldo.workbooks.layout import Layout
from saldo.workbooks.merged import filled
from saldo.workbooks.periods import OtherFigures, Said, Span, said
from saldo.workbooks.problems import Problem, Rejected, rejected
from saldo.workbooks.sheets import Line, Sheet
from saldo.workbooks.words import COLUMNS, plain

#: A header stands in one of the first lines.
_LOOKED_AT = 30
#: So many columns of a kind make a wide table: two quarters are a half-filled year, two months are an accident.
_ENOUGH = {1: 3, 3: 2, 6: 2, 12: 1}
_EXPECTED = {
    "budget": "a line with a column for the account (such as Konto, Account, Rekening) and one for each month, "
    "or columns for month and amount",
    "account_mapping": "a line with columns for the account and for the group account",
}


@dataclass(frozen=True)
class Table:
    """A sheet and its header line (from 1; 0 where the configuration names the columns).

    columns: role -> column from 0; periods: column -> what its heading says; above: (line, column, text).
    """

    sheet: Sheet
    line: int
    headings: Sequence[object]
    columns: dict[str, int]
    periods: dict[int, Said] = field(default_factory=dict)
    above: tuple[tuple[int, int, str], ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether periods are columns, not lines."""
        return bool(self.periods)


def role_of(heading: str, layout: Layout) -> str | None:
    """What a column of that heading holds; the configuration's own words come first."""
    word = plain(heading)
    own = {
        "scenario": layout.scenario_column,
        "company": layout.company_column,
    }
    for role, column in own.items():
        if column is not None and plain(column) == word:
            return role
    for role, more in layout.header.items():
        if word in {plain(one) for one in more}:
            return role
    compact = word.replace("-", " ")
    found = next(
        (role for role, words in COLUMNS.items() if word in words or compact in words), None
    )
    return None if found and own.get(found) is not None else found


def fits(values: Sequence[object], layout: Layout) -> bool:
    """Whether a line can be the header."""
    return _table(None, Line(1, values), layout, ()) is not None


def find(sheet: Sheet, layout: Layout) -> Table:
    """The table of a sheet. Raises Rejected where there is none, or more than one."""
    top = list(islice(filled(sheet), _LOOKED_AT))
    found: list[Table] = []
    for index, line in enumerate(top):
        table = _table(sheet, line, layout, top[:index])
        if table and (not found or _texts(table.headings) != _texts(found[0].headings)):
            found.append(table)
    if not found:
        raise _no_header(sheet, layout, top)
    found = [one for one in found if not _goes_on(one, found)]
    if len(found) > 1:
        raise rejected(
            f"two lines that could both be the header: {found[0].line} and {found[1].line}",
            "one",
            "Move the second table to a sheet of its own",
            sheet=sheet.name,
            cell=sheet.place(found[1].line, 0),
        )
    _check_twice(found[0], layout)
    _check_named(found[0], layout)
    return found[0]


def _goes_on(table: Table, others: list[Table]) -> bool:
    """Whether a header is the upper line of one that has two: its account is merged with the line of another."""
    column = table.columns["account"]
    bottom = max(
        (last for first, right, last in table.sheet.tall().get(table.line, ()) if first <= column <= right), default=0
    )  # fmt: skip
    return any(table.line < other.line <= bottom for other in others)


def _texts(values: Sequence[object]) -> list[str]:
    texts = [plain(str(value)) if value is not None else "" for value in values]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _no_header(sheet: Sheet, layout: Layout, top: list[Line]) -> Rejected:
    is_empty = all(value in (None, "") for line in top for value in line.values)
    return rejected(
        "an empty sheet" if is_empty else "no line of headings among the first 30",
        _EXPECTED[layout.kind],
        "Write the headings above the figures, or name yours under `header` in the configuration",
        sheet=sheet.name,
    )


def _table(sheet: Sheet | None, line: Line, layout: Layout, above: Sequence[Line]) -> Table | None:
    roles: dict[str, int] = {}
    for column, value in enumerate(line.values):
        if isinstance(value, str) and (role := role_of(value, layout)):
            roles.setdefault(role, column)
    if "account" not in roles:
        return None
    if layout.kind == "account_mapping":
        if "group_account" not in roles:
            return None
        return Table(sheet, line.number, line.values, roles)  # type: ignore[arg-type]
    periods = _periods(line, roles, layout)
    is_long = {"period", "amount"} <= roles.keys()
    if not _is_wide(periods):
        if not is_long:
            return None
        periods = {}
    else:
        roles = {role: column for role, column in roles.items() if column not in periods}
    titles = tuple(
        (one.number, column, str(value))
        for one in above
        for column, value in enumerate(one.values)
        if (isinstance(value, str) and value.strip()) or type(value) is int
    )
    if periods and sheet is not None:
        periods = _with_groups(sheet, line, periods, above[-1] if above else None)
    return Table(sheet, line.number, line.values, roles, periods, titles)  # type: ignore[arg-type]


def _periods(line: Line, roles: dict[str, int], layout: Layout) -> dict[int, Said]:
    """Columns of periods; that of `year` only where the configuration does not take the year from it."""
    taken = {column for role, column in roles.items() if role != "year"}
    if layout.fiscal_year == "column" and "year" in roles:
        taken.add(roles["year"])
    found: dict[int, Said] = {}
    for column, value in enumerate(line.values):
        if column not in taken and (one := said(value)) is not None:
            found[column] = one
    return found


def _is_wide(periods: dict[int, Said]) -> bool:
    spans = [one for one in periods.values() if isinstance(one, Span)]
    counts = Counter(one.months for one in spans if not one.is_number)
    numbers = sum(one.is_number for one in spans)
    return numbers >= 6 or any(counts[months] >= enough for months, enough in _ENOUGH.items())


def _with_groups(
    sheet: Sheet, line: Line, periods: dict[int, Said], above: Line | None
) -> dict[int, Said]:
    """Periods with the year, or the word, that stands in the line above, over one column or over several.

    Beside months, a quarter's total is of the fiscal year's quarter, whichever calendar year it lies below.
    """
    if above is None:
        return periods
    finest = min((one.months for one in periods.values() if isinstance(one, Span)), default=1)
    first = min(periods)
    group: Said | None = None
    result: dict[int, Said] = {}
    for column in range(first, len(line.values)):
        value = above.values[column] if column < len(above.values) else None
        start = sheet.merged_from(above.number, column)
        if value not in (None, ""):
            group = said(value)
        elif start is None and column > 0 and _ended_merge(sheet, above.number, column):
            group = None
        if column in periods:
            result[column] = _grouped(periods[column], group, finest)
    return result


def _ended_merge(sheet: Sheet, line: int, column: int) -> bool:
    """Whether a merged cell ends just before this column: what it says goes no further."""
    return sheet.merged_from(line, column - 1) is not None


def _grouped(one: Said, group: Said | None, finest: int) -> Said:
    if isinstance(group, OtherFigures):
        return group
    if (
        isinstance(one, Span)
        and one.year is None
        and one.months == finest
        and isinstance(group, Span)
        and group.months == 12
    ):
        return Span(one.months, one.index, group.year, one.is_number)
    return one


def _check_named(table: Table, layout: Layout) -> None:
    """Raises Rejected where a column that the configuration names is not there: lines would count as somebody else's."""
    scenario = layout.scenario_column if layout.kind == "budget" else None
    for role, name in (("scenario", scenario), ("company", layout.company_column)):
        if name is not None and role not in table.columns:
            raise rejected(
                f"no column named “{name}”",
                f"one with the {role} of each line, as the configuration says",
                f"Add the column, or correct the configuration ({'scenario' if role == 'scenario' else 'agreement'}_column)",
                sheet=table.sheet.name,
                cell=table.sheet.place(table.line, 0),
            )


def _check_twice(table: Table, layout: Layout) -> None:
    """Raises Rejected where two columns could both be the account, the amount, …"""
    seen: dict[str, int] = {}
    for column, value in enumerate(table.headings):
        role = role_of(value, layout) if isinstance(value, str) else None
        if role is None or role == "name" or column in table.periods:
            continue
        if role in seen and (
            role in ("account", "amount", "group_account") or role in layout.header
        ):
            first = table.sheet.place(table.line, seen[role])
            raise Rejected(
                [
                    Problem(
                        table.sheet.name,
                        table.sheet.place(table.line, column),
                        f"“{value}”, a second column that could hold the {role.replace('_', ' ')} (the first is {first})",
                        "one",
                        "Rename one of the two",
                    )
                ]
            )
        seen.setdefault(role, column)
