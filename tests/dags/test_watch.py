"""The watch's task: agreement files and file configurations become subjects, and a connection's addresses are found by them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from saldo.warehouse.connection import Connection
from tests.support import Sandbox, write_agreement


def test_a_look_over_agreement_files(
    warehouse: Connection,
    dsn: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from saldo.operators.watch import WatchOperator

    place = conninfo_to_dict(dsn)
    connections = {
        "SALDO_WAREHOUSE": {
            "conn_type": "postgres", "host": place["host"], "port": int(str(place["port"])),
            "login": place["user"], "password": place["password"], "schema": place["dbname"],
        },
        "ECONOMIC_NORD": {
            "conn_type": "economic", "host": f"{sandbox.url}/economic/rest", "password": "x",
            "extra": {"app_secret_token": "y", "openapi_host": f"{sandbox.url}/economic/openapi"},
        },
    }  # fmt: skip
    for name, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("SALDO_AGREEMENTS_DIR", str(tmp_path))
    write_agreement(tmp_path, "nord")
    (tmp_path / "broken.yaml").write_text("id: broken\n")
    (tmp_path / "books_of_late.yaml").write_text("id: late\n")
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setenv("SALDO_FILES_DIR", str(files))
    (files / "drop.yaml").write_text(
        "{id: drop, kind: budget, agreement: nord, source: {folder: 's3://store@bucket/x'}}"
    )
    (files / "torn.yaml").write_text("id: torn\n")
    (files / "another.yaml").write_text("id: worn\n")
    warehouse.execute(
        "insert into ops.watched (subject_kind, subject_id, plan, since) values ('agreement', 'broken', '', now()), "
        "('agreement', 'late', '', now()), ('agreement', 'gone', '', now()), ('file', 'torn', '', now()), ('file', 'worn', '', now()), "
        "('file', 'gone', '', now())"
    )
    ti = SimpleNamespace(dag_id="saldo_watch", task_id="watch", get_task_states=lambda **_: {})
    context: Any = {"ti": ti}
    WatchOperator(task_id="watch", minutes=5).execute(context)
    rows = warehouse.execute(
        "select subject_kind, subject_id, connection_id, cardinality(vendor_urls) from ops.watched "
        "order by 2"
    ).fetchall()
    assert rows == [
        ("agreement", "broken", None, 0), ("file", "drop", "store", 0), ("rates", "ecb", None, 0),
        ("agreement", "late", None, 0), ("agreement", "nord", "economic_nord", 1), ("file", "torn", None, 0), ("file", "worn", None, 0),
    ]  # fmt: skip
    host = sandbox.url.removeprefix("http://")
    beat = warehouse.execute(
        "select ok from ops.heartbeat where component = %s", [f"economic {host}"]
    ).fetchall()
    assert beat == [(True,)]


@pytest.mark.parametrize(
    ("value", "cron"),
    [
        (None, "*/5 * * * *"),
        ("", "*/5 * * * *"),
        ("1", "*/1 * * * *"),
        ("30", "*/30 * * * *"),
        ("7", "*/5 * * * *"),
    ],
)
def test_how_often_it_looks(monkeypatch: pytest.MonkeyPatch, value: str | None, cron: str) -> None:
    from saldo.airflow.watch_builder import build_watch_dag

    monkeypatch.delenv("SALDO_WATCH_MINUTES", raising=False)
    if value is not None:
        monkeypatch.setenv("SALDO_WATCH_MINUTES", value)
    assert build_watch_dag().timetable.expression == cron
