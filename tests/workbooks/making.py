"""Small files for tests, and the sentences the reader has for them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from saldo.workbooks import Layout, Problem, Rejected, read
from saldo.workbooks.periods import Month

MONTHS = ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
HEADER = ["Konto", "Tekst", *MONTHS]
TEN = [10] * 12
Y2026 = Layout(fiscal_year=2026)


def workbook(
    folder: Path,
    *sheets: Sequence[Sequence[Any]],
    name: str = "Budget 2026.xlsx",
    title: str = "Ark",
) -> Path:
    """A workbook of these lines, a sheet each."""
    book = Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets, 1):
        sheet = book.create_sheet(f"{title}{number}")
        for line in lines:
            sheet.append(list(line))
    path = folder / name
    book.save(path)
    return path


def edited(path: Path, part: str, old: str, new: str) -> Path:
    """The same zip with a change in the XML of one part; what openpyxl would not write."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    text = parts[part].decode()
    assert old in text
    parts[part] = text.replace(old, new, 1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return path


def text_file(
    folder: Path, text: str, name: str = "Budget 2026.csv", encoding: str = "utf-8"
) -> Path:
    """A CSV file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def amounts(path: Path, layout: Layout = Layout()) -> dict[tuple[str, Month], Decimal]:  # noqa: B008
    """Account and month -> amount."""
    with read(path, layout) as book:
        return {(row.account, row.period): row.amount for row in book.rows()}


def problems(path: Path, layout: Layout = Layout()) -> list[Problem]:  # noqa: B008
    """What is wrong with a file; a file that is accepted fails the test."""
    try:
        with read(path, layout) as book:
            rows = list(book.rows() if layout.kind == "budget" else book.mappings())
    except Rejected as error:
        return error.problems
    raise AssertionError(f"accepted: {rows}")


def sentence(path: Path, layout: Layout = Layout()) -> str:  # noqa: B008
    """The only problem of a file, as people read it."""
    (only,) = problems(path, layout)
    return str(only)
