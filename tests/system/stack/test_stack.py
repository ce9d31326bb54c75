"""`make up` for real: scheduler, API server, sandbox and Postgres as a newcomer gets them."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest

from sandbox.books.company import COMPANIES
from tests.support import ENTITIES, Company, assert_true, whole_suite, write_agreement
from tests.system.running import Stack, run_dag, until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", autouse=True)
def own(stack: Stack, first: subprocess.CompletedProcess[str]) -> Company:
    """A company whose agreement is added to the running stack, beside a broken one. Airflow sees both within half a
    minute, in which other tests run."""
    assert first.returncode == 0, first.stdout + first.stderr
    found = stack.sandbox.company("own", is_ledger_only=True, entries=1_000)
    exclude = [name for name in ENTITIES if name not in found.entities]
    write_agreement(stack.agreements, found.id, exclude=exclude)
    (stack.agreements / "broken.yaml").write_text("id: broken\ncolour: red\n")
    return found


def test_make_up_ends_with_facts_of_every_company(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    ids = [company.id for company in COMPANIES]
    for text in (*ids, "log in as", "Warehouse", "postgresql://"):
        assert text in first.stdout
    for id in ids:
        assert_true(stack.dsn, Company(stack.sandbox, id, 0))


def test_make_up_again_reports_the_last_runs(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    before = stack.services()
    again = stack.make("up")
    assert again.returncode == 0, again.stdout
    assert "oresund" in again.stdout
    assert stack.services() == before


def test_all_of_it_listens_on_this_machine_alone(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    """Postgres, Airflow and what they start: no socket that another machine can reach."""
    postgres = int((stack.run_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    pids = {*stack.processes(), postgres}
    for pid in [*pids]:
        pids |= {child.pid for child in psutil.Process(pid).children(recursive=True)}
    listening = {
        (found.laddr.ip, found.laddr.port)
        for found in psutil.net_connections("inet")
        if found.pid in pids and found.status == psutil.CONN_LISTEN
    }
    assert set(stack.ports.values()) <= {port for _, port in listening}
    assert {address for address, _ in listening} == {"127.0.0.1"}


def test_tasks_are_forked_from_what_has_been_imported(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    """Nothing complains when preloading fails, nights are slower only: compiled modules of what
    validation needs show in the memory of workers that have run nothing but small tasks as well."""
    processes = [psutil.Process(pid) for pid in stack.processes()]
    workers = [p for p in processes if any("LocalExecutor" in word for word in p.cmdline())]
    assert workers
    for worker in workers:
        assert any("pandas" in m.path for m in worker.memory_maps()), worker


def test_the_environment_file_makes_a_shell(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    done = stack.shell('psql "$SALDO_DSN" -Atc "select count(*) from mart.fact_accounting"')
    assert int(done.stdout) > 8_000, done.stderr
    assert (stack.run_dir / "env").stat().st_mode & 0o077 == 0


def test_what_holds_rows_of_the_books_is_its_users_own(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    names = {path.name for path in stack.run_dir.iterdir() if path.is_dir()}
    assert {"airflow", "data_docs", "log", "mail", "postgres"} <= names
    open_to_others = [
        name for name in names - {"bin"} if (stack.run_dir / name).stat().st_mode & 0o077
    ]
    assert open_to_others == []


@whole_suite
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


def test_a_next_day_reaches_the_facts_and_is_an_asset_event(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    api = stack.api()

    def events() -> int:
        answer = api.session.get(
            f"{api.url}/api/v2/assets/events",
            params={"source_dag_id": "saldo__nordlys", "limit": 100},
            timeout=30,
        )
        return int(answer.json()["total_entries"])

    before, company = events(), Company(stack.sandbox, "nordlys", 0)
    run_dag(stack, "saldo__nordlys")
    assert events() == before, "nothing changed"
    company.next_day()
    state, _ = run_dag(stack, "saldo__nordlys")
    assert state == "success"
    assert events() == before + 1
    assert_true(stack.dsn, company)


def test_an_agreement_of_ones_own_is_a_connection_and_a_file(stack: Stack, own: Company) -> None:
    api, company, dag_id = stack.api(), own, f"saldo__{own.id}"
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
