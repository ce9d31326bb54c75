"""Copies of workbooks with their wrong cells marked: whole, or the lines that matter."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter

from saldo.workbooks.marking import add_list, mark, write_text
from saldo.workbooks.places import Area, area_of, in_order
from saldo.workbooks.problems import Problem
from saldo.workbooks.sheets import MAX_COLUMNS

#: Headings stand in one of the first lines.
_FIRST_LINES = 30
#: Cells that are copied where not all are.
_MAX_CELLS = 100_000
NOTE = "This is a copy. Correct the file itself, where it lies, and save it there: the next run reads it again."
_PART = (
    f"The workbook is large: of its sheets the copy has the first {_FIRST_LINES} lines and those with something wrong, as "
    "values."
)

Marks = dict[Area, list[Problem]]


def whole(path: Path, problems: Sequence[Problem], more: int) -> Workbook:
    """The workbook as it is, marked. Raises what openpyxl raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that openpyxl leaves out
        # Links stay: formulas that look into another workbook would be damaged without.
        book = load_workbook(path)
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    places = _by_sheet(problems, sheets)
    for name, marks in places.items():
        corners = _corners(sheets[name]) if _has_merged(sheets[name], marks) else {}
        for area, found in _at_corners(marks, corners).items():
            mark(sheets[name], area, found)
            _show(sheets[name], area)
    _list(book, problems, more, path, sheets, [NOTE])
    return book


def some_lines(path: Path, problems: Sequence[Problem], more: int) -> Workbook:
    """The first lines of the sheets with problems and the lines that have them, at their own numbers. Raises what
    openpyxl raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        book = Workbook()
        book.remove(book.active)
        sheets = {one.title: one for one in source.worksheets if hasattr(one, "reset_dimensions")}
        places = _by_sheet(problems, sheets)
        for name in [one for one in sheets if one in places] or list(sheets)[:1]:
            sheet = book.create_sheet(name)
            marks = places.get(name, {})
            _copy_lines(sheets[name], sheet, {area.line for area in marks})
            for area, found in marks.items():
                mark(sheet, area, found)
    finally:
        source.close()
    copied = {sheet.title: sheet for sheet in book.worksheets}
    _list(book, problems, more, path, copied, [NOTE, _PART])
    return book


def _list(
    book: Workbook,
    problems: Sequence[Problem],
    more: int,
    path: Path,
    sheets: Mapping[str, Any],
    notes: Sequence[str],
) -> None:
    def target(problem: Problem) -> tuple[str, str] | None:
        return (
            (problem.sheet, problem.cell if area_of(problem) else "A1")
            if problem.sheet in sheets
            else None
        )

    ordered = in_order(problems, list(sheets))
    add_list(book, ordered, name=path.name, more=more, notes=notes, target=target)


def _by_sheet(problems: Iterable[Problem], sheets: Mapping[str, Any]) -> dict[str, Marks]:
    """Sheet -> area -> its problems, in order; only of cells that are there."""
    found: defaultdict[str, Marks] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        area = area_of(problem)
        if area and problem.sheet in sheets:
            found[problem.sheet][area].append(problem)
    return found


def _has_merged(sheet: Any, marks: Marks) -> bool:
    return any(isinstance(sheet.cell(area.line, area.column), MergedCell) for area in marks)


def _corners(sheet: Any) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells inside of merged ones -> the first, which is the one that has a value and may have a comment."""
    return {
        (line, column): (merged.min_row, merged.min_col)
        for merged in sheet.merged_cells.ranges
        for line in range(merged.min_row, merged.max_row + 1)
        for column in range(merged.min_col, merged.max_col + 1)
    }


def _at_corners(marks: Marks, corners: Mapping[tuple[int, int], tuple[int, int]]) -> Marks:
    found: Marks = {}
    for area, problems in marks.items():
        line, column = corners.get((area.line, area.column), (area.line, area.column))
        moved = area._replace(line=line, column=column)
        found.setdefault(moved, []).extend(problems)
    return found


def _show(sheet: Any, area: Area) -> None:
    """What is wrong in a hidden line or column must be seen to be corrected."""
    if area.line in sheet.row_dimensions:
        sheet.row_dimensions[area.line].hidden = False
    for column in sheet.column_dimensions.values():
        column.reindex()
        if column.hidden and column.min <= area.column <= column.max:
            column.hidden = False


def _copy_lines(source: Any, sheet: Any, wanted: set[int]) -> None:
    """The first lines, and the wanted ones, at the same numbers."""
    last = max(wanted, default=0)
    copied = 0
    source.reset_dimensions()
    for number, cells in enumerate(source.iter_rows(), start=1):
        if number > max(last, _FIRST_LINES) or copied > _MAX_CELLS:
            break
        if number > _FIRST_LINES and number not in wanted:
            continue
        for column, cell in enumerate(cells[:MAX_COLUMNS], start=1):
            if cell.value is not None:
                _copy_cell(cell, sheet.cell(number, column))
                copied += 1
    for column in range(1, 15):
        sheet.column_dimensions[get_column_letter(column)].width = 16


def _copy_cell(source: Any, cell: Any) -> None:
    if isinstance(source.value, str):
        write_text(cell, source.value)
    else:
        cell.value = source.value
        cell.number_format = source.number_format
