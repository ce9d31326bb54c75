"""A refused file as people know it: the sheet around its wrong cells, and below each line what is wrong in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from openpyxl.utils import get_column_letter

from saldo.workbooks.excerpts import Excerpt
from saldo.workbooks.places import area_of, in_order
from saldo.workbooks.problems import Problem


@dataclass(frozen=True)
class Cell:
    """problem: number of the first thing that is wrong with it; 0 for none."""

    text: str
    problem: int = 0


@dataclass(frozen=True)
class Row:
    """line: its number. follows: whether it stands right below the row before. said: number and problem, of those that begin in it."""

    line: int
    cells: Sequence[Cell]
    follows: bool
    is_heading: bool
    said: Sequence[tuple[int, Problem]]


@dataclass(frozen=True)
class Sheet:
    """name: empty for CSV. labels: of the columns, as people call them."""

    name: str
    labels: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Drawn:
    """sheets: with what is wrong in the cells that are shown. others: number and problem, of those that are in none of them."""

    sheets: Sequence[Sheet]
    others: Sequence[tuple[int, Problem]]


def drawn(kept: Any, problems: Sequence[Problem]) -> Drawn:
    """kept: ops.file_excerpt.sheets, or None. Problems are numbered in the order in which a person meets them."""
    excerpts = msgspec.convert(kept or [], list[Excerpt])
    numbered = list(enumerate(in_order(problems, [one.sheet for one in excerpts]), 1))
    shown: set[int] = set()
    sheets = [_sheet(one, numbered, shown) for one in excerpts]
    return Drawn(sheets, [(n, one) for n, one in numbered if n not in shown])


def _sheet(excerpt: Excerpt, numbered: Sequence[tuple[int, Problem]], shown: set[int]) -> Sheet:
    lines = {row.line for row in excerpt.rows}
    said: defaultdict[int, list[tuple[int, Problem]]] = defaultdict(list)
    wrong: dict[tuple[int, int], int] = {}
    for number, problem in numbered:
        area = area_of(problem)
        if problem.sheet != excerpt.sheet or area is None or area.line not in lines:
            continue
        shown.add(number)
        said[area.line].append((number, problem))
        last_column = area.last_column or max(excerpt.columns, default=0)
        for line in lines.intersection(range(area.line, area.last_line + 1)):
            for column in excerpt.columns:
                if area.column <= column <= last_column:
                    wrong.setdefault((line, column), number)
    labels = [get_column_letter(c) if excerpt.sheet else str(c) for c in excerpt.columns]
    rows, before = [], 0
    for row in excerpt.rows:
        cells = [
            Cell(text, wrong.get((row.line, column), 0))
            for text, column in zip(row.cells, excerpt.columns, strict=False)
        ]
        is_heading = row.line == excerpt.heading
        rows.append(Row(row.line, cells, row.line == before + 1, is_heading, said[row.line]))
        before = row.line
    return Sheet(excerpt.sheet, labels, rows)
