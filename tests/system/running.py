"""The words the stack's tests are written in: a stack of their own, its runs, and waiting for them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg
import requests

from sandbox.books.company import COMPANIES
from stack.airflow_api import AirflowApi, DagRun
from stack.settings import Settings, write_private
from tests.conftest import free_port
from tests.powerbi.service import WORKSPACE
from tests.support import PROJECT, Sandbox

#: Who may only look; the second may see one DAG only (auth/narrow.py). User -> password.
VIEWERS = {"vera": "of-vera", "nora": "of-nora"}
#: Of the large companies of `make up`: what they sell, their years and currencies matter here, not their size.
_MOST_ENTRIES = 2_500
#: Airflow looks for tasks whose scheduler or process is gone every few minutes; here every few seconds. And it sees
#: what is next a moment after a task, not after a second: a run is seven tasks, one after the other.
IMPATIENT = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
}


#: A model of Power BI that the stack refreshes when somebody says so: its hour comes once a year.
MODEL = "aaaaaaaa-0000-0000-0000-000000000001"
REFRESHES = {
    "SALDO_POWERBI_DATASETS": f"{WORKSPACE}/{MODEL}",
    "SALDO_POWERBI_REFRESH": "0 0 29 2 *",
    "SALDO_POWERBI_PATIENCE_MINUTES": "0",
}


class Served(Protocol):
    """What has an API server: a stack of `make up`, or the services of docker-compose.yaml."""

    def api(self) -> AirflowApi: ...


class Stack:
    """A stack of its own: folder, ports, agreement files and users of these tests."""

    def __init__(self, folder: Path) -> None:
        self.run_dir = folder / "run"
        self.agreements = folder / "agreements"
        self.agreements.mkdir()
        self.exports = folder / "exports"
        self.exports.mkdir()
        self._passwords_file = folder / "passwords.json"
        self.ports = {
            name: free_port()
            for name in (
                "SALDO_PG_PORT",
                "SALDO_UI_PORT",
                "SALDO_SANDBOX_PORT",
                "SALDO_SMTP_PORT",
                "SALDO_LOG_PORT",
            )
        }
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.ports['SALDO_SANDBOX_PORT']}")
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))},
            **{name: str(port) for name, port in self.ports.items()},
            "SALDO_RUN_DIR": str(self.run_dir),
            "SALDO_AGREEMENTS_DIR": str(self.agreements),
            "SALDO_EXPORTS_DIR": str(self.exports),
            "COLUMNS": "200",
            "SALDO_ALERTS_TO": "controllers@example.com",
            "SALDO_ALERTS_SETTLE_S": "1",
            "SALDO_WATCH_MINUTES": "1",
            "SALDO_ALLOW_PRODUCTION_KEYS": "of_the_pilot",
            "PYTHONPATH": str(PROJECT / "tests" / "system" / "auth"),
            "AIRFLOW__CORE__AUTH_MANAGER": "narrow.NarrowAuthManager",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
                ("admin:admin", *(f"{name}:viewer" for name in VIEWERS))
            ),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords_file),
            **IMPATIENT,
            **REFRESHES,
        }
        self._api: AirflowApi | None = None

    def prepare(self) -> None:
        """Before the first start: passwords of all users, and the sandbox's companies, but small."""
        keys = Settings(self.environ).prepare()
        write_private(self._passwords_file, json.dumps({**VIEWERS, "admin": keys.ui}))
        small = [replace(each, entries=min(each.entries, _MOST_ENTRIES)) for each in COMPANIES]
        (self.run_dir / "sandbox.json").write_text(
            json.dumps([{"company": each.to_json(), "day": 0} for each in small])
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['SALDO_UI_PORT']}"

    def password(self, user: str) -> str:
        found: dict[str, str] = json.loads(self._passwords_file.read_text())
        return found[user]

    def make(self, verb: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stack", verb],
            cwd=PROJECT,
            env={**self.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command as a person types it after `. .run/env`."""
        return subprocess.run(
            ["sh", "-c", f". {self.run_dir / 'env'} && {command}"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def dsn(self) -> str:
        return self.shell('printf %s "$SALDO_DSN"').stdout

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the warehouse; none for a statement that returns none."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def api(self) -> AirflowApi:
        """Logged in once: keys outlive `make down`."""
        if self._api is None:
            found = AirflowApi(self.url, self.password("admin"))
            found.log_in()
            self._api = found
        return self._api

    def services(self) -> set[psutil.Process]:
        """What the supervisor of `make up` has started."""
        supervisor = int((self.run_dir / "supervisord.pid").read_text())
        return set(psutil.Process(supervisor).children())

    def processes(self) -> set[int]:
        """Everything of this stack that runs, Postgres apart; found by what it was started with."""
        words = (str(self.run_dir), *(f":{port}" for port in self.ports.values()))
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                told = [process.cwd(), *process.cmdline()]
                if any(word in text for word in words for text in told):
                    found.add(process.pid)
        return found


def until(done: Callable[[], Any], *, patience_s: float = 120) -> Any:
    deadline = time.monotonic() + patience_s
    while not (found := done()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)
    return found


def trigger(stack: Served, dag_id: str, **conf: Any) -> str:
    """Start a run as the form of the trigger dialog does; returns its id."""
    api = stack.api()
    answer = api.session.post(
        f"{api.url}/api/v2/dags/{dag_id}/dagRuns",
        json={"logical_date": None, "conf": conf},
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["dag_run_id"])


def states(stack: Served, dag_id: str) -> dict[str, str]:
    """Run id -> state of the last hundred runs."""
    api = stack.api()
    answer = api.session.get(
        f"{api.url}/api/v2/dags/{dag_id}/dagRuns",
        params={"order_by": "-run_after", "limit": 100},
        timeout=30,
    )
    answer.raise_for_status()
    return {run["dag_run_id"]: run["state"] for run in answer.json()["dag_runs"]}


def state_of(stack: Served, dag_id: str, run_id: str) -> str:
    api = stack.api()
    answer = api.session.get(f"{api.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}", timeout=30)
    answer.raise_for_status()
    return str(answer.json()["state"])


def see_through(stack: Served, dag_id: str, *run_ids: str, patience_s: float = 240) -> set[str]:
    """Wait until these runs are over; returns the states in which they ended."""

    def over() -> set[str]:
        # While its database is away or has just come back, Airflow's API refuses now and then.
        with contextlib.suppress(requests.RequestException):
            ends = {state_of(stack, dag_id, run_id) for run_id in run_ids}
            return ends if ends <= {"success", "failed"} else set()
        return set()

    ends: set[str] = until(over, patience_s=patience_s)
    return ends


def tasks_of(stack: Served, dag_id: str, run_id: str) -> list[dict[str, Any]]:
    api = stack.api()
    url = f"{api.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
    answer = api.session.get(url, timeout=30)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["task_instances"]
    return found


def parse_now(stack: Stack, beside: str = "saldo__nordlys") -> None:
    """Have the files of DAGs like this one read at once, as a person in a hurry does in the UI; else it is every half
    minute."""
    api = stack.api()
    dag = api.session.get(f"{api.url}/api/v2/dags/{beside}", timeout=30).json()
    api.session.put(
        f"{api.url}/api/v2/parseDagFile/{dag['file_token']}", timeout=30
    ).raise_for_status()


def run_dag(stack: Served, dag_id: str, **conf: Any) -> tuple[str, dict[str, str]]:
    """Trigger a run and see it through; returns its state and its tasks' states."""
    run_id = trigger(stack, dag_id, **conf)
    (state,) = see_through(stack, dag_id, run_id)
    tasks = stack.api().task_states(DagRun(dag_id, run_id, state))
    return state, {task: found for task, (found, _) in tasks.items()}


def running(stack: Served, dag_id: str, run_id: str) -> set[str]:
    """Tasks of a run that run right now, land.self apart."""
    tasks = tasks_of(stack, dag_id, run_id)
    return {task["task_id"] for task in tasks if task["state"] == "running"} - {"land.self"}


def do_not_wait(stack: Served, dag_id: str, run_id: str) -> None:
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


def end_of(stack: Served, dag_id: str, run_id: str) -> str:
    """The state in which a run ends."""

    def over() -> str | None:
        # Airflow's API refuses now and then while its database is away or has just come back.
        with contextlib.suppress(requests.RequestException):
            do_not_wait(stack, dag_id, run_id)
            state = state_of(stack, dag_id, run_id)
            return state if state in ("success", "failed") else None
        return None

    return str(until(over, patience_s=240))
