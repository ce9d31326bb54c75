"""Damaged files and damaged tables: refused, or read as they were; never another number, never another error."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from saldo.workbooks import Rejected
from tests.workbooks.styles import Style, styles
from tests.workbooks.test_styles import KNOWN, QUICK, Key, outcome, truth
from tests.workbooks.writing import write

_WORKBOOKS = styles().map(lambda style: replace(style, is_csv=False))


@QUICK
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), is_csv=st.booleans())
def test_a_byte_of_the_file(place: float, byte: int, is_csv: bool, tmp_path: Path) -> None:
    style = Style(is_csv=is_csv, numbers="1.234,56", nothing="-")
    path = write(style, KNOWN, tmp_path)
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    assume(content[at] != byte)
    # A digit for another is a good file that says something else.
    assume(
        not is_csv
        or not (chr(content[at]).isalnum() or chr(byte).isalnum() or byte in b",.-+()\"'")
    )
    assume(not is_csv or content[at] not in b",.-")
    content[at] = byte
    path.write_bytes(content)
    try:
        found = outcome(path, style)
    except Rejected:
        return
    assert found == truth(style, KNOWN)


@QUICK
@given(keep=st.floats(0, 1, exclude_max=True))
def test_a_workbook_that_is_cut_off(keep: float, tmp_path: Path) -> None:
    path = write(Style(), KNOWN, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(Rejected):
        outcome(path, Style())


def _accounts(sheet: Worksheet) -> list[tuple[int, int]]:
    return [
        (cell.row, cell.column)
        for line in sheet.iter_rows()
        for cell in line
        if str(cell.value)[:4] in ("1010", "0450")
    ]


@QUICK
@given(style=_WORKBOOKS, which=st.integers(0, 99))
def test_an_account_that_was_deleted(style: Style, which: int, tmp_path: Path) -> None:
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    cells = _accounts(book.worksheets[0])
    line, column = cells[which % len(cells)]
    book.worksheets[0].cell(line, column).value = None
    book.save(path)
    _is_refused_or_true(path, style)


@QUICK
@given(style=_WORKBOOKS, which=st.integers(0, 99))
def test_a_line_that_was_copied(style: Style, which: int, tmp_path: Path) -> None:
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    cells = _accounts(sheet)
    line, _ = cells[which % len(cells)]
    values = [cell.value for cell in sheet[line]]
    sheet.insert_rows(line)
    for column, value in enumerate(values, 1):
        sheet.cell(line, column).value = value
    book.save(path)
    _is_refused_or_true(path, style)


@QUICK
@given(
    style=_WORKBOOKS.filter(lambda style: not style.is_long),
    position=st.integers(0, 11),
    text=st.sampled_from([None, "", "x", "Note", "2019", "?"]),
)
def test_a_heading_of_a_month_that_was_spoilt(
    style: Style, position: int, text: str | None, tmp_path: Path
) -> None:
    style = replace(style, title=False, scale=1, quarter_totals=False)
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    line = 2 if style.headings.startswith("year row") else 1
    before = style.indent + len(style.columns) + (2 if style.has_department else 1)
    column = before + 1 + position % (12 // style.per)
    sheet.cell(line, column).value = text
    book.save(path)
    with pytest.raises(Rejected):
        outcome(path, style)


#: What people leave in a cell by mistake, and no amount is.
_JUNK = [
    "ca. 500",
    "12,3,4",
    "1.2.3",
    "#REF!",
    "=A1*2",
    True,
    date(2025, 6, 1),
    "5 %",
    "--7",
    "n/a",
    "?",
]


@QUICK
@given(style=_WORKBOOKS, which=st.integers(0, 9999), junk=st.sampled_from(_JUNK))
def test_any_cell_below_the_headings(
    style: Style, which: int, junk: object, tmp_path: Path
) -> None:
    """It is named, or it is none of those that say anything."""
    style = replace(style, has_department=True, formulas=False)
    path = write(style, KNOWN, tmp_path)
    if _said(path, style) != truth(style, KNOWN):
        return  # refused as it was: whatever is wrong in it, too, tells nothing
    book = load_workbook(path)
    cell = _below_the_headings(book.worksheets[0], style, which)
    assume(not _may_be_a_code(cell.column, style, junk))
    cell.value = junk
    book.save(path)
    said = _said(path, style)
    assert said == truth(style, KNOWN) or cell.coordinate in said


def test_a_merged_account_that_is_none_is_told_once_where_it_stands(tmp_path: Path) -> None:
    """Also where the amount of its first line is empty, which tells nothing."""
    style = Style(is_long=True, has_department=True)
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    first = min(line for line, _ in _accounts(sheet) if str(sheet.cell(line, 1).value) == "0450")
    sheet.merge_cells(start_row=first, end_row=first + 11, start_column=1, end_column=1)
    sheet.cell(first, 1).value = "ca. 500"
    assert _empty(sheet, first)
    book.save(path)
    with pytest.raises(Rejected) as raised:
        outcome(path, style)
    assert [problem.cell for problem in raised.value.problems] == [f"A{first}"]


def _empty(sheet: Worksheet, line: int) -> bool:
    return sheet.cell(line, sheet.max_column).value is None


def _said(path: Path, style: Style) -> dict[Key, Decimal] | set[str]:
    """What is read, or the cells that are wrong."""
    try:
        return outcome(path, style)
    except Rejected as error:
        return {problem.cell for problem in error.problems}


def _below_the_headings(sheet: Worksheet, style: Style, which: int) -> Cell:
    first = 2 + (2 if style.title else 0) + (1 if style.headings.startswith("year row") else 0)
    cells = [
        cell
        for line in sheet.iter_rows(min_row=first)
        for cell in line
        if isinstance(cell, Cell)  # those below a merged one are none
    ]
    return cells[which % len(cells)]


def _may_be_a_code(column: int, style: Style, junk: object) -> bool:
    """Companies, scenarios and departments may be called anything, 1.2.3 is an account somewhere, and a day is in a month."""
    account = style.indent + len(style.columns) + 1
    if style.is_long and column == account + 2 and isinstance(junk, date):
        return True
    is_text = isinstance(junk, str) and junk[0] not in "#="
    return is_text and (column < account or column == account + 1 or junk == "1.2.3")


@QUICK
@given(style=_WORKBOOKS.filter(lambda style: not style.is_long), which=st.integers(0, 9999))
def test_another_amount_in_a_line_with_its_total(style: Style, which: int, tmp_path: Path) -> None:
    """A figure that was mistyped cannot be seen, but where the line says its sum."""
    style = replace(
        style, per=1, year_total=True, numbers="typed", formulas=False, scale=1, has_department=True
    )
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    lines = sorted({line for line, _ in _accounts(sheet)})
    line = lines[which % len(lines)]
    before = style.indent + len(style.columns) + 2
    cells = [sheet.cell(line, before + 1 + n) for n in range(12 + 4 * style.quarter_totals + 1)]
    cell = cells[which // 100 % len(cells)]
    cell.value = (cell.value if isinstance(cell.value, int | float) else 0) + 1000
    book.save(path)
    with pytest.raises(Rejected, match=f"cell [A-Z]+{line}: found a total of"):
        outcome(path, style)


def _is_refused_or_true(path: Path, style: Style) -> None:
    try:
        found = outcome(path, style)
    except Rejected:
        return
    assert found == truth(style, KNOWN)
