"""Tasks of the DAG of files: one look at a library for all tasks of a run."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.sandbox import vendor_connections
from saldo.errors import SaldoError
from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.support import Sandbox, write_agreement

FILES = """
id: {id}
kind: account_mapping
agreement: nordlys
source: {{sharepoint: {{connection: msgraph_sandbox, site: "fjordgruppen.sharepoint.com:/sites/nordlys", folder: {folder}}}}}
"""


def test_a_run_asks_once_for_all_configurations_of_a_library(
    warehouse: Connection, dsn: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    from saldo.operators.files import SharePointFilesOperator

    name = "AIRFLOW_CONN_MSGRAPH_SANDBOX"
    monkeypatch.setenv(name, vendor_connections(sandbox.url)[name])
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    for variable in ("SALDO_AGREEMENTS_DIR", "SALDO_FILES_DIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", "nordlys")
    places = {"chart": "Kontoplan", "archive": "Arkiv"}
    for id, folder in places.items():
        text = FILES.format(id=id, folder=folder)
        (tmp_path / "SALDO_FILES_DIR" / f"{id}.yaml").write_text(text)
    run_id, began_at = "", datetime(2026, 11, 29, tzinfo=UTC)

    def run(id: str) -> int:
        """A task; what it asked of SharePoint beside its token."""
        context: Any = {
            "ti": SimpleNamespace(dag_id="saldo_files", run_id=run_id, try_number=1, task_id="x"),
            "dag_run": SimpleNamespace(run_id=run_id, run_type="scheduled", start_date=began_at),
            "params": {},
            "outlet_events": defaultdict(lambda: SimpleNamespace(add=lambda *_, **__: None)),
        }  # fmt: skip
        SharePointFilesOperator(task_id="x", configuration=id).execute(context)
        rows = warehouse.execute(
            "select requests, status, error_message from ops.sync_run order by sync_run_id desc limit 1"
        ).fetchall()
        [(requests, status, error)] = rows
        assert status == "success", error
        return int(requests)

    run_id = "first"
    whole, later = [run(id) for id in places]
    assert (whole > 1, later) == (True, 0)
    run_id = "second"
    assert [run(id) for id in places] == [1, 0]
    run_id = "third"
    assert [run(id) for id in reversed(places)] == [1, 0]
    began_at += timedelta(hours=1)  # somebody cleared it
    assert [run(id) for id in places] == [1, 0]
    found = warehouse.execute(
        "select subject_id, (select count(*) from jsonb_object_keys(cursor -> 'folders')) "
        "from ops.watermark where entity = 'library'"
    ).fetchall()
    assert found == [("msgraph_sandbox fjordgruppen.sharepoint.com:/sites/nordlys documents", 2)]


def test_a_configuration_whose_task_was_killed_is_told_of_by_the_report(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.operators.files import FilesReportOperator

    warehouse.execute("truncate ops.sync_run")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    states = {"sharepoint_0": "success", "sharepoint_1": "failed", "folder_0": "failed", "facts": "success"}  # fmt: skip
    ti = SimpleNamespace(
        dag_id="saldo_files", run_id="r", try_number=1, get_task_states=lambda **_: {"r": states}
    )
    context: Any = {"ti": ti, "params": {}, "dag_run": SimpleNamespace(run_type="scheduled")}
    tasks = {"sharepoint": ["one", "two"], "folder": ["three"]}
    with pytest.raises(SaldoError, match="failed: folder_0, sharepoint_1"):
        FilesReportOperator(task_id="report", tasks=tasks).execute(context)
    rows = warehouse.execute(
        "select subject_id, entity, status, error_family from ops.sync_run order by sync_run_id"
    ).fetchall()
    assert rows == [
        ("one", "report", "success", None), ("two", "files", "failed", "Untold"), ("two", "report", "success", None),
        ("three", "files", "failed", "Untold"), ("three", "report", "success", None),
    ]  # fmt: skip
