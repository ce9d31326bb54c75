"""`make check FILE=id` as a person runs it: what would become of files, and nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.files.dropping import wide
from tests.support import PROJECT, Sandbox, night, write_agreement

FILES = """
id: {id}
kind: {kind}
agreement: {agreement}
source: {{folder: "file://{folder}"}}
match: "*.csv"
enabled: false
"""


@pytest.fixture
def place(tmp_path: Path, dsn: str, sandbox: Sandbox) -> dict[str, str]:
    """Variables of an installation with an agreement whose books have landed, and one whose have not."""
    company = sandbox.company("checked", is_ledger_only=True, entries=50)
    assert not night(dsn, company).errors
    for name in ("agreements", "files", "good", "bad", "empty"):
        (tmp_path / name).mkdir()
    write_agreement(tmp_path / "agreements", company.id, name="Fjord ApS")
    write_agreement(tmp_path / "agreements", "later")
    says = {
        "good": (company.id, "good"), "bad": (company.id, "bad"), "early": ("later", "good"),
        "empty": (company.id, "empty"), "away": (company.id, "nowhere"), "torn": ("nobody", "good"),
    }  # fmt: skip
    for id, (agreement, folder) in says.items():
        text = FILES.format(id=id, kind="budget", agreement=agreement, folder=tmp_path / folder)
        (tmp_path / "files" / f"{id}.yaml").write_text(text)
    (tmp_path / "good" / "Budget 2026.csv").write_text(
        wide((1010, 1, "1.000,00"), (1310, 2, "50,5"))
    )
    (tmp_path / "bad" / "Budget 2026.csv").write_text(wide((9999, 1, "1,00"), (1010, 1, "five")))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
    return {
        **kept,
        "PYTHONPATH": str(PROJECT / "plugins"),
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW_CONN_SALDO_WAREHOUSE": warehouse_connection(dsn),
        "SALDO_AGREEMENTS_DIR": str(tmp_path / "agreements"),
        "SALDO_FILES_DIR": str(tmp_path / "files"),
        "SALDO_SANDBOX": "0",
    }


#: As `python -m saldo.onboarding check --files` several times, with one start of Airflow.
CHECKS = """
import sys
from saldo.onboarding.__main__ import main
print("exit codes", [main(["check", "--files", *ids.split()]) for ids in sys.argv[1:]])
"""


def test_what_would_become_of_files(place: dict[str, str], warehouse: Connection) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECKS, "good", "good nobody", "all"],
        env=place, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    for words in (
        "1 file there: Budget 2026.csv",
        "would be accepted: 24 rows of Fjord ApS",
        "Fjord ApS, budget 2026: 24 rows, sum 12,606.00",
        "Switched off: remove `enabled: false`",
        "would be refused: 13 things to correct",
        "Line 3, column 3: found “five”; expected",
        "Line 2, column 1: found account 9999; expected an account of the ledger",
        "would have to wait: the books of later have not landed yet",
        "1 of 6 file configurations are ready for a run.",
        "exit codes [0, 2, 1]",
    ):
        assert words in done.stdout, done.stderr
    for words in (
        "there is no file configuration 'nobody'; known: away, bad, early",
        "empty: nothing to try; put a file there, or correct `match` or the folder",
        "there is no such folder; make it, or correct `source.folder`",
        "torn.yaml: agreement: 'nobody' is no agreement",
    ):
        assert words in done.stderr
    # Nothing is left of it.
    for table in ("ops.file", "staging.file_budget", "ops.alert_mail"):
        assert warehouse.execute(f"select count(*) from {table}".encode()).fetchone() == (0,)
    [(count,)] = warehouse.execute(
        "select count(*) from ops.watermark where subject_kind = 'file'"
    ).fetchall()
    assert count == 0
    assert warehouse.execute("select is_called from ops.file_number").fetchone() == (False,)
