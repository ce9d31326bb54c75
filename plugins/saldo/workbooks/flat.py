"""Plain tables: one line of headings, and below it a line for each thing. Where they are in a file, and their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from saldo.workbooks import excel
from saldo.workbooks.delimited import TextSheet
from saldo.workbooks.gate import kind_of
from saldo.workbooks.layout import Layout
from saldo.workbooks.problems import rejected
from saldo.workbooks.sheets import Line, Sheet

#: A header stands in one of the first lines.
_LOOKED_AT = 30
#: Role -> column, of a line that can be the header; empty for any other.
Columns = Callable[[Sequence[object]], dict[str, int]]


@dataclass(frozen=True)
class FlatTable:
    """A sheet, its line of headings (from 1) and the columns of it by what they hold."""

    sheet: Sheet
    line: int
    columns: Mapping[str, int]
    headings: Sequence[object]


@contextmanager
def flat_tables(
    path: Path, layout: Layout, columns: Columns, *, expected: str
) -> Iterator[list[FlatTable]]:
    """The tables of a file, at least one, while it is open. expected: which headings, in words. Raises Rejected.

    Of the layout: sheet, csv, max_mb.
    """
    with ExitStack() as stack:
        if kind_of(path, max_mb=layout.max_mb) == "csv":
            text = TextSheet(path, layout.csv, fits=lambda row: bool(columns(row)))
            yield _found([text], columns, expected, is_named=False)
            return
        visible, _ = stack.enter_context(excel.workbook(path))
        named = _named(visible, layout)
        yield _found(named, columns, expected, is_named=layout.sheet is not None)


def filled_lines(tables: Sequence[FlatTable]) -> Iterator[tuple[FlatTable, Line]]:
    """The lines below the headings in which one of the table's columns says something."""
    for table in tables:
        for line in table.sheet.lines():
            is_empty = all(cell_of(line, column) in (None, "") for column in table.columns.values())
            if line.number > table.line and not is_empty:
                yield table, line


def cell_of(line: Line, column: int) -> object:
    """What a cell of a line holds; None right of its end. column: from 0."""
    return line.values[column] if column < len(line.values) else None


def _named(visible: Sequence[Sheet], layout: Layout) -> Sequence[Sheet]:
    if layout.sheet is None:
        return visible
    wanted = layout.sheet.casefold()
    named = [sheet for sheet in visible if fnmatchcase(sheet.name.casefold(), wanted)]
    if not named:
        names = ", ".join(f"“{sheet.name}”" for sheet in visible) or "no visible sheet"
        raise rejected(
            f"no sheet named {layout.sheet}, but {names}",
            f"a visible sheet named {layout.sheet}",
            "Rename the sheet, or correct `sheet` in the configuration",
        )
    return named


def _found(
    sheets: Sequence[Sheet], columns: Columns, expected: str, *, is_named: bool
) -> list[FlatTable]:
    """Those with a header; a sheet that was named must have one."""
    tables = [table for sheet in sheets if (table := _table(sheet, columns))]
    if not tables or (is_named and len(tables) < len(sheets)):
        known = {table.sheet.name for table in tables}
        name = next((sheet.name for sheet in sheets if sheet.name not in known), "")
        raise rejected(
            "no line of headings among the first 30",
            expected,
            "Write the headings above the lines, or name yours under `header` in the configuration",
            sheet=name,
        )
    if len(tables) > 1 and not is_named:
        names = " and ".join(f"“{table.sheet.name}”" for table in tables)
        raise rejected(
            f"{len(tables)} sheets that could be it: {names}",
            "one",
            "Say `sheet` in the configuration, or hide the sheets that are not to be read",
        )
    return tables


def _table(sheet: Sheet, columns: Columns) -> FlatTable | None:
    for line in islice(sheet.lines(), _LOOKED_AT):
        if found := columns(line.values):
            return FlatTable(sheet, line.number, found, line.values)
    return None
