"""A file that was written, opened again."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook


def rows_in(path: Path, sheet: str) -> int:
    """How many rows stand below a sheet's header. Raises what openpyxl raises for a file that is no workbook."""
    book = load_workbook(path, read_only=True)
    try:
        return sum(1 for _ in book[sheet].iter_rows(min_row=2, max_col=1))
    finally:
        book.close()
