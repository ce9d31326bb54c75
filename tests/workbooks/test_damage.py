"""Damaged files and damaged tables: refused, or read as they were; never another number, never another error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from saldo.workbooks import Rejected
from tests.workbooks.styles import Style, styles, write
from tests.workbooks.test_styles import KNOWN, outcome, truth

_QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_WORKBOOKS = styles().map(lambda style: replace(style, is_csv=False))


@_QUICK
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


@_QUICK
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


@_QUICK
@given(style=_WORKBOOKS, which=st.integers(0, 99))
def test_an_account_that_was_deleted(style: Style, which: int, tmp_path: Path) -> None:
    path = write(style, KNOWN, tmp_path)
    book = load_workbook(path)
    cells = _accounts(book.worksheets[0])
    line, column = cells[which % len(cells)]
    book.worksheets[0].cell(line, column).value = None
    book.save(path)
    _is_refused_or_true(path, style)


@_QUICK
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


@_QUICK
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
    column = style.indent + (3 if style.has_department else 2) + position
    sheet.cell(line, column).value = text
    book.save(path)
    with pytest.raises(Rejected):
        outcome(path, style)


def _is_refused_or_true(path: Path, style: Style) -> None:
    try:
        found = outcome(path, style)
    except Rejected:
        return
    assert found == truth(style, KNOWN)
