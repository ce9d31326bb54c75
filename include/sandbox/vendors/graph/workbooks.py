"""Files of people as bytes: the same content gives the same bytes, and each knows what it says."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from .budgets import Fact

_MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001 (workbooks know no zones)
Cells = Sequence[Sequence[object]]


class Paper(bytes):
    """A file's content. facts: what facts must hold once it was read; None where it cannot be read. says: what a file configuration
    must say to read it, beside its source; none for files that nobody is to read."""

    facts: Sequence[Fact] | None
    says: Mapping[str, Any]

    @classmethod
    def of(cls, content: bytes, facts: Sequence[Fact] | None, says: Mapping[str, Any]) -> Self:
        paper = cls(content)
        paper.facts, paper.says = facts, says
        return paper


@dataclass(frozen=True)
class Sheet:
    """merged: ranges. hidden_rows from 1; hidden_columns as letters."""

    name: str
    cells: Cells
    merged: tuple[str, ...] = ()
    is_hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[str, ...] = ()


def workbook(*sheets: Sheet) -> bytes:
    book = Workbook()
    book.properties.created = book.properties.modified = _MOMENT
    book.remove(book.active)
    for one in sheets:
        page = book.create_sheet(one.name)
        for line in one.cells:
            page.append(list(line))
        for line in page.iter_rows():
            for cell in line:
                if isinstance(cell.value, date):
                    cell.number_format = "mmm yyyy"
        for place in one.merged:
            page.merge_cells(place)
        for row in one.hidden_rows:
            page.row_dimensions[row].hidden = True
        for letter in one.hidden_columns:
            page.column_dimensions[letter].hidden = True
        page.sheet_state = "hidden" if one.is_hidden else "visible"
    book.active = next(place for place, one in enumerate(sheets) if not one.is_hidden)
    draft = io.BytesIO()
    book.save(draft)
    return _without_times(draft.getvalue())


def text_file(cells: Cells, *, encoding: str, separator: str, first: str = "") -> bytes:
    """A CSV file. first: a line above everything."""
    draft = io.StringIO()
    writer = csv.writer(draft, delimiter=separator, lineterminator="\r\n")
    writer.writerows([["" if value is None else value for value in line] for line in cells])
    above = f"{first}\r\n" if first else ""
    return (above + draft.getvalue()).encode(encoding)


def letter(column: int) -> str:
    """Of a column, from 1."""
    found: str = get_column_letter(column)
    return found


def plain(rows: Iterable[Sequence[object]], *, sheet: str) -> bytes:
    """A workbook of one sheet."""
    return workbook(Sheet(sheet, list(rows)))


def _without_times(data: bytes) -> bytes:
    """The same archive, whose parts say no moment at which they were written."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            named = zipfile.ZipInfo(part.filename, (2026, 1, 1, 0, 0, 0))
            new.writestr(named, _body(old, part), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _body(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    body = archive.read(part)
    if part.filename != "docProps/core.xml":
        return body
    start, end = body.find(b"<dcterms:modified"), body.find(b"</cp:coreProperties>")
    return body[:start] + body[end:] if start > 0 else body
