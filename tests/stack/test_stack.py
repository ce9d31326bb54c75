"""`make up` for real: scheduler, API server, sandbox and Postgres as a newcomer gets them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from stack.airflow_api import AirflowApi
from tests.conftest import free_port
from tests.support import PROJECT, Company, Sandbox, assert_true

pytestmark = pytest.mark.timeout(600)
_AGREEMENT = """
id: {id}
name: {id} ApS
vendor: economic
connection: economic_{id}
schedule: null
timezone: Europe/Copenhagen
start_date: 2024-01-01
"""


class Stack:
    """A stack of its own: folder, ports and agreement files of this test."""

    def __init__(self, folder: Path) -> None:
        self.run_dir = folder / "run"
        self.agreements = folder / "agreements"
        self.agreements.mkdir()
        self.ports = {
            name: free_port()
            for name in ("SALDO_PG_PORT", "SALDO_UI_PORT", "SALDO_SANDBOX_PORT", "SALDO_SMTP_PORT")
        }
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.ports['SALDO_SANDBOX_PORT']}")
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))},
            **{name: str(port) for name, port in self.ports.items()},
            "SALDO_RUN_DIR": str(self.run_dir),
            "SALDO_AGREEMENTS_DIR": str(self.agreements),
            "COLUMNS": "200",
        }

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

    def api(self) -> AirflowApi:
        password = json.loads((self.run_dir / "secrets.json").read_text())["ui"]
        found = AirflowApi(f"http://127.0.0.1:{self.ports['SALDO_UI_PORT']}", password)
        found.log_in()
        return found

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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    yield found
    found.make("clean")


@pytest.fixture(scope="module")
def first(stack: Stack) -> subprocess.CompletedProcess[str]:
    return stack.make("up")


def until(done: Callable[[], Any], *, patience_s: float = 120) -> Any:
    deadline = time.monotonic() + patience_s
    while not (found := done()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)
    return found


def run_dag(stack: Stack, dag_id: str, **conf: Any) -> tuple[str, dict[str, str]]:
    """Trigger a run and see it through; returns its state and its tasks' states."""
    api = stack.api()
    before = api.last_run(dag_id)
    answer = api.session.post(
        f"{api.url}/api/v2/dags/{dag_id}/dagRuns",
        json={"logical_date": None, "conf": conf},
        timeout=30,
    )
    answer.raise_for_status()

    def over() -> Any:
        run = api.last_run(dag_id)
        is_new = run and (before is None or run.run_id != before.run_id)
        return run if run and is_new and run.is_over else None

    run = until(over)
    return run.state, {task: state for task, (state, _) in api.task_states(run).items()}


def test_make_up_ends_with_facts_of_three_companies(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    for text in ("nordlys", "vestkyst", "oresund", "log in as", "Warehouse", "postgresql://"):
        assert text in first.stdout
    for id in ("nordlys", "vestkyst", "oresund"):
        assert_true(stack.dsn, Company(stack.sandbox, id, 0))


def test_make_up_again_reports_the_last_runs(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    before = stack.processes()
    again = stack.make("up")
    assert again.returncode == 0, again.stdout
    assert "oresund" in again.stdout
    assert before <= stack.processes()


def test_the_environment_file_makes_a_shell(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    done = stack.shell('psql "$SALDO_DSN" -Atc "select count(*) from mart.fact_accounting"')
    assert int(done.stdout) > 100_000, done.stderr
    assert (stack.run_dir / "env").stat().st_mode & 0o077 == 0


def test_airflow_dags_test_runs_an_agreement(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    # Airflow 3.3's scheduler examines every running run of an active DAG, those of a test as well.
    paused = stack.shell("airflow dags pause -y saldo__nordlys")
    assert paused.returncode == 0, paused.stderr
    done = stack.shell("airflow dags test saldo__nordlys")
    unpaused = stack.shell("airflow dags unpause -y saldo__nordlys")
    assert unpaused.returncode == 0, unpaused.stderr
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "sandbox-grant" not in done.stdout + done.stderr
    assert "sandbox-app-secret" not in done.stdout + done.stderr


def test_a_next_day_reaches_the_facts(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    company = Company(stack.sandbox, "nordlys", 0)
    company.next_day()
    state, _ = run_dag(stack, "saldo__nordlys")
    assert state == "success"
    assert_true(stack.dsn, company)


def test_a_window_from_the_form(stack: Stack, first: subprocess.CompletedProcess[str]) -> None:
    with psycopg.connect(stack.dsn, autocommit=True) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = 0 "
            "where agreement_id = 'nordlys' and date between '2025-05-01' and '2025-05-31'"
        )
    window = {"mode": "window", "from": "2025-05-01", "to": "2025-05-31"}
    state, _ = run_dag(stack, "saldo__nordlys", **window)
    assert state == "success"
    assert_true(stack.dsn, Company(stack.sandbox, "nordlys", 0))


def test_an_agreement_of_ones_own_is_a_connection_and_a_file(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    api = stack.api()
    company = stack.sandbox.company("own", entries=1_000)
    (stack.agreements / f"{company.id}.yaml").write_text(_AGREEMENT.format(id=company.id))
    (stack.agreements / "broken.yaml").write_text("id: broken\ncolour: red\n")
    dag_id = f"saldo__{company.id}"
    until(lambda: dag_id in api.dag_ids())
    errors = until(api.import_errors)
    assert len(errors) == 1

    # Without its connection: fails at once, and says which one is missing.
    state, tasks = run_dag(stack, dag_id)
    assert state == "failed"
    assert tasks["land.self"] == "failed"
    assert tasks["report"] == "failed"
    with psycopg.connect(stack.dsn) as connection:
        row = connection.execute(
            "select try_number, error_family, error_message from ops.sync_run "
            "where agreement_id = %s and entity = 'self'",
            [company.id],
        ).fetchall()
    assert len(row) == 1
    assert row[0][:2] == (1, "ConfigError")
    assert f"economic_{company.id}" in row[0][2]

    base = f"{stack.sandbox.url}/economic"
    connection_body = {
        "connection_id": f"economic_{company.id}",
        "conn_type": "economic",
        "host": f"{base}/rest",
        "password": f"sandbox-grant-{company.id}",
        "extra": json.dumps(
            {"app_secret_token": "sandbox-app-secret", "openapi_host": f"{base}/openapi"}
        ),
    }
    api.session.post(
        f"{api.url}/api/v2/connections", json=connection_body, timeout=30
    ).raise_for_status()
    state, tasks = run_dag(stack, dag_id)
    assert state == "success", tasks
    assert_true(stack.dsn, company)


def test_a_failed_entity_fails_the_run_but_not_the_others(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    company = Company(stack.sandbox, "vestkyst", 0)
    company.next_day()
    company.fault("replace", match="/accounts", find='"name": "[^"]*"', put='"name": 7', times=9)
    state, tasks = run_dag(stack, "saldo__vestkyst")
    stack.sandbox.clear_faults()
    assert state == "failed"
    bad = {task for task, found in tasks.items() if found != "success"}
    assert bad == {"land.accounts", "report"}
    state, _ = run_dag(stack, "saldo__vestkyst")
    assert state == "success"
    assert_true(stack.dsn, company)


def test_an_asset_event_only_when_something_changed(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    api = stack.api()

    def events() -> int:
        answer = api.session.get(
            f"{api.url}/api/v2/assets/events",
            params={"source_dag_id": "saldo__oresund", "limit": 100},
            timeout=30,
        )
        return int(answer.json()["total_entries"])

    before = events()
    run_dag(stack, "saldo__oresund")
    assert events() == before
    Company(stack.sandbox, "oresund", 0).next_day()
    run_dag(stack, "saldo__oresund")
    assert events() == before + 1


def test_no_secret_reaches_a_log(stack: Stack, first: subprocess.CompletedProcess[str]) -> None:
    planted = ("sandbox-grant-", "sandbox-app-secret")
    secrets = json.loads((stack.run_dir / "secrets.json").read_text())
    planted += (secrets["warehouse"], secrets["metadata"], secrets["fernet"])
    logs = [p for p in stack.run_dir.rglob("*.log") if p.is_file()]
    assert logs
    for path in logs:
        text = path.read_text(errors="replace")
        assert not [word for word in planted if word in text], path


def test_a_taken_port_is_a_clear_message(stack: Stack, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = stack.make("up", SALDO_RUN_DIR=str(tmp_path), SALDO_UI_PORT=port)
    assert done.returncode == 2
    assert f"port {port}" in done.stdout
    assert "SALDO_UI_PORT" in done.stdout


def test_a_port_that_is_none_is_a_clear_message(stack: Stack, tmp_path: Path) -> None:
    done = stack.make("up", SALDO_RUN_DIR=str(tmp_path), SALDO_UI_PORT="eighty")
    assert done.returncode == 2
    assert "SALDO_UI_PORT='eighty' is not a port" in done.stdout


def test_down_ends_what_a_killed_supervisor_left(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    supervisor = int((stack.run_dir / "supervisord.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    time.sleep(0.5)
    assert stack.processes()
    assert stack.make("down").returncode == 0
    assert stack.processes() == set()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(stack.dsn, connect_timeout=2)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{stack.sandbox.url}/sandbox", timeout=2)


def test_up_after_down_keeps_the_data(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    stack.make("down")
    again = stack.make("up")
    assert again.returncode == 0, again.stdout
    assert_true(stack.dsn, Company(stack.sandbox, "nordlys", 0))
