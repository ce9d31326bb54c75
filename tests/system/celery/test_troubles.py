"""What befalls the services of a fleet, one trouble at a time; every one ends in the truth.

Half an hour: SALDO_TEST_EVERYTHING=1 runs it. What one sees of each is the table in docs/scaling.md.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.small_disk import CAN_MOUNT, SmallDisk, assert_nothing_is_corrupt
from tests.support import SECRET, Company, assert_true, whole_suite
from tests.system.celery.memory import CAN_LIMIT, Limit
from tests.system.celery.nights import (
    WORKERS,
    assert_all_end_in_the_truth,
    dag_of,
    land_slowly,
    line_of,
    says_anew,
    task_of,
    trigger_all,
)
from tests.system.celery.topology import AIRFLOW, Topology
from tests.system.running import end_of, see_through, tasks_of, trigger, until

pytestmark = [pytest.mark.timeout(900), whole_suite]
_RUNNING = "select from ops.sync_run where status = 'running' and agreement_id is not null"


@pytest.fixture(autouse=True, scope="module")
def _first_night(topology: Topology) -> None:
    """So that each test may be run alone."""
    assert_all_end_in_the_truth(topology, trigger_all(topology))


@pytest.fixture
def company(topology: Topology) -> Company:
    """One whose books have moved on a day."""
    found = topology.companies[0]
    found.next_day()
    return found


def assert_ends_in_the_truth(topology: Topology, company: Company, run_id: str) -> None:
    assert end_of(topology, dag_of(company), run_id) == "success"
    assert_true(topology.dsn, company)


# --- the broker, schedulers, the warehouse -------------------------------------------------------


def test_what_is_due_while_the_broker_is_down_waits_for_it(
    topology: Topology, company: Company
) -> None:
    is_told = says_anew(topology, "scheduler", "Celery Task Timeout Error")
    topology.stop("broker")
    run_id = trigger(topology, dag_of(company))
    until(is_told)
    states = {task["state"] for task in tasks_of(topology, dag_of(company), run_id)}
    assert "failed" not in states
    assert "up_for_retry" not in states
    topology.start("broker")
    assert_ends_in_the_truth(topology, company, run_id)


def test_of_two_schedulers_one_dies(topology: Topology) -> None:
    """No task is done twice, and the one left goes on."""
    for company in topology.companies:
        company.next_day()
    topology.start("scheduler-2")
    until(lambda: len(schedulers(topology)) == 2)
    runs = trigger_all(topology)
    first = dag_of(topology.companies[0])
    until(lambda: "success" in {t["state"] for t in tasks_of(topology, first, runs[first])})
    topology.kill("scheduler")
    assert_all_end_in_the_truth(topology, runs)
    twice = topology.rows(
        "select agreement_id, entity, count(*) from ops.sync_run where run_id = any(%s) group by 1, 2 having count(*) > 1",
        list(runs.values()),
    )
    assert twice == []
    topology.start("scheduler")
    topology.stop("scheduler-2")
    until(lambda: len(schedulers(topology)) == 1)


def schedulers(topology: Topology, *, since: datetime | None = None) -> list[Any]:
    """Those whose last heartbeat is later than that, or than ten seconds ago."""
    return topology.rows(
        "select id from job where job_type = 'SchedulerJob' and state = 'running' "
        "and latest_heartbeat > coalesce(%s::timestamptz, now() - interval '10 seconds')",
        since,
        database="airflow",
    )


def revive(topology: Topology) -> None:
    """Until a scheduler has lived on for some seconds: one that has lost its database dies when it next asks it."""
    [(now,)] = topology.rows("select now()", database="airflow")
    alive = now + timedelta(seconds=8)
    until(lambda: topology.revive() or len(schedulers(topology, since=alive)) == 1)
    until(lambda: topology.revive() or topology.is_healthy("api-server"))


def test_a_warehouse_that_crashes_in_the_middle_of_everything(topology: Topology) -> None:
    """With it goes Airflow's own database: services that end are started again by Docker."""
    for company in topology.companies:
        company.next_day()
    runs = trigger_all(topology)
    until(lambda: len(topology.rows(_RUNNING)) >= 2)
    topology.cluster.crash()
    topology.cluster.start()
    revive(topology)
    assert_all_end_in_the_truth(topology, runs)


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["airflow worker", "airflow supervisor"])
def test_a_task_or_what_watches_it_is_killed(
    topology: Topology, company: Company, part: str
) -> None:
    run_id, name = land_slowly(topology, company)
    task = task_of(topology, dag_of(company), run_id, "land.entries")
    [victim] = [p for p in topology.tree(name) if part in line_of(p) and task["id"] in line_of(p)]
    victim.kill()
    assert_ends_in_the_truth(topology, company, run_id)


@pytest.mark.skipif(not CAN_LIMIT, reason="cgroups cannot be made here")
def test_workers_out_of_memory(topology: Topology, company: Company) -> None:
    """The kernel kills what it likes best in a worker's container, until the limit is raised."""
    limits = [Limit(topology.tree(name), more_mb=25) for name in WORKERS]
    try:
        run_id = trigger(topology, dag_of(company), mode="full")
        until(lambda: topology.revive() or sum(limit.kills() for limit in limits) >= 2)
    finally:
        for limit in limits:
            limit.lift()
    topology.revive()
    assert_ends_in_the_truth(topology, company, run_id)


# --- keys and clocks -----------------------------------------------------------------------------


def other_key(topology: Topology, folder: Path, name: str, value: str) -> dict[str, str]:
    """The environment of a container that was left out when a key was changed."""
    shutil.copytree(topology.machine.secrets, folder, dirs_exist_ok=True)
    (folder / name).write_text(value)
    return {"SALDO_SECRETS_DIR": str(folder)}


@contextlib.contextmanager
def instead(topology: Topology, name: str, **more: str) -> Iterator[None]:
    """A service with another environment, and at the end as it was."""
    try:
        restart(topology, name, **more)
        yield
    finally:
        restart(topology, name)


def restart(topology: Topology, name: str, **more: str) -> None:
    topology.stop(name)
    topology.start(name, **more)
    # What is made unwell on purpose is not waited for; without the API server nobody can ask for a run.
    if name == "api-server" or (name in AIRFLOW and not more):
        until(lambda: topology.is_healthy(name), patience_s=180)


def test_a_scheduler_with_another_jwt_secret(
    topology: Topology, company: Company, tmp_path: Path
) -> None:
    is_told = says_anew(topology, "worker", "Invalid auth token")
    with instead(topology, "scheduler", **other_key(topology, tmp_path, "jwt_secret", "x" * 64)):
        run_id = trigger(topology, dag_of(company))
        until(is_told)
    assert_ends_in_the_truth(topology, company, run_id)


def test_an_api_server_with_another_fernet_key(
    topology: Topology, company: Company, tmp_path: Path
) -> None:
    """What stands in files is read without a key; what was made in the UI is as if it were not there."""
    made = added(topology, "made")
    other = other_key(topology, tmp_path, "fernet_key", "Z" * 43 + "=")
    with instead(topology, "api-server", **other):
        failing, run_id = trigger(topology, dag_of(made)), trigger(topology, dag_of(company))
        assert_ends_in_the_truth(topology, company, run_id)
        assert end_of(topology, dag_of(made), failing) == "failed"
    [(said,)] = topology.rows(
        "select distinct error_message from ops.sync_run where agreement_id = %s and entity = 'self' and status = 'failed'",
        made.id,
    )
    assert f"economic_{made.id}" in said
    assert "does not exist" in said
    assert_ends_in_the_truth(topology, made, trigger(topology, dag_of(made)))


def added(topology: Topology, name: str, entries: int = 500, **extra: str) -> Company:
    """A company that comes to a running fleet, with a connection made in the UI: files are read at starts."""
    company = topology.add(name, entries=entries)
    (topology.machine.secrets / "connections" / f"economic_{company.id}").unlink()
    api = topology.api()
    answer = api.session.post(
        f"{api.url}/api/v2/connections", json=connection(topology, company, **extra), timeout=30
    )
    answer.raise_for_status()
    until(lambda: dag_of(company) in api.dag_ids())
    return company


def connection(topology: Topology, company: Company, **extra: str) -> dict[str, str]:
    base = f"{topology.sandbox.url}/economic"
    more = {"app_secret_token": SECRET, "openapi_host": f"{base}/openapi", **extra}
    return {
        "connection_id": f"economic_{company.id}", "conn_type": "economic", "host": f"{base}/rest",
        "password": f"sandbox-grant-{company.id}", "extra": json.dumps(more),
    }  # fmt: skip


def test_a_connection_that_has_expired(topology: Topology) -> None:
    over = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    company = added(topology, "expired", expires_on=over)
    run_id = trigger(topology, dag_of(company))
    assert see_through(topology, dag_of(company), run_id) == {"failed"}
    [(tries, requests, said)] = topology.rows(
        "select try_number, requests, error_message from ops.sync_run where agreement_id = %s and entity = 'self'",
        company.id,
    )
    assert (tries, requests) == (1, 0)
    assert "expired on" in said
    api = topology.api()
    api.session.patch(
        f"{api.url}/api/v2/connections/economic_{company.id}",
        json=connection(topology, company),
        timeout=30,
    ).raise_for_status()
    assert_ends_in_the_truth(topology, company, trigger(topology, dag_of(company)))


_FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def off_by(seconds: int) -> dict[str, str]:
    """The environment of a process whose clock is off."""
    return {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.mark.skipif(not _FAKETIME, reason="no libfaketime: tests/debian.sh installs it")
@pytest.mark.parametrize(
    ("name", "seconds"), [("worker-1", 300), ("worker-1", -300), ("api-server", 60)]
)
def test_a_clock_that_is_off(topology: Topology, company: Company, name: str, seconds: int) -> None:
    with instead(topology, name, **off_by(seconds)):
        run_id = trigger(topology, dag_of(company))
        assert_ends_in_the_truth(topology, company, run_id)


@pytest.mark.skipif(not _FAKETIME, reason="no libfaketime: tests/debian.sh installs it")
def test_a_scheduler_whose_clock_is_ahead(topology: Topology, company: Company) -> None:
    """Tokens of the future are refused; with the clock put right tasks begin."""
    is_told = says_anew(topology, "api-server", "not yet valid")
    with instead(topology, "scheduler", **off_by(60)):
        run_id = trigger(topology, dag_of(company))
        until(is_told, patience_s=180)
    assert_ends_in_the_truth(topology, company, run_id)


# --- disk, housekeeping --------------------------------------------------------------------------


def test_maintenance_runs_on_workers(topology: Topology) -> None:
    topology.rows("insert into ops.heartbeat values ('old', '2020-01-01', true, null) returning 1")
    run_id = trigger(topology, "saldo_maintenance")
    assert see_through(topology, "saldo_maintenance", run_id) == {"success"}
    removed = dict(
        topology.rows("select subject, removed from ops.removal where run_id = %s", run_id)
    )
    assert removed["ops.heartbeat"] == 1
    assert topology.rows(
        "select count(*) from pg_stat_user_tables where schemaname = 'mart' and last_vacuum is null"
    ) == [(0,)]


@pytest.fixture
def disk(topology: Topology) -> Iterator[SmallDisk]:
    found = SmallDisk(topology.cluster)
    yield found
    found.remove()


@pytest.mark.skipif(not CAN_MOUNT, reason="only root may mount a small disk")
def test_the_disk_of_postgres_is_full(topology: Topology, disk: SmallDisk) -> None:
    """The last one: the cluster is gone with its disk. Airflow's own database is on it as well."""
    revive(topology)
    company = added(topology, "disk", entries=30_000)
    disk.leave_room(8)
    run_id = trigger(topology, dag_of(company))
    until(lambda: topology.revive() or is_full(topology))
    disk.leave_room(600)
    topology.cluster.crash()
    topology.cluster.start()
    revive(topology)
    assert_ends_in_the_truth(topology, company, run_id)
    assert_nothing_is_corrupt(topology.cluster)


def is_full(topology: Topology) -> bool:
    home = (topology.cluster.settings.run_dir / "postgres").resolve()
    return "No space left on device" in (home / "log").read_text(errors="replace")
