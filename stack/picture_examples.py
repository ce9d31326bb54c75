"""The workbooks that docs/budgets.md shows: three that are read, and some that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from saldo.workbooks import Layout, Problem, Rejected, read

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec")
_HEADER = ("Konto", "Tekst", *(f"{month} 26" for month in _MONTHS))
_SALES = (1010, "Salg", *[250_000] * 11, 310_000)
_WAGES = (3010, "Løn", *[90_000] * 12)
_RENT = (3210, "Husleje", *[22_500] * 12)


@dataclass(frozen=True)
class Example:
    """name: of the picture; rows: of the only sheet; bold: lines that people write so."""

    name: str
    file: str
    sheet: str
    rows: Sequence[Sequence[Any]]
    layout: Layout = field(default_factory=Layout)
    bold: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Outcome:
    """What the reader makes of an example: problems, or the cells it reads (`C2`) and a sentence about them."""

    problems: tuple[Problem, ...]
    cells: frozenset[str]
    says: str


def outcome(example: Example, folder: Path) -> Outcome:
    """Saves the example into the folder and reads it."""
    book = Workbook()
    book.active.title = example.sheet
    for row in example.rows:
        book.active.append(list(row))
    path = folder / example.file
    book.save(path)
    try:
        with read(path, example.layout) as opened:
            if example.layout.kind == "account_mapping":
                rules = list(opened.mappings())
                return Outcome((), frozenset(rule.cell for rule in rules), f"{len(rules)} rules.")
            rows = list(opened.rows())
    except Rejected as error:
        return Outcome(tuple(error.problems), frozenset(), str(error))
    months = sorted({row.period for row in rows})
    accounts = len({row.account for row in rows})
    return Outcome(
        (), frozenset(row.cell for row in rows),
        f"{len(rows)} amounts of {accounts} accounts, {months[0][0]}-{months[0][1]:02} to {months[-1][0]}-{months[-1][1]:02}.",
    )  # fmt: skip


EXAMPLES = (
    Example(
        "months", "Budget 2026.xlsx", "Budget",
        [
            ("Budget 2026, Nordlys ApS",),
            (),
            (*_HEADER, "I alt"),
            ("Omsætning",),
            (*_SALES, 3_060_000),
            (1020, "Salg, eksport", *[40_000] * 12, 480_000),
            ("Omsætning i alt", None, *[290_000] * 11, 350_000, 3_540_000),
            (),
            ("Omkostninger",),
            (*_WAGES, 1_080_000),
            (*_RENT, 270_000),
        ],
        bold=(1, 3, 4, 7, 9),
    ),
    Example(
        "lines", "Budget 2026.xlsx", "Budget",
        [
            ("Konto", "Afdeling", "Måned", "Beløb"),
            (1010, 10, "2026-01", 150_000),
            (1010, 20, "2026-01", 100_000),
            (1010, 10, "2026-02", 155_000),
            (3010, 10, "2026-01", 90_000),
            (3010, 10, "2026-02", 90_000),
        ],
    ),
    Example(
        "mapping", "Kontomapping.xlsx", "Kontomapping",
        [
            ("Konto", "Koncernkonto", "Koncernkontonavn", "Rapportlinje"),
            ("1000-1999", "R100", "Revenue", "Sales"),
            ("1310; 1320", "R200", "Other income", "Sales"),
            (3010, "P100", "Wages", "Staff"),
            ("*", "X", "Not assigned", None),
        ],
        layout=Layout(kind="account_mapping"),
    ),
    Example(
        "text", "Budget 2026.xlsx", "Budget",
        [_HEADER, _SALES, (*_WAGES[:5], "afventer", *_WAGES[6:]), _RENT],
    ),
    Example(
        "formula", "Budget 2026.xlsx", "Budget",
        [_HEADER, _SALES, (*_WAGES[:4], "=D3*1.02", *_WAGES[5:]), _RENT],
    ),
    Example(
        "total", "Budget 2026.xlsx", "Budget",
        [(*_HEADER, "I alt"), (*_SALES, 3_060_000), (*_WAGES, 1_008_000), (*_RENT, 270_000)],
    ),
    Example(
        "headers", "Budget 2026.xlsx", "Budget",
        [
            (*_HEADER,), _SALES, (),
            ("Konto", "Tekst", *(f"{month} 25" for month in _MONTHS)), (1010, "Salg", *[240_000] * 12),
        ],
        bold=(1, 4),
    ),
    Example(
        "month", "Budget 2026.xlsx", "Budget",
        [(*_HEADER[:7], *_HEADER[8:]), (*_SALES[:7], *_SALES[8:]), (*_WAGES[:7], *_WAGES[8:])],
    ),
    Example(
        "thousands", "Budget 2026.xlsx", "Budget",
        [
            ("Budget 2026 i 1.000 kr",),
            _HEADER, (1010, "Salg", *[250] * 11, 310), (3010, "Løn", *[90] * 12),
        ],
        bold=(1, 2),
    ),
    Example(
        "twice", "Budget 2026.xlsx", "Budget",
        [_HEADER, _SALES, _WAGES, (3010, "Løn, nye", *[30_000] * 12)],
    ),
)  # fmt: skip
