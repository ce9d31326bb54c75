"""Nights on Celery workers: started, looked at while they run, seen through."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psutil

from tests.support import Company, assert_true
from tests.system.celery.topology import Topology
from tests.system.running import end_of, tasks_of, trigger, until

WORKERS = ("worker-1", "worker-2")
LANDING = (
    "select from ops.sync_run where agreement_id = %s and entity = 'entries' and status = 'running'"
)


def dag_of(company: Company) -> str:
    return f"saldo__{company.id}"


def trigger_all(topology: Topology) -> dict[str, str]:
    """DAG -> run."""
    dags = [dag_of(company) for company in topology.companies]
    return {dag_id: trigger(topology, dag_id) for dag_id in dags}


def assert_all_end_in_the_truth(topology: Topology, runs: dict[str, str]) -> None:
    ends = {dag_id: end_of(topology, dag_id, run_id) for dag_id, run_id in runs.items()}
    assert set(ends.values()) == {"success"}, ends
    for company in topology.companies:
        assert_true(topology.dsn, company)
    # Of these runs only: exchange rates and files have DAGs of their own, which may be at work right now.
    still = topology.rows(
        "select subject_id, entity from ops.sync_run where status = 'running' and dag_id = any(%s)",
        [*runs],
    )
    assert still == [], still


def land_slowly(topology: Topology, company: Company) -> tuple[str, str]:
    """A full read that is landing entries, slowly, when this returns; its run and the worker that has it."""
    company.fault("slow", match="bookedEntriesapi", seconds=60, after=3)
    run_id = trigger(topology, dag_of(company), mode="full")
    until(lambda: topology.rows(LANDING, company.id))
    return run_id, worker_of(topology, dag_of(company), run_id, "land.entries")


def worker_of(topology: Topology, dag_id: str, run_id: str, task_id: str) -> str:
    """The worker that runs this task right now."""
    task = task_of(topology, dag_id, run_id, task_id)
    for name in WORKERS:
        if any(task["id"] in line_of(process) for process in topology.tree(name)):
            return name
    raise AssertionError(f"nobody runs {task}")


def task_of(topology: Topology, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
    [found] = [t for t in tasks_of(topology, dag_id, run_id) if t["task_id"] == task_id]
    return found


def says_anew(topology: Topology, service: str, words: str) -> Callable[[], bool]:
    """Whether a service has said this since now."""
    before = len(topology.said(service, words))
    return lambda: len(topology.said(service, words)) > before


def line_of(process: psutil.Process) -> str:
    """The command line of a process, which may have just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""
