"""The weekly maintenance in the running stack, and who started it: Airflow's real database, real logs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

import psycopg
import pytest

from tests.support import whole_suite
from tests.system.running import Stack, run_dag, see_through, tasks_of, trigger

pytestmark = pytest.mark.timeout(600)
DAG_ID = "saldo_maintenance"


def metadata(stack: Stack, statement: str) -> list[tuple[Any, ...]]:
    keys = json.loads((stack.run_dir / "secrets.json").read_text())
    dsn = (
        f"postgresql://airflow:{keys['metadata']}@127.0.0.1:{stack.ports['SALDO_PG_PORT']}/airflow"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@whole_suite
def test_a_week_is_cleaned_up_and_says_who_asked_for_it(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    for _ in range(2):
        run_dag(stack, "saldo_watch")
    # Two runs of the watch a month ago, and what Airflow noted then.
    aged = metadata(
        stack,
        "update dag_run set start_date = now() - interval '30 days' where id in (select id from dag_run "
        "where dag_id = 'saldo_watch' and state = 'success' order by id limit 2) returning id",
    )
    metadata(
        stack,
        "insert into log (dttm, dag_id, event, owner) values (now() - interval '30 days', 'saldo_watch', "
        "'old', 'x'), (now() - interval '2000 days', null, 'old', 'x'), (now() - interval '400 days', "
        "'saldo__nordlys', 'edited', 'x')",
    )
    logs = stack.run_dir / "airflow" / "logs" / "dag_id=saldo__gone" / "run_id=r" / "task_id=facts"
    logs.mkdir(parents=True)
    (logs / "attempt=1.log").write_text("old")
    for place in (logs / "attempt=1.log", logs, logs.parent, logs.parent.parent):
        os.utime(place, (time.time() - 100 * 86_400,) * 2)
    stack.rows("insert into ops.heartbeat values ('old', '2020-01-01', true, null)")

    run_id = trigger(stack, DAG_ID)
    assert see_through(stack, DAG_ID, run_id) == {"success"}, [
        (task["task_id"], task["state"]) for task in tasks_of(stack, DAG_ID, run_id)
    ]
    assert len(aged) == 2
    ids = ", ".join(str(id) for (id,) in aged)
    assert metadata(stack, f"select id from dag_run where id in ({ids})") == []
    assert metadata(stack, "select event from log where event in ('old', 'edited')") == [
        ("edited",)
    ]
    assert (
        metadata(stack, "select tablename from pg_tables where tablename like '_airflow_deleted%'")
        == []
    )
    assert not (stack.run_dir / "airflow" / "logs" / "dag_id=saldo__gone" / "run_id=r").exists()
    assert stack.rows("select count(*) from ops.heartbeat where component = 'old'") == [(0,)]
    removed = dict(stack.rows("select subject, removed from ops.removal where run_id = %s", run_id))
    assert removed["ops.heartbeat"] >= 1
    assert removed["task logs"] >= 1
    assert removed["airflow.watch"] >= 3
    assert stack.rows("select count(*) > 50 from ops.table_growth") == [(True,)]
    assert stack.rows(
        "select count(*) from pg_stat_user_tables where schemaname = 'mart' and last_vacuum is null"
    ) == [(0,)]
    assert stack.rows(
        "select actor, agreement_id, detail from ops.audit where dag_id = %s and run_id = %s",
        DAG_ID,
        run_id,
    ) == [("admin", None, {"run_type": "manual"})]


def test_who_started_a_run_is_written_down_once_with_its_parameters(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    run_id = trigger(stack, "saldo__oresund", mode="full", entities=["accounts", "journals"])
    assert see_through(stack, "saldo__oresund", run_id) == {"success"}
    assert stack.rows(
        "select actor, action, agreement_id, detail from ops.audit where run_id = %s", run_id
    ) == [
        (
            "admin", "run started", "oresund",
            {"run_type": "manual", "mode": "full", "entities": ["accounts", "journals"]},
        )
    ]  # fmt: skip
    assert stack.rows("select count(*) from ops.audit where run_id like 'scheduled__%%'") == [(0,)]
