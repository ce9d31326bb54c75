"""Sheets of a workbook, streamed by openpyxl. Macros are never run and formulas never calculated: what Excel saved
as a cell's value is what is read."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from saldo.errors import SaldoError
from saldo.workbooks.currencies import of_format
from saldo.workbooks.gate import damaged
from saldo.workbooks.marks import HasEntities, Marks, marks_of
from saldo.workbooks.problems import rejected
from saldo.workbooks.sheets import MAX_COLUMNS, InCurrency, InThousands, Line, Odd

_BOMBS = (DefusedXmlException, HasEntities)
#: What parsers raise for files that are not as they should be.
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ParseError, expat.ExpatError, KeyError, ValueError, TypeError,
    AttributeError, IndexError, EOFError, OSError, NotImplementedError,
)  # fmt: skip
_ZEROS = re.compile(r"0{2,}")
#: A comma behind the last digit of a format divides what is shown by a thousand.
_DIVIDED = re.compile(r"[0#?],+(?![0#?,.])")


class ExcelSheet:
    """One visible worksheet (`Sheet`)."""

    def __init__(self, worksheet: Any, archive: Any, *, is_calculated: bool) -> None:
        self.name: str = worksheet.title
        self._worksheet = worksheet
        self._archive = archive
        self._is_calculated = is_calculated

    @cached_property
    def _marks(self) -> Marks:
        with _translated(), self._archive.open(self._worksheet._worksheet_path) as file:
            return marks_of(file, is_calculated=self._is_calculated)

    def lines(self) -> Iterator[Line]:
        """See `Sheet.lines`."""
        marks = self._marks
        doubted = bool(marks.uncalculated or marks.elsewhere)
        # What a sheet says of its own size is often wrong: formatted, never filled, or left out.
        self._worksheet.reset_dimensions()
        with _translated():
            for number, cells in enumerate(self._worksheet.iter_rows(), start=1):
                values: list[object] = [_value(cell) for cell in cells[:MAX_COLUMNS]]
                if doubted:
                    self._doubt(number, values)
                yield Line(number, values)

    def _doubt(self, number: int, values: list[object]) -> None:
        marks = self._marks
        for column in range(len(values)):
            if (formula := marks.uncalculated.at(number, column)) is not None:
                values[column] = Odd("uncalculated", formula)
            elif (formula := marks.elsewhere.at(number, column)) is not None:
                values[column] = Odd("elsewhere", formula)

    def place(self, line: int, column: int) -> str:
        """See `Sheet.place`: `D7`."""
        return f"{get_column_letter(column + 1)}{line}"

    def merged_from(self, line: int, column: int) -> int | None:
        """See `Sheet.merged_from`."""
        for first, last in self._marks.merged.get(line, ()):
            if first <= column <= last:
                return first
        return None

    def is_merged(self, line: int, column: int) -> bool:
        """See `Sheet.is_merged`."""
        merged = self._marks.merged.get(line)
        return merged is not None and any(first <= column <= last for first, last in merged)

    def tall(self) -> Mapping[int, Sequence[tuple[int, int, int]]]:
        """See `Sheet.tall`."""
        return self._marks.tall

    def is_hidden(self, line: int, column: int) -> bool:
        """See `Sheet.is_hidden`."""
        return line in self._marks.hidden_lines or column in self._marks.hidden_columns


def _value(cell: Any) -> object:
    value = cell.value
    if value is None or isinstance(value, str):
        if value is not None and cell.data_type == "e":
            return Odd("error", value)
        return value
    if cell.data_type == "n" and cell._style_id:
        form = cell.number_format
        if "%" in form:
            return Odd("percent", f"{value * 100:.10g} %")
        currency = of_format(form)
        if _DIVIDED.search(form):
            return InThousands.of(value, currency)
        if isinstance(value, int) and _ZEROS.fullmatch(form):
            return str(value).zfill(len(form))
        if currency:
            return InCurrency.of(value, currency)
    return value


@contextmanager
def workbook(path: Path) -> Iterator[tuple[list[ExcelSheet], list[str]]]:
    """Visible sheets and the names of hidden ones, while the file is open. Raises Rejected."""
    with _translated(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that openpyxl leaves out
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [one for one in book.worksheets if hasattr(one, "reset_dimensions")]
        with _translated():
            is_calculated = _is_calculated(book._archive)
        visible = [
            ExcelSheet(one, book._archive, is_calculated=is_calculated)
            for one in sheets
            if one.sheet_state == "visible"
        ]
        if not sheets:
            raise rejected(
                "a workbook without a worksheet that can be read",
                "a worksheet with a table",
                "Put the table on a worksheet, not on a chart",
            )
        yield visible, [s.title for s in sheets if s.sheet_state != "visible"]
    finally:
        book.close()


def _is_calculated(archive: zipfile.ZipFile) -> bool:
    """Whether values of formulas are Excel's: a program that writes a workbook asks Excel to calculate it on opening,
    and may write 0 until then. (What openpyxl says of it is its own default.)"""
    root = fromstring(archive.read("xl/workbook.xml"))
    asks = [one.get("fullCalcOnLoad") for one in root if one.tag.endswith("}calcPr")]
    return not any(one in ("1", "true") for one in asks)


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever a parser makes of a damaged file, in a person's words."""
    try:
        yield
    except SaldoError:
        raise
    except (*_BOMBS, *_BROKEN) as error:
        # openpyxl makes a ValueError of whatever stops it, and keeps the cause.
        if isinstance(error, _BOMBS) or isinstance(error.__cause__, _BOMBS):
            raise rejected(
                "XML entities, which no workbook of Excel has",
                "a workbook made by Excel",
                "Copy the table into a new workbook and upload that one",
            ) from error
        raise damaged() from error
