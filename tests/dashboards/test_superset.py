"""Apache Superset imports the bundle, twice, and answers for every chart from a warehouse with books (tests/superset.sh installs it)."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Cluster
from tests.dashboards.bundle import ROOT, columns_of, files, metrics_of
from tests.support import PROJECT, Sandbox, night, proven, whole_suite

pytestmark = [whole_suite, pytest.mark.timeout(900)]
PYTHON = PROJECT / ".venv" / "superset" / "bin" / "python"


@pytest.fixture(scope="module")
def answers(
    dsn: str, cluster: Cluster, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    company = sandbox.company("superset", entries=1_000, customers=20, suppliers=10)
    assert not night(dsn, company).errors
    proven(dsn, company)
    said = conninfo_to_dict(dsn)
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create role report_superset login password 'looks-only' in role powerbi")
    try:
        uri = (
            f"postgresql+psycopg2://report_superset@{said['host']}:{said['port']}/{said['dbname']}"
        )
        done = subprocess.run(
            [PYTHON, Path(__file__).parent / "superset_run.py", ROOT, uri.replace("@", ":looks-only@")],
            cwd=tmp_path_factory.mktemp("superset"),
            env={"PATH": "/usr/bin:/bin", "SUPERSET_TESTENV": "true"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("drop role report_superset")
    assert done.returncode == 0, done.stderr[-5000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_superset_takes_the_bundle(answers: dict[str, Any]) -> None:
    assert answers["dashboard"] == "Saldo"
    assert answers["of_it"] == len(files("charts")) == len(answers["charts"])


def test_every_chart_is_answered(answers: dict[str, Any]) -> None:
    for chart in files("charts"):
        found = answers["charts"][chart["slice_name"]]
        assert "error" not in found, (chart["slice_name"], found)
        assert set(columns_of(chart)) | set(metrics_of(chart)) <= set(found["columns"])
        # There is no budget in these books.
        if not chart["slice_name"].startswith(("Actual", "Variance")):
            assert found["rows"], chart["slice_name"]


def test_what_superset_shows_is_what_the_warehouse_holds(
    answers: dict[str, Any], warehouse: Any
) -> None:
    row = warehouse.execute(
        "select -sum(b.movement_base) from mart.fact_account_balance_month as b inner join mart.dim_account as a using (account_key) "
        "where not a.is_balance_sheet"
    ).fetchone()
    [total] = answers["charts"]["Result"]["rows"]
    assert Decimal(str(total["result"])) == row[0] != 0
    [proof] = answers["charts"]["Companies not proven"]["rows"]
    assert proof["not_proven"] == 0
