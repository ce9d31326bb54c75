"""Files opened by LibreOffice, saved by it as a workbook and as CSV, and the CSV opened again."""

from __future__ import annotations

import csv
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from saldo.exports.layouts import load_layouts
from saldo.exports.making import make_file
from saldo.exports.rows import purchase_rows
from saldo.warehouse.connection import Connection
from tests.exports.papers import Books, cells, local

NAME = "purchase-export-20260301_101500-0001.xlsx"
#: Separator, quotes, UTF-8, from the first line on; values as they are, not as they are shown.
_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false"
ODD = [
    "=1+1", "@SUM(A1)", "-2+3", "+1+cmd|' /C calc'!A0", "\t=1", "'=1", "Café “Zoë” & <zoon>", "regel 1\nregel 2",
    " blanks ", "00042", "1E5", "2026-01-01", "TRUE", "_x0041_", "<r>x</r>", "x" * 32_767, "日本 𝄞", '"',
]  # fmt: skip


@pytest.fixture(scope="module")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Any:
    program = shutil.which("soffice")
    assert program, "LibreOffice is not here: tests/debian.sh installs it"
    profile = tmp_path_factory.mktemp("profile")

    def convert(path: Path, form: str, into: Path) -> Path:
        done = subprocess.run(
            [
                program, "--headless", "--norestore", f"-env:UserInstallation=file://{profile}", "--convert-to", form,
                "--outdir", str(into), str(path),
            ],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        found = into / f"{path.stem}.{form.partition(':')[0]}"
        assert found.exists(), done.stdout + done.stderr
        return found

    return convert


@pytest.fixture(scope="module")
def convert_all(soffice: Any) -> Any:
    """A workbook, as LibreOffice saves it: as a workbook, as CSV, and that CSV again as a workbook."""

    def convert(path: Path, folder: Path) -> tuple[Path, Path, Path]:
        places = [folder / name for name in ("saved", "csv", "again")]
        for place in places:
            place.mkdir()
        saved = soffice(path, "xlsx", places[0])
        text = soffice(path, _CSV, places[1])
        return saved, text, soffice(text, "xlsx", places[2])

    return convert


def test_libreoffice_reads_what_the_documents_say(
    warehouse: Connection, tmp_path: Path, convert_all: Any
) -> None:
    books = Books(warehouse)
    number = books.document(
        *({"net_amount": Decimal(n) * Decimal("9.95"), "description": text} for n, text in enumerate(ODD)),
        number="412233445566000001", gross_amount="2000", due_date=date(2026, 3, 27), reference="=1+1",
    )  # fmt: skip
    usd = books.document(
        {
            "net_amount": "-0.5000", "net_amount_base": "-0.4600", "account_number": "A2", "quantity": "2.5",
            "period_start": date(2026, 1, 1), "period_end": date(2026, 2, 28),
        },
        {"net_amount": "0", "net_amount_base": "0", "vat_code": "gone"},
        currency="USD", exchange_rate="0.92", gross_amount="-0.61", gross_amount_base="-0.56", supplier_number="K2",
    )  # fmt: skip
    numbers = [number, usd, books.document(net_amount="10", gross_amount="12.10")]
    layout = load_layouts()["purchases"]
    made = make_file(warehouse, books.id, numbers, layout, NAME, local(tmp_path / "store"))
    path = tmp_path / "store" / made.path
    saved, text, again = convert_all(path, tmp_path)

    ours, theirs = cells(path), cells(saved)
    # LibreOffice keeps _x0041_ as five signs where openpyxl reads what stands in the file.
    assert [_plain(row) for row in theirs] == [_plain(row) for row in ours]
    _assert_as_the_rows_say(theirs, [*purchase_rows(warehouse, books.id, numbers)], layout)
    sheet = load_workbook(saved).worksheets[0]
    assert sheet.title == "Moblybird export"
    assert sheet.auto_filter.ref == f"A1:Z{len(ours) + 1}"
    assert sheet["B2"].hyperlink.target.endswith("/documents/412233445566000001")
    assert sheet["E2"].is_date
    assert not [
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]

    with text.open(encoding="utf-8", newline="") as file:
        lines = [*csv.DictReader(file)]
    assert [line["id"] for line in lines] == [row["id"] for row in ours]
    shown = [_unescaped(row["omschrijving"] or "") for row in ours]
    assert [line["omschrijving"] for line in lines] == shown
    book = load_workbook(again)
    found = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert not [cell.coordinate for cell in found if cell.data_type == "f"]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _unescaped(value) if isinstance(value, str) else value for name, value in row.items()
    }


def _unescaped(text: str) -> str:
    return text.replace("_x005F_", "_")


def _assert_as_the_rows_say(found: list[dict[str, Any]], rows: list[Any], layout: Any) -> None:
    """Column by column: numbers as decimals, dates as dates, texts as texts (those of `ODD` are looked at above)."""
    assert len(found) == len(rows)
    for column in layout.columns:
        if column.value in (None, "description", "account_code", "reference"):
            continue
        expected = [row[column.value] for row in rows]
        shown = [row[column.header] for row in found]
        if column.type in ("money", "number"):
            shown = [None if value is None else Decimal(repr(value)) for value in shown]
        assert shown == expected, column.header
    assert {row["categorienummer"] for row in found} == {4000, "04010", None}
