"""How a wrong cell is shown in a copy of a person's workbook: a colour, a comment, and a line in a list with a link."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from saldo.workbooks.codes import FORMULA
from saldo.workbooks.places import Area
from saldo.workbooks.problems import Problem

#: The list's sheet; another number behind it where the workbook has one of that name.
LIST = "Saldo"
#: Cells of one range that are coloured; more of them tell nobody more.
_COLOURED = 1000
_BAD = PatternFill("solid", fgColor="FFFFC7CE")
_HEAD = PatternFill("solid", fgColor="FFE6E8EB")
_LINK = Font(color="FF0B57D0", underline="single")
_TOP = Alignment(vertical="top", wrap_text=True)
_COLUMNS = (("Sheet", 18), ("Cell", 18), ("Found", 50), ("Expected", 40), ("What to do", 60))
#: What XML cannot hold, and what a cell or a comment may be long.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 2000


def clean(text: str) -> str:
    """Without characters that no workbook can hold, and not too long for a cell."""
    text = _NO_XML.sub("�", text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def write_text(cell: Any, text: str) -> None:
    """A text into a cell as a text, whatever it begins with: it may come out of somebody's file."""
    cell.value = clean(text)
    cell.data_type = "s"
    if text.startswith(FORMULA):
        cell.quotePrefix = True


def mark(sheet: Any, area: Area, problems: Sequence[Problem]) -> None:
    """Colours the cells of an area, and says at the first of them what is wrong."""
    marked = 0
    for line in range(area.line, area.last_line + 1):
        for column in range(area.column, area.last_column + 1):
            if marked == _COLOURED:
                break
            sheet.cell(line, column).fill = _BAD
            marked += 1
    cell = sheet.cell(area.line, area.column)
    said = [cell.comment.text] if cell.comment else []
    said += [f"Found {one.found}\nExpected {one.expected}\n{one.remedy}." for one in problems]
    text = clean("\n\n".join(said))
    height = 30 + 18 * sum(1 + len(line) // 50 for line in text.splitlines())
    cell.comment = Comment(text, "Saldo", width=340, height=min(height, 600))


def add_list(
    book: Workbook,
    problems: Sequence[Problem],
    *,
    name: str,
    more: int,
    notes: Sequence[str],
    target: Callable[[Problem], tuple[str, str] | None],
) -> None:
    """The first sheet: everything that is wrong with the file `name`.

    more: how many are not listed. notes: sentences about the copy. target: sheet and cell a problem leads to.
    """
    sheet = book.create_sheet(LIST, 0)
    write_text(sheet.cell(1, 1), f"What is wrong in {name}")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for line, note in enumerate(notes, start=2):
        write_text(sheet.cell(line, 1), note)
    head = len(notes) + 3
    for column, (title, width) in enumerate(_COLUMNS, start=1):
        cell = sheet.cell(head, column, title)
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    for line, problem in enumerate(problems, start=head + 1):
        _write_line(sheet, line, problem, target(problem))
    if more:
        sheet.cell(head + 1 + len(problems), 1, f"And {more} more like these.")
    sheet.freeze_panes = sheet.cell(head + 1, 1)
    # Sheets that were selected together would be edited together.
    for one in book.worksheets:
        one.sheet_view.tabSelected = one is sheet
    book.active = 0


def _write_line(sheet: Any, line: int, problem: Problem, target: tuple[str, str] | None) -> None:
    place = problem.cell or ("the sheet" if problem.sheet else "the file")
    texts = (problem.sheet, place, problem.found, problem.expected, f"{problem.remedy}.")
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(line, column)
        write_text(cell, text)
        cell.alignment = _TOP
    if target:
        name, reference = target
        cell = sheet.cell(line, 2)
        cell.hyperlink = Hyperlink(
            ref=cell.coordinate, location=f"{quote_sheetname(name)}!{reference}"
        )
        cell.font = _LINK
