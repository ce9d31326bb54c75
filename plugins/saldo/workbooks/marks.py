"""What openpyxl's streaming reader does not tell of a sheet: hidden rows and columns, merged cells, formulas
without a value, formulas that look into another workbook. One pass of expat over the sheet's XML.

ECMA-376 part 1, 18.3.1 (sheet data). A document type declaration is refused: a sheet has none, and entities in
one can expand without end.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

#: `[1]Sheet!A1` names another workbook; `Table1[2026]` does not.
_ELSEWHERE = re.compile(r"(?<![\w\]])\[\d+\][^\[\]]*!")

#: Columns of a sheet; formulas whose text is kept.
_WIDTH = 16_384
_TEXTS = 2000


class HasEntities(ValueError):
    """The XML declares a document type."""


class Formulas:
    """Cells and their formulas, in eight bytes each: a sheet may have millions. The first have their text."""

    def __init__(self) -> None:
        self._places = array("Q")
        self._texts: dict[int, str] = {}
        self._is_sorted = True

    def add(self, line: int, column: int, text: str) -> None:
        """One more; line from 1, column from 0."""
        place = line * _WIDTH + column
        if self._places and place < self._places[-1]:
            self._is_sorted = False
        self._places.append(place)
        if len(self._texts) < _TEXTS:
            self._texts[place] = text

    def at(self, line: int, column: int) -> str | None:
        """The formula of a cell; None where it is none of these."""
        if not self._is_sorted:
            self._places = array("Q", sorted(self._places))
            self._is_sorted = True
        place = line * _WIDTH + column
        index = bisect_left(self._places, place)
        if index == len(self._places) or self._places[index] != place:
            return None
        return self._texts.get(place, "=…")

    def __bool__(self) -> bool:
        return bool(self._places)


@dataclass
class Marks:
    """Lines from 1, columns from 0. merged: of each line, (first, last) columns of merged cells; tall: of the line where
    a merged cell begins, (first column, last column, last line), where that is another line.

    uncalculated: formulas without a value; elsewhere: those that look into another workbook.
    """

    hidden_lines: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    tall: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    uncalculated: Formulas = field(default_factory=Formulas)
    elsewhere: Formulas = field(default_factory=Formulas)


def marks_of(sheet: IO[bytes], *, is_calculated: bool = True) -> Marks:
    """is_calculated: whether Excel has saved the values of formulas; if not, none of them is one. Raises HasEntities; expat.ExpatError for what is no XML."""
    return _Scan(is_calculated).run(sheet)


class _Scan:
    def __init__(self, is_calculated: bool) -> None:
        self.marks = Marks()
        self._is_calculated = is_calculated
        self._cell = (0, 0)
        self._type = ""
        self._formula: str | None = None
        self._value = ""
        self._text: list[str] | None = None
        self._shared: dict[str, str] = {}
        self._si: str | None = None

    def run(self, sheet: IO[bytes]) -> Marks:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ParseFile(sheet)
        return self.marks

    def _doctype(self, *_: object) -> None:
        raise HasEntities("a sheet declares a document type")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._text = []
        elif name == "f":
            self._text = []
            self._si = attributes.get("si")
        elif name == "row":
            number = attributes.get("r")
            self._cell = (int(float(number)) if number else self._cell[0] + 1, -1)
            if attributes.get("hidden") in ("1", "true"):
                self.marks.hidden_lines.add(self._cell[0])
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes["min"]), int(attributes["max"])
            self.marks.hidden_columns |= set(range(first - 1, min(last, 1000)))
        elif name == "mergeCell":
            self._merge(attributes["ref"])

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if place := attributes.get("r"):
            line, column = coordinate_to_tuple(place)
            self._cell = (line, column - 1)
        else:
            self._cell = (self._cell[0], self._cell[1] + 1)
        self._type = attributes.get("t", "n")
        self._formula, self._value, self._si = None, "", None

    def _merge(self, ref: str) -> None:
        left, top, right, bottom = range_boundaries(ref)
        for line in range(top, min(bottom, top + 100) + 1):
            self.marks.merged.setdefault(line, []).append((left - 1, right - 1))
        if bottom > top:
            self.marks.tall.setdefault(top, []).append((left - 1, right - 1, bottom))

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "v":
            self._value, self._text = "".join(self._text or ()), None
        elif name == "f":
            self._end_formula("".join(self._text or ()))
        elif name == "c" and self._formula is not None:
            if not self._is_calculated or (not self._value and self._type != "str"):
                self.marks.uncalculated.add(*self._cell, self._formula)
            elif _ELSEWHERE.search(self._formula):
                self.marks.elsewhere.add(*self._cell, self._formula)

    def _end_formula(self, text: str) -> None:
        self._text = None
        if self._si is not None:
            text = self._shared.setdefault(self._si, text)
        self._formula = f"={text}"
