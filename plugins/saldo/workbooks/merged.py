"""Cells that are merged over several lines: what the first one says holds for all of them.

A file keeps only the first cell's value. What a program left in the others is not seen in Excel, and is not believed either.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from saldo.workbooks.sheets import Line, Sheet


def filled(sheet: Sheet, *, below: int = 0, but: Container[int] = ()) -> Iterator[Line]:
    """The lines of a sheet; cells below the first of a merged one that begins below a line have its value. but: columns that
    are left as they are."""
    tall = {line: cells for line, cells in sheet.tall().items() if line > below}
    if not tall:
        yield from sheet.lines()
        return
    held: dict[int, tuple[int, object]] = {}
    for line in sheet.lines():
        values = line.values
        held = {column: one for column, one in held.items() if one[0] >= line.number}
        if held:
            width = max(len(values), max(held) + 1)
            values = [*values, *[None] * (width - len(values))]
            for column, (_, value) in held.items():
                values[column] = value
            line = Line(line.number, values)
        for first, _, bottom in tall.get(line.number, ()):
            if first not in but and first < len(values):
                held[first] = (bottom, values[first])
        yield line


def tops(sheet: Sheet, *, below: int = 0) -> Mapping[tuple[int, int], int]:
    """(line, column) -> the line where the value of such a cell stands, of all that `filled` fills."""
    return {
        (line, first): top
        for top, cells in sheet.tall().items()
        if top > below
        for first, _, bottom in cells
        for line in range(top + 1, bottom + 1)
    }
