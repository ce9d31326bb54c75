"""A workbook from rows, written as they come: memory does not grow with their number.

The same rows give the same bytes: a workbook's date is fixed. Numbers are written as the decimals they are, dates as dates,
and texts never as formulas.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from string import Formatter
from typing import Any, BinaryIO
from urllib.parse import quote

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError, FileSizeError
from xlsxwriter.worksheet import Worksheet

from saldo.errors import DataRejected

from .layouts import Column, Layout
from .texts import safe

#: Of a sheet, its header included.
MOST_ROWS = 1_048_576
#: Links a sheet may have; those of later rows are formulas, which have no tooltip.
MOST_LINKS = 65_530
#: Characters of an address that Excel follows, and of a text within a formula: a file with longer ones is opened with a repair.
LONGEST_LINK, LONGEST_IN_FORMULA = 2_079, 255
#: What the earlier exporter's files say of themselves.
_CREATED = datetime(2019, 8, 1)  # noqa: DTZ001
#: Digits that Excel keeps of a number.
_DIGITS = Context(prec=15)
#: A number whose digits are all needed: 4000 and 46801.01, but not 04000 or 46801.10.
_NUMBER = re.compile(r"(?!-0$)-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_FIRST_DAY = date(1900, 3, 1)
_FORMATS = {"money": "#,##0.00", "date": "yyyy-mm-dd"}
_PREFIX = "saldo-export-"

Row = Mapping[str, Any]
_Write = Callable[[int, Row], None]


@dataclass
class Written:
    """What was written. rows: without the header. documents: with one row or more.

    notes: sentence without its number -> how often, of what a reader should know.
    """

    rows: int = 0
    documents: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def sentences(self) -> list[str]:
        """The notes, most frequent first."""
        return [f"{count} {what}" for what, count in self.notes.most_common() if count]


NO_LINES = "document(s) without lines, with one row each"
UNKNOWN_TAX = "line(s) whose tax rate is unknown, and with it their tax"
OTHER_TAX = "document(s) whose tax is not what its rates come to; what it lacks is on its line with most tax"
REPLACED = "text(s) with characters that a workbook cannot hold, replaced by �"
CUT = "text(s) longer than a cell, cut"
GUARDED = "text(s) that could be taken for formulas, with an apostrophe before them"
ROUNDED = "number(s) with more than the 15 digits that Excel keeps, rounded"
LONG_LINK = "address(es) longer than a workbook can hold, without their link"
OLD_DATE = "date(s) before March 1900, which Excel cannot hold, as texts"


def write_workbook(
    layout: Layout, rows: Iterable[Row], into: BinaryIO, *, folder: str | None = None
) -> Written:
    """Write all rows to a file that is open for writing. folder: for what is put aside meanwhile, on this machine.

    Raises DataRejected when a sheet cannot hold them, and whatever reading them raises; then what was written is no workbook.
    """
    with tempfile.TemporaryDirectory(
        prefix=_PREFIX, dir=folder, ignore_cleanup_errors=True
    ) as aside:
        book = Workbook(
            into,
            {
                "constant_memory": True,
                "tmpdir": aside,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        book.set_properties({"created": _CREATED})
        try:
            sheet = _Sheet(book, layout)
            for row in rows:
                sheet.write(row)
            sheet.finish()
            _close(book)
        finally:
            _let_go(book)
    return sheet.written


def _close(book: Workbook) -> None:
    try:
        book.close()
    except FileSizeError:
        raise too_many() from None
    except FileCreateError as error:
        raise OSError(*getattr(error.__context__, "args", ())) from None


def _let_go(book: Workbook) -> None:
    """Close what a sheet was put aside in: only a book that was closed well has done so."""
    for sheet in book.worksheets():
        if sheet.row_data_fh is not None:
            sheet.row_data_fh.close()


class _Sheet:
    """The sheet that is being written."""

    def __init__(self, book: Workbook, layout: Layout) -> None:
        self.written = Written()
        self._layout = layout
        self._sheet: Worksheet = book.add_worksheet(layout.sheet)
        self._ways: dict[str, Callable[[int, int, Any, Any], None]] = {
            "text": self._text, "code": self._code, "date": self._date, "number": self._number, "money": self._number,
        }  # fmt: skip
        self._links = self._filled = 0
        self._document: object = None
        self._columns: list[_Write] = [
            self._begin(place, column, book) for place, column in enumerate(layout.columns)
        ]
        self._sheet.freeze_panes(1, 0)

    def write(self, row: Row) -> None:
        """The next row."""
        line = self.written.rows + 1
        if line >= MOST_ROWS:
            raise too_many()
        for write in self._columns:
            write(line, row)
        if self._filled != line:
            # A row in which nothing stands is counted all the same.
            self._sheet.write_string(line, 0, "")
        self.written.rows = line
        self._note(row)

    def finish(self) -> None:
        """After the last row."""
        if self._layout.has_filter:
            self._sheet.autofilter(0, 0, self.written.rows, len(self._columns) - 1)

    def _note(self, row: Row) -> None:
        notes = self.written.notes
        if row.get("document_number") != self._document or not self.written.documents:
            self._document = row.get("document_number")
            self.written.documents += 1
        for name, what in _FLAGS.items():
            if row.get(name):
                notes[what] += 1

    def _begin(self, place: int, column: Column, book: Workbook) -> _Write:
        """Width and header of a column; how its cells are written."""
        bold = book.add_format({"bold": True}) if column.is_header_bold else None
        self._sheet.set_column(place, place, column.width)
        self._sheet.write_string(0, place, safe(column.header).text, bold)
        look: dict[str, Any] = {}
        if column.color:
            look["font_color"] = f"#{column.color}"
        if column.type in _FORMATS:
            look["num_format"] = _FORMATS[column.type]
        style = book.add_format(look) if look else None
        if column.type == "link":
            return self._link(place, column, style)
        if column.constant is not None:
            constant = column.constant
            return lambda line, row: self._text(line, place, constant, style)
        return self._value(place, column, style)

    def _value(self, place: int, column: Column, style: Any) -> _Write:
        name = column.value or ""
        write = self._ways[column.type]
        if column.map is None:

            def as_it_is(line: int, row: Row) -> None:
                if (value := row[name]) is not None:
                    write(line, place, value, style)

            return as_it_is
        translation = column.map

        def translated(line: int, row: Row) -> None:
            if (value := translation.get(str(row[name]))) is not None:
                write(line, place, value, style)

        return translated

    def _link(self, place: int, column: Column, style: Any) -> _Write:
        template = column.link or ""
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        text = safe(column.text).text

        def link(line: int, row: Row) -> None:
            values = {name: row[name] for name in names}
            if None in values.values():
                return
            address = template.format_map({n: quote(str(v), safe="") for n, v in values.items()})
            self._filled = line
            is_formula = self._links >= MOST_LINKS
            if len(address) > (LONGEST_IN_FORMULA if is_formula else LONGEST_LINK):
                self.written.notes[LONG_LINK] += 1
                self._sheet.write_string(line, place, text)
                return
            self._links += 1
            if not is_formula:
                self._sheet.write_url(line, place, address, style, text, column.tooltip)
                return
            formula = f'=HYPERLINK("{_quoted(address)}","{_quoted(text)}")'
            self._sheet.write_formula(line, place, formula, style, text)

        return link

    def _text(self, line: int, place: int, value: object, style: Any) -> None:
        found = safe(value if isinstance(value, str) else _plain(value))
        for what in found.changes:
            self.written.notes[_CHANGES[what]] += 1
        if found.text:
            self._filled = line
            self._sheet.write_string(line, place, found.text, style)

    def _number(self, line: int, place: int, value: Decimal | int, style: Any) -> None:
        exact = Decimal(value)
        number = _DIGITS.plus(exact)
        if number != exact:
            self.written.notes[ROUNDED] += 1
        self._filled = line
        # A Decimal is written digit by digit; a float would come out as 9.949999999999999 for 9.95.
        self._sheet.write_number(line, place, number or Decimal(0), style)

    def _code(self, line: int, place: int, value: str, style: Any) -> None:
        """A number where that says the same: 4000, but not 04000 or 46801.10."""
        if _NUMBER.fullmatch(value) and len(value) <= _DIGITS.prec:
            self._number(line, place, Decimal(value), style)
        else:
            self._text(line, place, value, style)

    def _date(self, line: int, place: int, value: date, style: Any) -> None:
        if value < _FIRST_DAY:
            self.written.notes[OLD_DATE] += 1
            self._text(line, place, value.isoformat(), None)
        else:
            self._filled = line
            self._sheet.write_datetime(line, place, value, style)


_CHANGES = {"replaced": REPLACED, "cut": CUT, "guarded": GUARDED}
_FLAGS = {
    "has_no_lines": NO_LINES,
    "has_unknown_tax_rate": UNKNOWN_TAX,
    "has_other_tax": OTHER_TAX,
}


def too_many(rows: int | None = None) -> DataRejected:
    """What is said of rows that a sheet cannot hold. rows: their number, where it is known."""
    found = "there are" if rows is None else f"{rows:,} rows are"
    return DataRejected(
        f"{found} more than the {MOST_ROWS - 1:,} rows that a sheet holds below its header; choose fewer documents, such as "
        "those of a year"
    )


def _plain(value: object) -> str:
    """A number as people write it: 21, not 21.0000."""
    if not isinstance(value, Decimal):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(text: str) -> str:
    """A text within the quotes of a formula."""
    return text.replace('"', '""')
