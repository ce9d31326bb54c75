"""Where in a file a problem is: `D7`, `D7:F9`, `line 17, column 3`, or nowhere in particular."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from openpyxl.utils.cell import range_boundaries

from saldo.workbooks.problems import Problem

_CELLS = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}(:[A-Z]{1,3}[1-9]\d{0,6})?")
_LINE = re.compile(r"line (\d+)(?:, column (\d+))?")
_LAST_LINE, _LAST_COLUMN = 1_048_576, 16_384


class Area(NamedTuple):
    """Cells; lines and columns from 1, the last ones included. A last column of 0: the whole line."""

    line: int
    column: int
    last_line: int
    last_column: int


def area_of(problem: Problem) -> Area | None:
    """The cells a problem is about; None where it is about a sheet or the file."""
    if _CELLS.fullmatch(problem.cell):
        left, top, right, bottom = range_boundaries(problem.cell)
        if left <= right <= _LAST_COLUMN and top <= bottom <= _LAST_LINE:
            return Area(top, left, bottom, right)
    if found := _LINE.fullmatch(problem.cell):
        line, column = int(found[1]), int(found[2] or 0)
        return Area(line, column or 1, line, column)
    return None


def in_order(problems: Sequence[Problem], sheets: Sequence[str] = ()) -> list[Problem]:
    """As a person meets them: what is about the file, then sheet by sheet and line by line.

    sheets: their order; the others follow as they come.
    """
    order = {name: place for place, name in enumerate(dict.fromkeys(["", *sheets]))}
    for problem in problems:
        order.setdefault(problem.sheet, len(order))

    def place(problem: Problem) -> tuple[int, Area]:
        return order[problem.sheet], area_of(problem) or Area(0, 0, 0, 0)

    return sorted(problems, key=place)
