"""`make check EXPORT=organisation` as a person runs it: what keeps expenses from their accounting system, and nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from deploy.sandbox import vendor_connections
from saldo.warehouse.connection import Connection
from tests.airflow.running import airflow, home, warehouse_connection
from tests.support import PROJECT, Sandbox

FILE = PROJECT / "include" / "sandbox" / "exports" / "fjorddrift.yaml"
#: As `python -m saldo.onboarding check --exports` several times, with one start of Airflow.
CHECKS = """
import sys
from saldo.onboarding.__main__ import main
print("exit codes", [main(["check", "--exports", *ids.split()]) for ids in sys.argv[1:]])
"""


def _written(folder: Path, organisation: str, **changes: str) -> None:
    """Fjord Drift's file under another name, and with some words in place of others."""
    text = FILE.read_text().replace("organisation: fjorddrift", f"organisation: {organisation}")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / f"{organisation}.yaml").write_text(text)


@pytest.fixture
def place(tmp_path: Path, dsn: str, sandbox: Sandbox) -> dict[str, str]:
    """Variables of an installation with good files and others."""
    folder = tmp_path / "exports"
    folder.mkdir()
    _written(folder, "good")
    _written(folder, "unset", **{"journal: SALDO": "journal: NOBODY", '"4410"': '"4711"', "to: PROJEKT": "to: PROSJEKT"})  # fmt: skip
    _written(folder, "elsewhere", **{"company: FJORD DRIFT": "company: FJORD BYGG"})
    _written(folder, "sandboxed", **{"environment: Production": "environment: Sandbox"})
    _written(folder, "lost", **{"connection: business_central_fjorddrift": "connection: nobodys"})
    (folder / "torn.yaml").write_text("organisation: torn\ntarget: xledger\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
    return {
        **kept,
        **home(tmp_path / "home", tmp_path, dsn),
        **vendor_connections(sandbox.url),
        "AIRFLOW_CONN_SALDO_WAREHOUSE": warehouse_connection(dsn),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "COLUMNS": "2000",
        "SALDO_EXPORTS_DIR": str(folder),
    }


def test_what_keeps_expenses_from_their_system(
    place: dict[str, str], sandbox: Sandbox, warehouse: Connection
) -> None:
    airflow(place, "db", "migrate")
    airflow(place, "pools", "import", str(PROJECT / "include" / "pools.json"))
    asked = {
        "do": "ask",
        "environment": "Production",
        "path": "journals",
        "body": {"code": "SALDO"},
    }
    books = f"{sandbox.url}/sandbox/companies/fjorddrift"
    requests.post(f"{books}/business_central", json=asked, timeout=30)
    before = requests.get(f"{books}/truth/business-central", timeout=30).json()
    done = subprocess.run(
        [sys.executable, "-c", CHECKS, "good", "good unset", "elsewhere", "sandboxed", "lost", "torn", "nobody"],
        env=place, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    said = " ".join((done.stdout + done.stderr).split())
    for words in (
        "Fjordgruppen Drift AS: company", "Expenses would be sent.",
        "the company has all that the file names (7 accounts, 2 VAT codes, 2 dimensions)",
        "account 4711, which the company does not have", "no journal batch NOBODY",
        "dimension PROSJEKT, which the company does not have", "1 of 2 accounting exports are ready.",
        "elsewhere.yaml: company: 'FJORD BYGG', but the Airflow connection 'business_central_fjorddrift' is of the company 'FJORD DRIFT'",
        "sandboxed.yaml: environment: 'Sandbox', but the Airflow connection 'business_central_fjorddrift' is of 'Production'",
        "which does not exist; make it in", "This organisation has no DAG until its file is corrected.",
        "there is no accounting export 'nobody'; known: elsewhere, good, lost, sandboxed, torn, unset",
        "exit codes [0, 1, 1, 1, 1, 1, 2]",
    ):  # fmt: skip
        assert words in said, (words, done.stdout, done.stderr)
    assert "SALDO-CHECK" not in said
    after = requests.get(f"{books}/truth/business-central", timeout=30).json()
    assert json.dumps(after, sort_keys=True) == json.dumps(before, sort_keys=True)
    assert warehouse.execute("select count(*) from ops.export_job").fetchone() == (0,)
