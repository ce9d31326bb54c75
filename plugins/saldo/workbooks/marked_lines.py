"""A workbook that shows the lines of a CSV file around what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from saldo.workbooks.delimited import TextSheet
from saldo.workbooks.header import fits
from saldo.workbooks.layout import Layout
from saldo.workbooks.marking import add_list, mark, write_text
from saldo.workbooks.places import Area, area_of
from saldo.workbooks.problems import Problem, Rejected
from saldo.workbooks.sheets import MAX_COLUMNS, Line

_SHEET = "Lines"
#: A file of so many lines is shown whole; of a longer one the first lines, and some around each problem.
_ALL = 2000
_FIRST_LINES = 30
_AROUND = 2
_MAX_CELLS = 100_000
_GREY = Font(color="FF57606A")
_NOTES = (
    "Correct the CSV file itself, where it lies, and save it there: the next run reads it again.",
    "The sheet Lines has its lines as they were read, each with its number; of a long file those around what is wrong.",
)


def text_lines(path: Path, problems: Sequence[Problem], more: int, layout: Layout) -> Workbook:
    """The lines as texts, each behind its number, marked. Raises Rejected where encoding or separator are not known."""
    book = Workbook()
    sheet = book.active
    sheet.title = _SHEET
    wanted: defaultdict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if area := area_of(problem):
            wanted[area.line].append(problem)
    rows: dict[int, int] = {}
    cells = 0
    for line in _shown(path, layout, wanted):
        row = rows[line.number] = len(rows) + 1
        sheet.cell(row, 1, line.number).font = _GREY
        for column, value in enumerate(line.values[:MAX_COLUMNS], start=2):
            write_text(sheet.cell(row, column), str(value))
        cells += len(line.values)
        if cells > _MAX_CELLS:
            break
    for number, found in wanted.items():
        if number in rows:
            _mark(sheet, rows[number], found)
    for column in range(2, 16):
        sheet.column_dimensions[get_column_letter(column)].width = 18
    sheet.freeze_panes = "B1"

    def target(problem: Problem) -> tuple[str, str] | None:
        area = area_of(problem)
        row = rows.get(area.line) if area else None
        if not area or row is None:
            return None
        return _SHEET, f"{get_column_letter(_column(area))}{row}"

    add_list(book, problems, name=path.name, more=more, notes=_NOTES, target=target)
    return book


def _column(area: Area) -> int:
    """A place that is a whole line leads to its number."""
    return area.column + 1 if area.last_column else 1


def _mark(sheet: object, row: int, problems: Sequence[Problem]) -> None:
    at: defaultdict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if area := area_of(problem):
            at[_column(area)].append(problem)
    for column, found in at.items():
        mark(sheet, Area(row, column, row, column), found)


def _shown(path: Path, layout: Layout, wanted: dict[int, list[Problem]]) -> Iterator[Line]:
    """The lines to be shown. Where quotes that do not match end the reading, the line as it is written."""
    sheet = TextSheet(path, layout.csv, fits=lambda row: fits(row, layout))
    near = {n + by for n in wanted for by in range(-_AROUND, _AROUND + 1)}
    last = max(near, default=0)
    is_short = _is_short(path)
    number = 0
    try:
        for line in sheet.lines():
            number = line.number
            if is_short or number <= _FIRST_LINES or number in near:
                yield line
            elif number > last:
                return
    except Rejected:
        for bad in sorted(n for n in wanted if n > number):
            yield Line(bad, [sheet.written(bad)])


def _is_short(path: Path) -> bool:
    with path.open("rb") as file:
        return sum(1 for _ in zip(file, range(_ALL + 1), strict=False)) <= _ALL
