"""A budget in somebody's style, as a file."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from tests.workbooks.styles import CREDITS, Budget, Style, grid

_NUMBER = re.compile(r'(<c r="[A-Z]+\d+"(?: s="\d+")?(?: t="n")?>)<v>')


def write(style: Style, budget: Budget, folder: Path) -> Path:
    """The file as that person saves it. budget: each account on its own side."""
    lines, merged = grid(style, _signed(style, budget))
    path = folder / style.file_name
    if style.is_csv:
        path.write_bytes(_csv(style, lines).encode(style.encoding, errors="strict"))
        return path
    book = Workbook()
    sheet = book.active
    sheet.title = "Ark1"
    for line in lines:
        sheet.append(line)
    for top, left, bottom, right in merged:
        sheet.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)
    if style.hides is not None:
        sheet.row_dimensions[style.hides % sheet.max_row + 1].hidden = True
        sheet.column_dimensions[get_column_letter(style.hides % sheet.max_column + 1)].hidden = True
    if style.hidden_sheet:
        copy = book.copy_worksheet(sheet)
        copy.sheet_state = "hidden"
    book.save(path)
    return _calculated(path) if style.formulas else path


def _signed(style: Style, budget: Budget) -> Budget:
    if style.sign == "natural":
        return budget
    return {
        key: tuple(-v if v is not None and key[0] in CREDITS else v for v in values)
        for key, values in budget.items()
    }


def _calculated(path: Path) -> Path:
    """Every number is a formula's value, as Excel saves them."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    sheet, book = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
    parts[sheet] = _NUMBER.sub(r"\1<f>A1+B1</f><v>", parts[sheet].decode()).encode()
    parts[book] = parts[book].replace(b' fullCalcOnLoad="1"', b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return path


def _csv(style: Style, lines: list[list[object]]) -> str:
    width = max(len(line) for line in lines)
    text = io.StringIO()
    if style.sep_line:
        text.write(f"sep={style.separator}\r\n")
    writer = csv.writer(
        text,
        delimiter=style.separator,
        quoting=csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL,
    )
    for line in lines:
        cells = [_written(style, cell) for cell in line]
        writer.writerow([*cells, *[""] * (width - len(cells))])
    written = text.getvalue()
    return written if style.encoding != "cp1252" else written.replace("\u2212", "-")


def _written(style: Style, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    return f"{cell:.10f}".rstrip("0").rstrip(".") if isinstance(cell, float) else str(cell)
