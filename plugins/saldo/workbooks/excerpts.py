"""The cells around what is wrong with a file, as texts: what people see of their sheet beside the sentence that says what is wrong.

Bounded, whatever the file: a few sheets, some lines around each wrong cell, the line of headings, short texts.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

import msgspec

from saldo.workbooks import excel
from saldo.workbooks.delimited import TextSheet
from saldo.workbooks.gate import kind_of
from saldo.workbooks.header import find, fits
from saldo.workbooks.layout import Layout
from saldo.workbooks.places import Area, area_of
from saldo.workbooks.problems import Problem, Rejected
from saldo.workbooks.sheets import Line, Odd, Sheet

MOST_SHEETS, MOST_LINES, MOST_COLUMNS, LONGEST = 5, 120, 40, 80
#: Lines above and below a wrong cell.
_AROUND = 1
#: Of a sheet with something wrong in no cell in particular.
_FIRST_LINES = 8
_HEADINGS_AMONG = 30
#: MB that a configuration may let through.
_MAX_MB = 500
#: Stands for what is not kept.
MASK = "…"
_WITH_HEADER = ("budget", "account_mapping")

log = logging.getLogger(__name__)


class Row(msgspec.Struct, frozen=True):
    """line: its number, from 1. cells: one text for each of the excerpt's columns; empty for an empty cell."""

    line: int
    cells: list[str]


class Excerpt(msgspec.Struct, frozen=True):
    """Of one sheet (empty for CSV). columns: their numbers, from 1. heading: number of the line of headings; 0: not known."""

    sheet: str
    columns: list[int]
    heading: int
    rows: list[Row]


def excerpts(
    path: Path, problems: Sequence[Problem], layout: Layout, *, is_masked: bool = False
) -> list[Excerpt]:
    """Of each sheet that a problem names. path: under the file's own name. is_masked: of cells only headings and wrong ones are
    kept, the others are MASK. Never raises for what is in the file: then there is none."""
    by_sheet: defaultdict[str, list[Area]] = defaultdict(list)
    for problem in problems:
        area = area_of(problem)
        by_sheet[problem.sheet].extend([area] if area else [])
    try:
        with _sheets(path, layout) as sheets:
            wanted = [one for one in sheets if one.name in by_sheet][:MOST_SHEETS]
            found = [_excerpt(one, by_sheet[one.name], layout, is_masked) for one in wanted]
    except Exception as error:
        # Not its text: it may quote the file.
        log.info("no excerpt could be made: %s", type(error).__name__)
        return []
    return [one for one in found if one.rows]


@contextmanager
def _sheets(path: Path, layout: Layout) -> Iterator[Sequence[Sheet]]:
    if kind_of(path, max_mb=_MAX_MB) == "csv":
        yield [TextSheet(path, layout.csv, fits=lambda row: fits(row, layout))]
    else:
        with excel.workbook(path) as (sheets, _):
            yield sheets


def _excerpt(sheet: Sheet, areas: Sequence[Area], layout: Layout, is_masked: bool) -> Excerpt:
    heading = _heading(sheet, layout)
    wrong = sorted({line for area in areas for line in _lines_of(area)})
    near = [line + by for line in wrong for by in range(-_AROUND, _AROUND + 1)]
    kept = {heading} if wrong else set(range(1, _FIRST_LINES + 1))
    kept |= set(sorted({line for line in near if line > 0})[:MOST_LINES])
    lines = [Line(n, values) for n, values in _read(sheet, kept)]
    columns = _columns(lines, areas)
    bad = (
        {(line, column) for area in areas for line, column in _cells_of(area)}
        if is_masked
        else None
    )
    rows = [Row(line.number, _texts(line, columns, heading, bad)) for line in lines]
    return Excerpt(sheet.name, columns, heading, rows)


def _heading(sheet: Sheet, layout: Layout) -> int:
    if layout.kind in _WITH_HEADER:
        try:
            return find(sheet, layout).line
        except Rejected:
            return 0
    for line in _top(sheet):
        if sum(isinstance(value, str) and bool(value.strip()) for value in line.values) > 1:
            return line.number
    return 0


def _top(sheet: Sheet) -> Iterator[Line]:
    for line in sheet.lines():
        if line.number > _HEADINGS_AMONG:
            return
        yield line


def _read(sheet: Sheet, kept: Collection[int]) -> Iterator[Line]:
    last = max(kept, default=0)
    try:
        for line in sheet.lines():
            if line.number > last:
                return
            if line.number in kept:
                yield line
    except Rejected:  # quotes that are not closed: what was read until there is shown
        return


def _lines_of(area: Area) -> Iterable[int]:
    return range(area.line, min(area.last_line, area.line + MOST_LINES) + 1)


def _cells_of(area: Area) -> Iterator[tuple[int, int]]:
    last = area.last_column or MOST_COLUMNS
    for line in _lines_of(area):
        for column in range(area.column, min(last, area.column + MOST_COLUMNS) + 1):
            yield line, column


def _columns(lines: Sequence[Line], areas: Iterable[Area]) -> list[int]:
    """Those with something in them, as far as there is room; the wrong ones always."""
    used = {
        c for line in lines for c, value in enumerate(line.values, 1) if value not in (None, "")
    }
    wrong = {column for area in areas for _, column in _cells_of(area) if area.last_column}
    first = sorted(used | wrong)[:MOST_COLUMNS]
    widest = range(1, max(first, default=0) + 1)
    whole = list(widest) if len(widest) <= MOST_COLUMNS else first
    return sorted({*whole, *sorted(wrong)[:MOST_COLUMNS]})


def _texts(
    line: Line, columns: Sequence[int], heading: int, bad: Collection[tuple[int, int]] | None
) -> list[str]:
    texts = []
    for column in columns:
        text = written(line.values[column - 1]) if column <= len(line.values) else ""
        is_kept = bad is None or line.number == heading or (line.number, column) in bad
        texts.append(text if is_kept or not text else MASK)
    return texts


def written(value: object) -> str:
    """A cell's value as a text, cut where it is long."""
    match value:
        case None:
            text = ""
        case Odd():
            text = value.shown
        case bool():
            text = str(value).upper()
        case float():
            text = f"{value:.15g}"
        case datetime() if value.time() == time():
            text = value.date().isoformat()
        case datetime():
            text = value.isoformat(" ", "minutes")
        case date():
            text = value.isoformat()
        case _:
            text = str(value)
    text = text.replace("\0", "�")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
