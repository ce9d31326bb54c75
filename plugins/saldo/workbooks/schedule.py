"""Which column of a wide table is which month, and which columns only add up others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from saldo.workbooks.fiscal import Fiscal, UnclearYear, months_of
from saldo.workbooks.header import Table
from saldo.workbooks.periods import Month, Span, Total, after, until
from saldo.workbooks.problems import Problem, Rejected


@dataclass(frozen=True)
class Schedule:
    """parts: (column, its months), in the order of time; sums: (column, the columns it adds up)."""

    parts: tuple[tuple[int, tuple[Month, ...]], ...]
    sums: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def months(self) -> list[Month]:
        """All of them, in order."""
        return [month for _, months in self.parts for month in months]


def schedule(table: Table, fiscal: Fiscal | None) -> Schedule:
    """Of twelve months in a row, each of them once. Raises Rejected."""
    _check_single(table)
    spans = {c: one for c, one in table.periods.items() if isinstance(one, Span)}
    finest = min(one.months for one in spans.values())
    parts = {c: one for c, one in spans.items() if one.months == finest}
    fiscal = _with_first_month(table, parts, fiscal)
    try:
        found = sorted(
            ((column, tuple(months_of(one, fiscal))) for column, one in parts.items()),
            key=lambda part: part[1],
        )
    except UnclearYear as error:
        raise _unclear(table, min(parts), error) from error
    _check_whole(table, found)
    return Schedule(tuple(found), _sums(table, found))


def _unclear(table: Table, column: int, why: object) -> Rejected:
    return _rejected(
        table,
        column,
        f"{_heading(table, column)}; {why}",
        "a year in the headings, in the sheet's or the file's name, or in the configuration",
        "Write the year, such as “Jan 2026”; of a year that does not begin in January name both, such as 2025/2026",
    )


def _heading(table: Table, column: int) -> str:
    return f"the heading “{table.headings[column]}”"


def _rejected(table: Table, column: int, found: str, expected: str, remedy: str) -> Rejected:
    place = table.sheet.place(table.line, column)
    if table.sheet.is_hidden(table.line, column):
        found += " (the column is hidden)"
    return Rejected([Problem(table.sheet.name, place, found, expected, remedy)])


def _with_first_month(table: Table, parts: dict[int, Span], fiscal: Fiscal | None) -> Fiscal | None:
    """The fiscal year with the month that the first heading names: July to June tells where it begins."""
    spans = [parts[column] for column in sorted(parts)]
    if (
        fiscal is None
        or fiscal.first
        or any(one.months != 1 or one.is_number or one.year is not None for one in spans)
    ):
        return fiscal
    indices = [one.index for one in spans]
    first = indices[0]
    if sorted(indices) == list(range(1, 13)) and not fiscal.spans_two and first == 1:
        return fiscal
    in_a_row = [(first - 1 + i) % 12 + 1 for i in range(len(indices))]
    if indices != in_a_row:
        return fiscal  # what is missing or twice is said later
    if fiscal.spans_two != (first > 1):
        raise _unclear(
            table,
            min(parts),
            f"the months begin with it, and the year is {fiscal}: it may begin in either calendar year",
        )
    return replace(fiscal, first=(fiscal.year, first))


def _check_single(table: Table) -> None:
    """A month that is merged over several columns has headings below it: which of them is the budget?"""
    for column in table.periods:
        if table.sheet.merged_from(table.line, column + 1) == column:
            raise _rejected(
                table,
                column,
                f"{_heading(table, column)}, merged over more than one column",
                "one column for each month",
                "Write the month over the budget's column only, and “Actual” or “Last year” over the others",
            )


def _check_whole(table: Table, parts: list[tuple[int, tuple[Month, ...]]]) -> None:
    seen: dict[Month, int] = {}
    for column, months in parts:
        for month in months:
            if month in seen:
                earlier = table.sheet.place(table.line, seen[month])
                raise _rejected(
                    table, column,
                    f"{_heading(table, column)}, the second column of {_text(month)} (the first is in {earlier})",
                    "every month once", "Delete the column that is too many, or rename its heading",
                )  # fmt: skip
            seen[month] = column
    first, last = min(seen), max(seen)
    count = until(first, last) + 1
    missing = [after(first, i) for i in range(count) if after(first, i) not in seen]
    if missing or count != 12:
        found = (
            f"no column of {', '.join(_text(month) for month in missing[:12])}"
            if missing
            else f"{count} months, {_text(first)} to {_text(last)}"
        )
        raise _rejected(
            table, parts[0][0], found, "the twelve months of one year, each in a column of its own",
            "Add the missing months, with empty cells where there is no budget; put another year on a sheet of its own",
        )  # fmt: skip


def _text(month: Month) -> str:
    return f"{month[0]}-{month[1]:02}"


def _sums(
    table: Table, parts: list[tuple[int, tuple[Month, ...]]]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    everything = tuple(column for column, _ in parts)
    first = parts[0][1][0]
    sums: list[tuple[int, tuple[int, ...]]] = []
    for column, one in table.periods.items():
        if column in everything:
            continue
        if isinstance(one, Total):
            sums.append((column, everything))
        elif isinstance(one, Span) and (added := _added(one, first, parts)):
            sums.append((column, added))
    return tuple(sums)


def _added(span: Span, first: Month, parts: list[tuple[int, tuple[Month, ...]]]) -> tuple[int, ...]:
    """Columns that a longer span adds up; none where it is of another year."""
    last = after(first, 11)
    if span.year is not None and span.year not in (first[0], last[0]):
        return ()
    start = after(first, (span.index - 1) * span.months)
    if span.year is not None and first[1] != 1 and span.months != 12:
        start = (span.year, (span.index - 1) * span.months + 1)
    inside = {after(start, i) for i in range(span.months)}
    return tuple(column for column, months in parts if set(months) <= inside)
