"""`make template`: files to fill in, empty and with an agreement's own accounts out of the warehouse."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from saldo.onboarding.__main__ import main
from saldo.workbooks import Layout, read
from tests.airflow.running import warehouse_connection
from tests.support import Sandbox, night


def test_files_are_not_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["template", "--language", "nl", "--fiscal", "2025-07", "--into", str(tmp_path)]
    assert main(words) == 0
    book, text = tmp_path / "Begroting 2025-2026.xlsx", tmp_path / "Begroting 2025-2026.csv"
    assert sorted(tmp_path.iterdir()) == [text, book]
    book.write_text("filled in")
    assert main(words) == 2
    assert "are there already; move them, or give REPLACE=1" in capsys.readouterr().err
    assert book.read_text() == "filled in"
    assert main([*words, "--replace"]) == 0
    assert book.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--fiscal", "2025-13"), "FISCAL: write the first month of the year, such as 2025-07"),
        (("--fiscal", "2025-07", "--year", "2026"), "YEAR and FISCAL say different years"),
        (
            ("--kind", "exchange_rates", "--agreement", "nordlys"),
            "AGREEMENT: exchange rates belong to no",
        ),
        (("--year", "1999"), "fiscal: write the first month of the year"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert main(["template", *words, "--into", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_agreements_own_accounts_and_last_years_figures(
    dsn: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    company = sandbox.company("filled", entries=400, is_ledger_only=True)
    night(dsn, company)
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    words = ["template", "--into", str(tmp_path), "--fiscal", "2025-07"]
    assert main([*words, "--agreement", company.id]) == 0
    path = tmp_path / f"Budget 2025-2026 {company.id}.xlsx"
    sheet, guide = load_workbook(path).worksheets
    entries = list(csv.DictReader(io.StringIO(company.truth_of("entries").decode())))
    posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if "2024-07-01" <= entry["date"] < "2025-07-01" and entry["is_opening"].lower() != "true":
            posted[entry["account_number"], entry["date"][:7]] += Decimal(entry["amount_base"])
    lines = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]]
    assert {entry["account_number"] for entry in entries} <= {str(row[0]) for row in lines}
    months = [f"{2024 + (month > 11)}-{month % 12 + 1:02}" for month in range(6, 18)]
    shown = {
        (str(row[0]), month): Decimal(str(amount))
        for row in lines
        for month, amount in zip(months, row[17:29], strict=True)
        if amount is not None
    }
    assert shown == posted
    sums = [(Decimal(str(row[16])), row[0]) for row in lines if row[16] is not None]
    assert all(s == sum(v for (n, _), v in posted.items() if n == str(of)) for s, of in sums)
    assert sheet["R1"].value == "Actual Jul 2024"
    assert next(cell.value for cell in guide["C"]) == "Department"
    assert all(row[3:15] == (None,) * 12 for row in lines)

    sheet["D2"] = 12.5
    sheet["P2"] = 12.5
    path = tmp_path / "Budget 2025-2026.xlsx"
    sheet.parent.save(path)
    with read(path, Layout()) as book:
        [row] = book.rows()
    assert (row.account, row.period, row.amount) == (str(lines[0][0]), (2025, 7), Decimal("12.5"))

    assert main([*words, "--agreement", company.id, "--kind", "account_mapping"]) == 0
    mapping = load_workbook(tmp_path / f"Account mapping {company.id}.xlsx").worksheets[0]
    numbers = [row[0] for row in mapping.iter_rows(min_row=2, values_only=True) if row[0]]
    assert numbers == [row[0] for row in lines]

    assert main([*words, "--agreement", "nobody"]) == 2
    assert "has no accounts of the agreement 'nobody'" in capsys.readouterr().err
