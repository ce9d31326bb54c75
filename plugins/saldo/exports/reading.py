"""A file that was written, opened again."""

from __future__ import annotations

import zlib
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

_PART = "xl/worksheets/sheet1.xml"
_ROW = b"</row>"
_AT_ONCE = 1 << 20


class NoWorkbook(Exception):
    """Why a file is no workbook, as its reader says it."""


def rows_in(path: Path, sheet: str) -> int:
    """How many rows stand below the header of the only sheet, whose name must be this; -1 where it does not say the same of
    itself.

    openpyxl opens the workbook; rows are counted in the sheet's XML, parsed to its end, a tenth of the time that openpyxl
    takes for its cells. Raises NoWorkbook.
    """
    try:
        said, found = _said(path, sheet), _rows(path)
    except (BadZipFile, KeyError, ValueError, ExpatError, ParseError, zlib.error) as error:
        raise NoWorkbook(f"{type(error).__name__}: {error}") from None
    return found - 1 if found == said else -1


def _said(path: Path, sheet: str) -> int:
    book = load_workbook(path, read_only=True)
    try:
        return int(book[sheet].max_row)
    finally:
        book.close()


def _rows(path: Path) -> int:
    parser = ParserCreate()
    count, rest = 0, b""
    with ZipFile(path) as archive, archive.open(_PART) as part:
        while chunk := part.read(_AT_ONCE):
            parser.Parse(chunk)
            # In a text there is no <: it is written as &lt;.
            joined = rest + chunk
            count += joined.count(_ROW)
            rest = joined[1 - len(_ROW) :]
        parser.Parse(b"", True)
    return count
