"""One lap of a file of purchase documents, in a process of its own: from the warehouse to a workbook on disk.

Reads its task from standard input, prints what it measured, as bench.landing_lap does. `what` is one of `LAPS`. All take the
same rows from Postgres by the same cursor, and write the same columns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from fsspec.implementations.local import LocalFileSystem
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from saldo.exports.layouts import load_layouts
from saldo.exports.making import make_file
from saldo.exports.rows import Row, purchase_rows
from saldo.exports.store import FileStore
from saldo.exports.xlsx import MOST_LINKS, write_workbook
from saldo.warehouse.connection import connect

from .measure import Clock, memory_mb

_FORMATS = {"money": "#,##0.00", "date": "yyyy-mm-dd"}


class Task:
    """What a lap may use, made before the clock starts."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.connection = connect(values["dsn"])
        self.agreement_id: str = values["agreement_id"]
        self.folder = Path(values["folder"])
        self.path = self.folder / "file.xlsx"
        self.layout = load_layouts()["purchases"]
        self.numbers = [
            number
            for (number,) in self.connection.execute(
                "select document_number from core.purchase_document where agreement_id = %s",
                [self.agreement_id],
            )
        ]

    def rows(self) -> Iterator[Row]:
        return purchase_rows(self.connection, self.agreement_id, self.numbers)


def made(task: Task) -> int:
    """The whole of it: counted, written, opened again, stored, read back and compared."""
    store = FileStore(LocalFileSystem(), str(task.folder), f"file://{task.folder}")
    return make_file(
        task.connection, task.agreement_id, task.numbers, task.layout, task.path.name, store
    ).rows


def workbook(task: Task) -> int:
    """The workbook alone."""
    with task.path.open("wb") as file:
        return write_workbook(task.layout, task.rows(), file).rows


def openpyxl(task: Task) -> int:
    """Its write-only mode, with the same formats and links (as many as a sheet may have)."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(task.layout.sheet)
    sheet.append([column.header for column in task.layout.columns])
    count = 0
    for count, row in enumerate(task.rows(), start=1):
        cells = []
        for column in task.layout.columns:
            cell = WriteOnlyCell(sheet, row[column.value] if column.value else column.text)
            if column.link and count <= MOST_LINKS:
                cell.hyperlink = column.link.format_map(row)
            if form := _FORMATS.get(column.type):
                cell.number_format = form
            cells.append(cell)
        sheet.append(cells)
    book.save(task.path)
    return count


def pandas(task: Task) -> int:
    """to_excel as its documentation has it: values only, amounts as floats."""
    names = {column.value: column.header for column in task.layout.columns if column.value}
    frame = pd.DataFrame(
        [{header: _plain(row[name]) for name, header in names.items()} for row in task.rows()]
    )
    frame.to_excel(task.path, index=False, sheet_name=task.layout.sheet)
    return len(frame)


def _plain(value: str | int | Decimal | date | None) -> object:
    return float(value) if isinstance(value, Decimal) else value


LAPS: dict[str, Callable[[Task], int]] = {
    lap.__name__: lap for lap in (made, workbook, openpyxl, pandas)
}


def main() -> None:
    values = json.load(sys.stdin)
    task, lap = Task(values), LAPS[values["what"]]
    before = memory_mb("VmRSS")
    clock = Clock()
    rows = lap(task)
    found = {"rows": rows, "written": rows, "grown_mb": memory_mb("VmHWM") - before}
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
