"""Every service of docker-compose.yaml as a process, two workers, and what befalls them: it ends in the truth.

It takes minutes: SALDO_TEST_EVERYTHING=1 runs it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import psutil
import pytest

from tests.deploy.topology import Topology
from tests.stack.running import end_of, tasks_of, trigger, until
from tests.support import Company, assert_true, whole_suite

pytestmark = [
    pytest.mark.timeout(900),
    whole_suite,
]
_SMALL = {
    "entries": 1_500, "customers": 60, "suppliers": 20, "products": 30, "orders": 6, "drafts": 6, "cursor_page": 200,
}  # fmt: skip
_RUNNING = "select from ops.sync_run where status = 'running'"
_LANDING = (
    "select from ops.sync_run where agreement_id = %s and entity = 'entries' and status = 'running'"
)
WORKERS = ("worker-1", "worker-2")


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    found = Topology(tmp_path_factory.mktemp("topology"))
    try:
        found.companies = found.prepare(3, **_SMALL)
        found.start_all()
        yield found
    finally:
        found.remove()


@pytest.fixture(autouse=True)
def _no_faults_left(topology: Topology) -> Iterator[None]:
    yield
    topology.sandbox.clear_faults()


def trigger_all(topology: Topology) -> dict[str, str]:
    """DAG -> run."""
    dags = [dag_of(company) for company in topology.companies]
    return {dag_id: trigger(topology, dag_id) for dag_id in dags}


def dag_of(company: Company) -> str:
    return f"saldo__{company.id}"


def assert_all_end_in_the_truth(topology: Topology, runs: dict[str, str]) -> None:
    ends = {dag_id: end_of(topology, dag_id, run_id) for dag_id, run_id in runs.items()}
    assert set(ends.values()) == {"success"}, ends
    for company in topology.companies:
        assert_true(topology.dsn, company)
    still = topology.rows("select agreement_id, entity from ops.sync_run where status = 'running'")
    assert still == []


def worker_of(topology: Topology, dag_id: str, run_id: str, task_id: str) -> str:
    """The worker that runs this task right now."""
    [task] = [t for t in tasks_of(topology, dag_id, run_id) if t["task_id"] == task_id]
    for name in WORKERS:
        if any(task["id"] in _line(process) for process in topology.tree(name)):
            return name
    raise AssertionError(f"nobody runs {task}")


def _line(process: psutil.Process) -> str:
    """The command line of a process, which may have just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def test_a_worker_is_killed_while_it_lands_and_the_broker_restarts(topology: Topology) -> None:
    """The first night of three companies."""
    company = topology.companies[0]
    company.fault("slow", match="bookedEntriesapi", seconds=60, after=2)
    runs = trigger_all(topology)
    until(lambda: topology.rows(_LANDING, company.id))
    killed = worker_of(topology, dag_of(company), runs[dag_of(company)], "land.entries")
    topology.kill(killed)
    topology.stop("broker")
    topology.start("broker")
    topology.start(killed)
    assert_all_end_in_the_truth(topology, runs)
    tries = topology.rows(
        "select error_family from ops.sync_run where agreement_id = %s and entity = 'entries' order by sync_run_id",
        company.id,
    )
    assert tries == [("Killed",), (None,)]


def test_tasks_are_forked_from_what_has_been_imported(topology: Topology) -> None:
    """As in the stack of `make up`: nights are slower without, and nothing says so."""
    for name in WORKERS:
        # Whoever has run a task keeps the name it then had.
        pool = [
            p
            for p in topology.tree(name)
            if re.search("ForkPoolWorker|airflow supervisor", _line(p))
        ]
        assert len(pool) == 2
        for process in pool:
            assert any("pandas" in each.path for each in process.memory_maps()), process


def test_what_is_due_while_the_broker_is_down_waits_for_it(topology: Topology) -> None:
    company = topology.companies[0]
    company.next_day()
    topology.stop("broker")
    run_id = trigger(topology, dag_of(company))
    until(lambda: topology.said("scheduler", "Celery Task Timeout Error"))
    states = {task["state"] for task in tasks_of(topology, dag_of(company), run_id)}
    assert "failed" not in states
    assert "up_for_retry" not in states
    topology.start("broker")
    assert end_of(topology, dag_of(company), run_id) == "success"
    assert_true(topology.dsn, company)


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


def schedulers(topology: Topology) -> list[object]:
    return topology.rows(
        "select id from job where job_type = 'SchedulerJob' and state = 'running' "
        "and latest_heartbeat > now() - interval '10 seconds'",
        database="airflow",
    )


def test_a_warehouse_that_crashes_in_the_middle_of_everything(topology: Topology) -> None:
    """With it goes Airflow's own database: services that end are started again by Docker."""
    for company in topology.companies:
        company.next_day()
    runs = trigger_all(topology)
    until(lambda: len(topology.rows(_RUNNING)) >= 2)
    topology.cluster.crash()
    topology.cluster.start()
    until(lambda: topology.revive() or len(schedulers(topology)) == 1)
    until(lambda: topology.revive() or topology.is_healthy("api-server"))
    assert_all_end_in_the_truth(topology, runs)


@pytest.mark.parametrize("part", ["airflow worker", "airflow supervisor"])
def test_a_task_or_its_worker_is_killed_for_want_of_memory(topology: Topology, part: str) -> None:
    """The kernel ends the largest process of a container: the task, or what watches it."""
    company = topology.companies[0]
    company.next_day()
    company.fault("slow", match="bookedEntriesapi", seconds=60, after=2)
    dag_id = dag_of(company)
    run_id = trigger(topology, dag_id, mode="full")
    until(lambda: topology.rows(_LANDING, company.id))
    name = worker_of(topology, dag_id, run_id, "land.entries")
    [task] = [t for t in tasks_of(topology, dag_id, run_id) if t["task_id"] == "land.entries"]
    [victim] = [p for p in topology.tree(name) if part in _line(p) and task["id"] in _line(p)]
    victim.kill()
    assert end_of(topology, dag_id, run_id) == "success"
    assert_true(topology.dsn, company)
