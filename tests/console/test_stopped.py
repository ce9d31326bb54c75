"""Runs that ended without a report: stopped by a person, killed, or of a DAG that is paused or gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from saldo.airflow.exports_builder import build_requests_dag
from saldo.airflow.files_builder import build_files_dag
from saldo.api import runs
from saldo.console.shell.airflow_links import log_path
from saldo.exports import requests
from tests.api.runs_of_dags import begin, forget, write_agreement_dag
from tests.support import agreement, write_agreement

DAG, HISTORY, PROGRESS = "saldo__shop", "/agreements/shop/history", "/agreements/shop/progress"
_TRY = (
    "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, "
    "finished_at, status) values ('shop', 'agreement', 'shop', %(entity)s, 'saldo__shop', %(run)s, %(mode)s, 1, "
    "now() - %(ago)s::interval, case when %(status)s <> 'running' then now() - %(ago)s::interval end, %(status)s)"
)


@pytest.fixture
def warehouse_of_shop(app: object, dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("truncate ops.sync_run")
        yield connection
        connection.execute("truncate ops.sync_run")


def did(
    warehouse: psycopg.Connection, entity: str, status: str, ago: str, run: str, mode: str = "auto"
) -> None:
    values = {"entity": entity, "status": status, "ago": ago, "run": run, "mode": mode}
    warehouse.execute(_TRY, values)


def text_of(client: TestClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html", "Authorization": "Bearer vera"})
    assert answer.status_code == 200, answer.text
    return answer.text


def strip_of(client: TestClient) -> str:
    [strip] = re.findall(
        r"<svg[^>]*>(?:(?!</svg>).)*agreements/shop/.*?</svg>", text_of(client, "/"), re.S
    )
    return str(strip)


@contextmanager
def a_run_at_work(*, is_paused: bool = False) -> Iterator[str]:
    """The id of a run in Airflow that has begun and not ended."""
    write_agreement_dag(agreement("shop"))
    try:
        run_id = runs.start(DAG, {}, actor="ada").run_id
        begin(DAG, state="running")
        write_agreement_dag(agreement("shop"), is_paused=is_paused)
        yield run_id
    finally:
        forget(DAG)


@pytest.mark.parametrize("mode", ["auto", "window"])
@pytest.mark.parametrize("status", ["failed", "running"])
def test_a_night_that_was_stopped_hides_no_later_one(
    client: TestClient, warehouse_of_shop: psycopg.Connection, status: str, mode: str
) -> None:
    did(warehouse_of_shop, "entries", status, "4 seconds", "stopped")
    assert 'class="busy"' in strip_of(client)
    did(warehouse_of_shop, "report", "success", "2 seconds", "again", mode)
    later = strip_of(client)
    assert 'class="busy"' not in later
    assert 'class="bad"' in later or mode == "auto"
    did(warehouse_of_shop, "entries", "failed", "1 second", "third")
    assert 'class="busy"' in strip_of(client)


@pytest.mark.parametrize("is_paused", [False, True], ids=["on", "paused"])
def test_a_run_of_a_dag_that_rests_is_not_under_way(
    client: TestClient, warehouse_of_shop: psycopg.Connection, is_paused: bool
) -> None:
    """Airflow looks at no run of one that is paused or gone: it stays running there until somebody switches it on."""
    with a_run_at_work(is_paused=is_paused) as run_id:
        did(warehouse_of_shop, "accounts", "success", "30 hours", run_id)
        assert ("The run waits" in text_of(client, PROGRESS)) is not is_paused
        one = text_of(client, f"{HISTORY}?run={run_id.replace('+', '%2B')}")
        assert f">{'stopped' if is_paused else 'running'}</span></h2>" in one
        did(warehouse_of_shop, "entries", "failed", "29 hours", run_id)
        one = text_of(client, f"{HISTORY}?run={run_id.replace('+', '%2B')}")
        assert f">{'failed' if is_paused else 'running'}</span></h2>" in one
        assert f">{'stopped' if is_paused else 'running'}</span>" in text_of(client, HISTORY)


def test_a_run_of_a_dag_that_is_gone_is_not_under_way(
    client: TestClient, warehouse_of_shop: psycopg.Connection
) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with a_run_at_work():
        with create_session() as session:
            session.execute(update(DagModel).where(DagModel.dag_id == DAG).values(is_stale=True))
        assert text_of(client, PROGRESS).strip() == ""


def test_what_failed_has_what_was_stopped_and_nothing_that_runs(
    client: TestClient, warehouse_of_shop: psycopg.Connection
) -> None:
    did(warehouse_of_shop, "entries", "failed", "50 hours", "stopped")
    did(warehouse_of_shop, "entries", "running", "40 hours", "killed")
    did(warehouse_of_shop, "entries", "running", "1 second", "now")
    for query, listed in (
        ("", ["now", "killed", "stopped"]),
        ("?status=failed", ["killed", "stopped"]),
        ("?status=success", []),
    ):
        page = text_of(client, f"{HISTORY}{query}")
        assert re.findall(r'<th scope="row" class="nowrap"><a href="[^"]*run=(\w+)', page) == listed
    with a_run_at_work() as run_id:
        did(warehouse_of_shop, "customers", "failed", "30 seconds", run_id)
        listed = re.findall(
            r">([a-z]+)</span> <small>", text_of(client, f"{HISTORY}?status=failed")
        )
        assert listed == ["killed", "stopped"]


def test_a_report_of_long_before_does_not_end_a_failure(
    client: TestClient, warehouse_of_shop: psycopg.Connection
) -> None:
    """Of a run that somebody cleared days later: no more than 20 hours around the failure are read for its report."""
    did(warehouse_of_shop, "report", "success", "90 hours", "cleared")
    did(warehouse_of_shop, "entries", "failed", "30 hours", "cleared")
    did(warehouse_of_shop, "entries", "failed", "60 hours", "cleared once more")
    did(warehouse_of_shop, "report", "failed", "59 hours", "cleared once more")
    page = text_of(client, HISTORY)
    assert page.count(">stopped</span>") == 1


def test_logs_of_what_other_dags_do_are_of_tasks_that_there_are(app: object) -> None:
    for dag, entity in (
        (build_files_dag({}), "budgets"),
        (build_requests_dag(), requests.ENTITY),
    ):
        path = log_path(dag.dag_id, "a run", "economic", entity, 2)
        found = re.fullmatch(rf"/dags/{dag.dag_id}/runs/a%20run/tasks/(\w+)\?try_number=2", path)
        assert found, path
        assert found[1] in dag.task_ids


def test_the_day_of_a_run_is_of_the_agreements_zone(
    client: TestClient, warehouse_of_shop: psycopg.Connection, tmp_path: Path
) -> None:
    """Half past midnight at the company, while times are shown as Airflow's are; the form says whose days it means."""
    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", "shop", timezone="Europe/Oslo")
    did(warehouse_of_shop, "report", "success", "0", "night")
    warehouse_of_shop.execute(
        "update ops.sync_run set started_at = '2026-11-29 23:30+00', finished_at = '2026-11-29 23:30+00'"
    )
    for day, found in (("2026-11-30", 1), ("2026-11-29", 0)):
        page = text_of(client, f"{HISTORY}?day={day}")
        assert page.count("run=night") == found, day
        assert "Day it ended (Europe/Oslo)" in page
    # A try is of the day on which it began: it may end on the next.
    assert "Day it began (Europe/Oslo)" in text_of(client, f"{HISTORY}?entity=report")
