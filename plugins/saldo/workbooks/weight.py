"""Whether a workbook may be held in memory as a whole: openpyxl takes some hundred bytes for each cell.

Merged cells and links over a range count with every cell they cover: openpyxl makes an object of each, so that a
workbook of a few bytes could fill the memory.
"""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from saldo.workbooks.marks import HasEntities

#: Limits of what is held as a whole: bytes of the file, bytes it unpacks to, and cells.
MAX_BYTES = 10_000_000
MAX_UNPACKED = 64_000_000
MAX_CELLS = 100_000
_SPREAD = ("mergeCell", "hyperlink")


def is_light(path: Path) -> bool:
    """Whether a workbook that the gate has let pass is small enough. Raises HasEntities, expat.ExpatError."""
    if path.stat().st_size > MAX_BYTES:
        return False
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            return False
        scan = _Scan()
        for part in _sheets(path):
            with archive.open(part) as file:
                if not scan.passes(file):
                    return False
    return True


def _sheets(path: Path) -> list[str]:
    """The parts that openpyxl takes for worksheets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(path, read_only=True, keep_links=False)
    try:
        return [one._worksheet_path for one in book.worksheets if hasattr(one, "_worksheet_path")]
    finally:
        book.close()


class _TooMany(Exception):
    pass


class _Scan:
    """Counts the cells of all sheets it is shown."""

    def __init__(self) -> None:
        self._cells = 0

    def passes(self, sheet: IO[bytes]) -> bool:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        try:
            parser.ParseFile(sheet)
        except _TooMany:
            return False
        return True

    def _doctype(self, *_: object) -> None:
        raise HasEntities("a sheet declares a document type")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._cells += 1
        elif name in _SPREAD and ":" in attributes.get("ref", ""):
            left, top, right, bottom = range_boundaries(attributes["ref"])
            self._cells += (right - left + 1) * (bottom - top + 1)
        if self._cells > MAX_CELLS:
            raise _TooMany
