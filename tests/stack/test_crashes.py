"""A scheduler that is killed and a Postgres that crashes in the middle of a run: it ends in the truth."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

import psutil
import pytest
import requests

from stack.postgres import Postgres
from stack.settings import Settings
from tests.support import Company, assert_true

from .running import Stack, states, tasks_of, trigger, until

pytestmark = pytest.mark.timeout(600)


def running(stack: Stack, dag_id: str, run_id: str) -> set[str]:
    """Tasks of a run that run right now, land.self apart."""
    tasks = tasks_of(stack, dag_id, run_id)
    return {task["task_id"] for task in tasks if task["state"] == "running"} - {"land.self"}


def scheduler(stack: Stack) -> psutil.Process | None:
    """The scheduler that supervisord started last."""
    supervisor = psutil.Process(int((stack.run_dir / "supervisord.pid").read_text()))
    for child in supervisor.children():
        with contextlib.suppress(psutil.Error):  # one that has just died has no command line
            if child.cmdline()[-1:] == ["scheduler"]:
                return child
    return None


def do_not_wait(stack: Stack, dag_id: str, run_id: str) -> None:
    """Clear tasks that wait a minute or two for their next try, as a person in a hurry does."""
    tasks = tasks_of(stack, dag_id, run_id)
    waiting = [task["task_id"] for task in tasks if task["state"] == "up_for_retry"]
    if waiting:
        api = stack.api()
        api.session.post(
            f"{api.url}/api/v2/dags/{dag_id}/clearTaskInstances",
            json={
                "dag_run_id": run_id,
                "task_ids": waiting,
                "dry_run": False,
                "only_failed": False,
            },
            timeout=30,
        ).raise_for_status()


def end_of(stack: Stack, dag_id: str, run_id: str) -> str:
    """The state in which a run ends."""

    def over() -> str | None:
        # Airflow's API refuses now and then while its database is away or has just come back.
        with contextlib.suppress(requests.RequestException):
            do_not_wait(stack, dag_id, run_id)
            state = states(stack, dag_id)[run_id]
            return state if state in ("success", "failed") else None
        return None

    return str(until(over, patience_s=240))


def test_a_killed_scheduler_is_started_again_and_the_run_ends(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    company = Company(stack.sandbox, "nordlys", 0)
    company.next_day()
    run_id = trigger(stack, "saldo__nordlys")
    until(lambda: running(stack, "saldo__nordlys", run_id))
    killed = scheduler(stack)
    assert killed
    os.kill(killed.pid, signal.SIGKILL)
    assert until(lambda: (now := scheduler(stack)) and now.pid != killed.pid)
    assert end_of(stack, "saldo__nordlys", run_id) == "success"
    assert_true(stack.dsn, company)


def test_a_crashed_postgres_comes_back_and_the_run_ends(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    """The warehouse and Airflow's own database crash together."""
    company = Company(stack.sandbox, "vestkyst", 0)
    company.next_day()
    settings = Settings(stack.environ)
    postgres = Postgres(settings)
    dag_id, run_id = "saldo__vestkyst", trigger(stack, "saldo__vestkyst", mode="full")
    until(lambda: running(stack, dag_id, run_id))
    postgres.stop(mode="immediate")
    postgres.start(settings.prepare())
    assert end_of(stack, dag_id, run_id) == "success"
    assert_true(stack.dsn, company)
