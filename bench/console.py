"""Pages of the console on years of nights, beside Airflow's own grid of one DAG, all of one API server in one run.

What a person waits for who asks for a page alone: the server's answer, whole. The grid is what Airflow's page asks for to be drawn:
its tasks, its runs and the state of every task of them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import psycopg
import requests

from stack.settings import free_port, venv_program

from . import console_changes, console_ledger, console_rows, console_work, export_list
from .children import call, python, server
from .cluster import Cluster
from .console_pages import ONE, PAGES
from .measure import Lap
from .targets import Laps, Target

AGREEMENTS, NIGHTS = 500, 400
#: Runs that Airflow's grid shows.
GRID_RUNS = 25
TIMES = 40
MOST_MS = 300
SECTION = f"Pages of the console: {AGREEMENTS} agreements, {NIGHTS} nights"
GRID = "Airflow's grid of one DAG, 25 runs"
_DATABASE = "console"
_FOLDERS = ("agreements", "files", "exports")


def run(cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
    """The grid and every page, in turns, so that none has the quieter minute."""
    port = free_port()
    environment = _environment(cluster, folder, port)
    run_ids = _prepare(cluster, folder, environment)
    base = f"http://127.0.0.1:{port}"
    command = [str(venv_program("airflow")), "api-server"]
    with server(command, health=f"{base}/saldo/health", folder=folder, environment=environment):
        session = _logged_in(base)
        asked = [(GRID, _grid(run_ids)), *((name, [path]) for name, path in PAGES)]
        took = _measure(session, base, asked)
    for name, seconds in took.items():
        for what, share in (("median", 0.5), ("95th percentile", 0.95)):
            show(Lap(SECTION, f"{name}, {what}", sorted(seconds)[int(TIMES * share) - 1]))
    cluster.drop(_DATABASE)


def _environment(cluster: Cluster, folder: Path, port: int) -> dict[str, str]:
    connection = psycopg.conninfo.conninfo_to_dict(cluster.dsn(_DATABASE))
    warehouse = {
        "conn_type": "postgres", "host": connection["host"], "port": int(connection["port"] or 0), "login": connection["user"],
        "password": connection["password"], "schema": connection["dbname"],
    }  # fmt: skip
    return {
        **cluster.environment(),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW_CONN_SALDO_WAREHOUSE": json.dumps(warehouse),
        **{f"SALDO_{what.upper()}_DIR": str(folder / f"console-{what}") for what in _FOLDERS},
        "SALDO_SANDBOX": "0",
    }


def _prepare(cluster: Cluster, folder: Path, environment: dict[str, str]) -> list[str]:
    """Nights in the warehouse, files, and DAGs in Airflow's own database; the runs that its grid shows."""
    with psycopg.connect(cluster.empty_warehouse(_DATABASE)) as connection:
        console_rows.make(connection, agreements=AGREEMENTS, nights=NIGHTS)
        console_ledger.make(connection, id=ONE, key=console_rows.key_of(ONE))
        console_changes.make(
            connection, id=ONE, postings_of_year=console_ledger.POSTINGS // console_ledger.YEARS
        )
        console_work.make(connection)
        export_list.make(connection, ONE)
    cluster.settle(_DATABASE)
    agreements, files, exports = (folder / f"console-{what}" for what in _FOLDERS)
    for one in (agreements, files, exports):
        one.mkdir()
    console_rows.write_files(agreements, AGREEMENTS)
    console_work.write_files(files, exports)
    subprocess.run(
        [venv_program("airflow"), "db", "migrate"],
        env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ids = [path.stem for path in sorted(agreements.iterdir())]
    task = {"agreements": ids, "nights": GRID_RUNS, "grid": ONE}
    found: list[str] = call(python("bench.console_lap"), task, environment=environment)["run_ids"]
    return found


def _grid(run_ids: Sequence[str]) -> list[str]:
    dag_id = f"saldo__{ONE}"
    asked = "&".join(f"run_ids={run_id}" for run_id in run_ids)
    return [
        f"/ui/grid/structure/{dag_id}?limit={GRID_RUNS}",
        f"/ui/grid/runs/{dag_id}?limit={GRID_RUNS}",
        f"/ui/grid/ti_summaries/{dag_id}?{asked}",
    ]


def _logged_in(base: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    token = session.get(f"{base}/auth/token", timeout=30).json()["access_token"]
    session.headers.update({"Authorization": f"Bearer {token}", "Accept": "text/html, */*"})
    return session


def _measure(
    session: requests.Session, base: str, asked: Sequence[tuple[str, Sequence[str]]]
) -> dict[str, list[float]]:
    """Name -> seconds of each time; the first, in which everything is read and made, does not count."""
    took: dict[str, list[float]] = {name: [] for name, _ in asked}
    for nth in range(TIMES + 1):
        for name, paths in asked:
            began = perf_counter()
            for path in paths:
                session.get(f"{base}{path}", timeout=120).raise_for_status()
            if nth:
                took[name].append(perf_counter() - began)
    return took


def targets(laps: Laps) -> list[Target]:
    """Each page's 95th percentile, beside the grid's."""
    grid = laps.get(SECTION, f"{GRID}, 95th percentile")
    found = []
    for name, _ in PAGES:
        lap = laps.get(SECTION, f"{name}, 95th percentile")
        if lap and grid:
            reached = f"{lap.seconds * 1000:.0f} ms ({lap.seconds / grid.seconds:.2f} times Airflow's grid, {grid.seconds * 1000:.0f} ms)"
            found.append(
                Target(
                    f"Console: {name}",
                    f"less than {MOST_MS} ms",
                    reached,
                    lap.seconds * 1000 < MOST_MS,
                )
            )
    return found
