"""What Airflow's own database says of it: saldo/api/airflow_state.py uses what is no stable public API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from saldo.api.airflow_state import airflow_numbers, airflow_state, logs_disk
from tests.api import runs_of_dags
from tests.exports.accounting.examples import configurations

NOW = datetime.now(UTC)
DAG = "saldo_export__fjell"


@pytest.fixture
def airflow(app: FastAPI) -> Iterator[Any]:
    """A session on the tests' own Airflow, in which fjell's DAG has a run."""
    from airflow.utils.session import create_session

    from saldo.api import runs

    runs_of_dags.write_dag(configurations()["fjell"])
    runs.start(DAG, {}, actor="ada")
    with create_session() as session:
        yield session
    runs_of_dags.forget(DAG)


def put(session: Any, **values: Any) -> None:
    """The first task of the run as Airflow would have it."""
    from airflow.models.taskinstance import TaskInstance

    found = session.query(TaskInstance).filter_by(dag_id=DAG).order_by(TaskInstance.task_id).all()
    assert found, "the run has tasks"
    for name, value in values.items():
        setattr(found[0], name, value)
    session.commit()


def test_nothing_runs(app: FastAPI) -> None:
    found = airflow_state(NOW)
    assert [one.name for one in found.parts] == ["scheduler", "triggerer", "dag-processor"]
    assert [one.is_well for one in found.parts] == [False, None, None]
    assert (found.tasks, found.waits_since, found.workers) == ({}, None, [])
    disk = logs_disk()
    assert disk is None or disk[0] >= disk[1] > 0


def test_a_task_that_waits_and_one_that_runs(airflow: Any) -> None:
    put(airflow, state="queued", queued_dttm=NOW - timedelta(minutes=20))
    found = airflow_state(NOW)
    assert found.tasks["queued"] == 1
    assert found.waits_since == NOW - timedelta(minutes=20)
    put(airflow, state="running", hostname="worker-1", last_heartbeat_at=NOW)
    found = airflow_state(NOW)
    assert (found.tasks["running"], found.waits_since) == (1, None)
    assert [(one.host, one.running, one.at) for one in found.workers] == [("worker-1", 1, NOW)]
    put(airflow, state="success", last_heartbeat_at=NOW - timedelta(hours=7))
    assert airflow_state(NOW).workers == []


def test_prometheus_is_told_what_waits_in_which_pool(airflow: Any) -> None:
    from airflow.models import Pool

    for pool in ("saldo_of_tests", "of_others"):
        airflow.add(Pool(pool=pool, slots=1, include_deferred=False))
    put(airflow, state="queued", pool="saldo_of_tests", queued_dttm=NOW - timedelta(minutes=20))
    try:
        found = airflow_numbers()
    finally:
        put(airflow, state="success")
        airflow.query(Pool).filter(Pool.pool.in_(["saldo_of_tests", "of_others"])).delete()
        airflow.commit()
    assert found.tasks["saldo_of_tests", "queued"] == 1
    assert found.tasks["saldo_of_tests", "running"] == 0
    assert "of_others" not in {pool for pool, _ in found.tasks}
    assert found.queued_since == {"saldo_of_tests": NOW - timedelta(minutes=20)}
    assert (found.import_errors, airflow_numbers().queued_since) == (0, {})


def test_tasks_of_other_peoples_dags_are_not_told(
    airflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(airflow, state="queued", queued_dttm=NOW)
    monkeypatch.setattr("saldo.api.airflow_state._OURS", "theirs\\_%")
    assert sum(airflow_numbers().tasks.values()) == 0
    assert airflow_state(NOW).tasks["queued"] == 1


def test_files_of_dags_that_cannot_be_read_are_counted(app: FastAPI) -> None:
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session

    with create_session() as session:
        session.add(ParseImportError(filename="broken.py", stacktrace="x", timestamp=NOW))
    try:
        assert airflow_numbers().import_errors == airflow_state(NOW).import_errors == 1
    finally:
        with create_session() as session:
            session.query(ParseImportError).delete()


def test_a_scheduler_that_beats_and_one_that_stopped(app: FastAPI) -> None:
    from airflow.jobs.job import Job
    from airflow.utils.session import create_session

    with create_session() as session:
        job = Job(job_type="SchedulerJob", state="running", latest_heartbeat=datetime.now(UTC))
        job.job_type = "SchedulerJob"
        session.add(job)
        session.flush()
        id = job.id
    try:
        assert airflow_state(NOW).parts[0].is_well is True
        assert set(airflow_numbers().heartbeats) == {"scheduler"}
        with create_session() as session:
            session.get(Job, id).latest_heartbeat = NOW - timedelta(hours=1)
        part = airflow_state(NOW).parts[0]
        assert (part.is_well, part.at) == (False, NOW - timedelta(hours=1))
        assert airflow_numbers().heartbeats == {"scheduler": NOW - timedelta(hours=1)}
    finally:
        with create_session() as session:
            session.delete(session.get(Job, id))


def test_dags_that_are_switched_off_are_named(app: FastAPI) -> None:
    runs_of_dags.write_dag(configurations()["fjell"], is_paused=True)
    try:
        assert airflow_state(NOW).paused == [DAG]
    finally:
        runs_of_dags.forget(DAG)
