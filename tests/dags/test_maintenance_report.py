"""The end of a maintenance: what failed and what was found reach a person, once, and the run fails."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg.conninfo import conninfo_to_dict

from saldo.warehouse.connection import Connection
from tests.exports.accounting.examples import ORGANISATIONS
from tests.exports.accounting.register import clear, put, registered


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, dsn: str) -> None:
    place = conninfo_to_dict(dsn)
    found = {
        "conn_type": "postgres", "host": place["host"], "port": int(place["port"]),
        "login": place["user"], "password": place["password"], "schema": place["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", json.dumps(found))
    monkeypatch.setenv("SALDO_ALERTS_TO", "it@example.com")


def report(states: dict[str, str], found: list[dict[str, str]]) -> None:
    from saldo.operators.maintenance import MaintenanceReportOperator

    ti = SimpleNamespace(
        dag_id="saldo_maintenance",
        run_id="manual__2026-11-22T12:00:00+00:00",
        get_task_states=lambda **_: {"manual__2026-11-22T12:00:00+00:00": states},
        xcom_pull=lambda **_: found,
    )
    context: Any = {"ti": ti}
    MaintenanceReportOperator(task_id="report").execute(context)


def mails(warehouse: Connection) -> list[tuple[Any, ...]]:
    rows = warehouse.execute("select subject, body_text, recipients from ops.alert_mail").fetchall()
    warehouse.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    return rows


def test_a_good_week_writes_nobody(warehouse: Connection) -> None:
    report({"retention": "success", "vacuum": "success", "report": "running"}, [])
    assert mails(warehouse) == []


def test_a_failed_task_is_a_mail_and_a_failed_run(warehouse: Connection) -> None:
    with pytest.raises(AirflowFailException, match=r"2 task\(s\) failed: airflow_db_clean, vacuum"):
        report(
            {"retention": "success", "vacuum": "upstream_failed", "airflow_db_clean": "failed"},
            [{"what": "VACUUM is held back", "remedy": "end session 7"}],
        )
    ((subject, text, to),) = mails(warehouse)
    assert subject == "Saldo maintenance: the task airflow_db_clean failed, and 2 more"
    assert "/runs/manual__2026-11-22T12%3A00%3A00%2B00%3A00/tasks/airflow_db_clean" in text
    assert "To do: end session 7" in text
    assert to == ["it@example.com"]


def test_what_was_found_alone_fails_nothing(warehouse: Connection) -> None:
    report({"sizes": "success"}, [{"what": "VACUUM is held back", "remedy": "end session 7"}])
    assert len(mails(warehouse)) == 1


def test_exports_that_no_file_is_about_are_told(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an organisation that was renamed or switched off, and of one that never had a file."""
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    (tmp_path / "fjell.yaml").write_text((ORGANISATIONS / "fjell.yaml").read_text())
    warehouse.execute("truncate ops.expense_inbox, ops.expense, ops.export_job cascade")
    for name in ("ghost", "ghost", "fjell"):
        warehouse.execute(
            "insert into ops.expense_inbox (payload) values (jsonb_build_object('organisation', %s::text))",
            [name],
        )
    job = registered(warehouse, id="EXP-1")
    report({}, [])
    ((subject, text, _),) = mails(warehouse)
    assert subject.startswith("Saldo maintenance: 2 expenses in ops.expense_inbox and 0 exports")
    assert "write, mend or switch on ghost.yaml" in text
    assert "fjell" not in text
    (tmp_path / "fjell.yaml").unlink()
    warehouse.execute("delete from ops.expense_inbox where organisation = 'ghost'")
    report({}, [])
    assert "1 expenses in ops.expense_inbox and 1 exports of the organisation 'fjell'" in mails(warehouse)[0][1]  # fmt: skip
    put(warehouse, job, status="cancelled")
    warehouse.execute("truncate ops.expense_inbox")
    report({}, [])
    assert mails(warehouse) == []
    clear(warehouse)
