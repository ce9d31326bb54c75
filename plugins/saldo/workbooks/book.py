"""A file that is open: its tables, its rows. Rows stream; whether they are good is known at their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from saldo.workbooks import currencies, excel, years
from saldo.workbooks.amounts import Amounts
from saldo.workbooks.delimited import TextSheet
from saldo.workbooks.duplicates import Duplicates, duplicate_problems
from saldo.workbooks.gate import kind_of
from saldo.workbooks.header import Table, find, fits
from saldo.workbooks.layout import Layout
from saldo.workbooks.lines import BudgetRow
from saldo.workbooks.long import LongReader
from saldo.workbooks.mapping import MappingRow, mapping_rows
from saldo.workbooks.numbers import Point, evidence
from saldo.workbooks.problems import Problem, Problems, Rejected, rejected
from saldo.workbooks.schedule import schedule
from saldo.workbooks.wide import WideReader
from saldo.workbooks.words import scale_of


@dataclass
class Book:
    """A file with its tables found; close it, or use it in `with`."""

    path: Path
    layout: Layout
    tables: list[Table]
    _stack: ExitStack

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._stack.close()

    def rows(self) -> Iterator[BudgetRow]:
        """The rows of a budget, in the order of the file.

        They count only when the last has come: where something is wrong, the others still come, to be looked at by
        whoever knows more, and the iterator ends with Rejected and everything that was found.
        """
        problems, duplicates = Problems(), Duplicates()
        amounts = Amounts(self.layout, problems, self._evidence)
        is_empty = True
        for number, table in enumerate(self.tables):
            try:
                amounts.begin_table(_title(table, self.path.name))
                kind = WideReader if table.is_wide else LongReader
                reader = kind(
                    table, self.layout, years.year_of(table, self.layout, self.path.name),
                    number=number, amounts=amounts, duplicates=duplicates, problems=problems,
                )  # fmt: skip
                for row in reader.rows():
                    is_empty = False
                    yield row
            except Rejected as error:
                problems.add_all(error)
        for problem in duplicate_problems(self.tables, duplicates):
            problems.add(problem)
        if is_empty and not problems:
            problems.add(self._nothing("a line with an account and an amount"))
        problems.reject()

    def mappings(self) -> Iterator[MappingRow]:
        """The rules of an account mapping. Raises Rejected before the first where anything is wrong."""
        problems = Problems()
        rows = mapping_rows(self.tables, problems)
        if not rows and not problems:
            problems.add(self._nothing("a line with an account and a group account"))
        problems.reject()
        yield from rows

    def place(self, sheet: str, row: int, role: str) -> str:
        """Where a line's cell of a column stands (`A7`; `line 17, column 3`): account, department, company, ..."""
        for table in self.tables:
            if table.sheet.name == sheet and role in table.columns:
                return table.sheet.place(row, table.columns[role])
        return ""

    def _nothing(self, expected: str) -> Problem:
        """An empty file would take away what is in force."""
        sheet = self.tables[0].sheet.name
        return Problem(
            sheet, "", "no line below the header", expected, "Fill the table in, and save it"
        )

    def _evidence(self) -> Point | None:
        """The first amount of the file that tells what separates decimals."""
        for table in self.tables:
            columns = [*table.periods] if table.is_wide else [table.columns["amount"]]
            for line in table.sheet.lines():
                for column in columns if line.number > table.line else ():
                    value = line.values[column] if column < len(line.values) else None
                    if isinstance(value, str) and (point := evidence(value)):
                        return point
        return None


def read(path: Path, layout: Layout) -> Book:
    """Opens a file, finds its tables and checks their headings. Raises Rejected with all that is wrong with them."""
    with ExitStack() as stack:
        if kind_of(path, max_mb=layout.max_mb) == "csv":
            tables = [find(TextSheet(path, layout.csv, fits=lambda row: fits(row, layout)), layout)]
        else:
            visible, hidden = stack.enter_context(excel.workbook(path))
            tables = _tables(visible, hidden, layout)
        if layout.kind == "budget":
            _check(tables, layout, path.name)
        return Book(path, layout, tables, stack.pop_all())


def _tables(visible: list[excel.ExcelSheet], hidden: list[str], layout: Layout) -> list[Table]:
    if layout.sheet is not None:
        return _named_tables(visible, hidden, layout, layout.sheet)
    found: list[Table] = []
    problems = Problems()
    for sheet in visible:
        try:
            found.append(find(sheet, layout))
        except Rejected as error:
            problems.add_all(error)
    if not found:
        if not visible:
            raise _hidden(hidden)
        problems.reject()
    if len(found) > 1:
        names = " and ".join(f"“{table.sheet.name}”" for table in found)
        raise rejected(
            f"{len(found)} sheets that could be it: {names}",
            "one",
            "Say `sheet` in the configuration, or hide the sheets that are not to be read",
        )
    if problems and any("could" in problem.found for problem in problems):
        problems.reject()
    return found


def _named_tables(
    visible: list[excel.ExcelSheet], hidden: list[str], layout: Layout, wanted: str
) -> list[Table]:
    pattern = wanted.casefold()
    named = [sheet for sheet in visible if fnmatchcase(sheet.name.casefold(), pattern)]
    if not named:
        if concealed := [name for name in hidden if fnmatchcase(name.casefold(), pattern)]:
            raise _hidden(concealed)
        names = ", ".join(f"“{sheet.name}”" for sheet in visible)
        raise rejected(
            f"no sheet named {wanted}, but {names}",
            f"a visible sheet named {wanted}",
            "Rename the sheet, or correct `sheet` in the configuration",
        )
    found, problems = [], Problems()
    for sheet in named:
        try:
            found.append(find(sheet, layout))
        except Rejected as error:
            problems.add_all(error)
    problems.reject()
    return found


def _hidden(names: list[str]) -> Rejected:
    return rejected(
        f"a hidden sheet, “{names[0]}”" if names else "no sheet",
        "a visible one: hidden sheets are not read",
        "Show the sheet in Excel (right click on the tabs, Unhide) and save",
    )


def _check(tables: list[Table], layout: Layout, file_name: str) -> None:
    """Raises Rejected where the headings of tables say what they must not."""
    problems = Problems()
    for table in tables:
        if problem := _scale_problem(table, layout, file_name):
            problems.add(problem)
        if not table.is_wide or (layout.fiscal_year == "column" and "year" in table.columns):
            continue
        try:
            plan = schedule(table, years.year_of(table, layout, file_name))
        except Rejected as error:
            problems.add_all(error)
            continue
        if contradiction := years.contradiction(table, layout, file_name, plan.months):
            problems.add(contradiction)
    problems.reject()


def _title(table: Table, file_name: str) -> str:
    """The currency that titles say (currencies.py); empty: none. Raises Rejected where they say several."""
    found = currencies.titles(table, file_name)
    if len(found) > 1:
        raise rejected(
            f"titles that say amounts in {' and in '.join(found)}",
            "one currency",
            "Correct the titles, or the name of the sheet or the file",
            sheet=table.sheet.name,
        )
    return "".join(found)


def _scale_problem(table: Table, layout: Layout, file_name: str) -> Problem | None:
    """A note that amounts are in thousands, where the configuration does not say so."""
    sheet = table.sheet
    headings = [(table.line, c, v) for c, v in enumerate(table.headings) if isinstance(v, str)]
    said = [(sheet.place(line, column), text) for line, column, text in [*table.above, *headings]]
    for place, text in [*said, ("", sheet.name), ("", file_name.rpartition(".")[0])]:
        scale = scale_of(text)
        if scale and scale != layout.amounts_in:
            return Problem(
                sheet.name,
                place,
                f"“{text[:60]}”: amounts in {scale}",
                f"amounts in {layout.amounts_in}, as the configuration says",
                f"Say `amounts_in: {scale}` in the configuration, or correct the text",
            )
    return None
