"""A table as people make it look nice: headings over two lines, an account over the lines of its departments."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from .workbooks import Sheet, letter


def merged(sheet: Sheet, *, above_months: str) -> Sheet:
    """sheet: headings in its first line, the account in its first column, the department in its second, then twelve months. above_months:
    what stands over them."""
    heading, *lines = (list(line) for line in sheet.cells)
    two, last = heading[:2], heading[14:]
    upper = [*two, above_months, *[None] * 11, *last]
    lower = [None, None, *heading[2:14]]
    found = [upper, lower]
    places = [
        f"{letter(column)}1:{letter(column)}2" for column in (1, 2, *range(15, 15 + len(last)))
    ]
    places.append("C1:N1")
    for _, some in groupby(lines, key=lambda line: line[0]):
        first, *others = some
        start = len(found) + 1
        found += [first, *([None, *line[1:]] for line in others)]
        if others:
            places.append(f"A{start}:A{start + len(others)}")
    return replace(sheet, cells=found, merged=tuple(places))
