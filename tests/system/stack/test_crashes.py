"""A scheduler that is killed and a Postgres that crashes in the middle of a run: it ends in the truth."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

import psutil
import pytest

from stack.postgres import Postgres
from stack.settings import Settings
from tests.support import Company, assert_true, whole_suite
from tests.system.running import Stack, end_of, running, trigger, until

pytestmark = [pytest.mark.timeout(600), whole_suite]


def scheduler(stack: Stack) -> psutil.Process | None:
    """The scheduler that supervisord started last."""
    for child in stack.services():
        with contextlib.suppress(psutil.Error):  # one that has just died has no command line
            if child.cmdline()[-1:] == ["scheduler"]:
                return child
    return None


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
