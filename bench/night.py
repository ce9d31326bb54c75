"""A night of many unchanged agreements beside as many empty Airflow tasks, in one stack of `make up`.

The empty tasks have the same DAGs, edges, pool and limits, and are forked from the same process; they return at
once. CPU is that of Airflow's processes and of Postgres; what plays the vendor is not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from deploy.sandbox import economic_connections
from sandbox.books.company import SMALL
from stack.airflow_api import AirflowApi
from stack.settings import PROJECT, Settings, free_port

from .children import ChildFailed
from .dags import AGREEMENT
from .measure import Lap

EMPTY, NIGHT, FIRST = "limit: empty tasks", "quiet night", "first load of them"
IDLE = "idle stack of make up"
_WATCH = "saldo_watch"
_PATIENCE_S = 3600
_EMPTY_DAGS = """\
from datetime import datetime, timedelta

from airflow.sdk import DAG, BaseOperator


class Empty(BaseOperator):
    def execute(self, context):
        pass


for number in range({count}):
    with DAG(f"empty__{{number}}", schedule=None, start_date=datetime(2024, 1, 1), is_paused_upon_creation=False,
             max_active_runs=1, max_active_tasks={at_once}) as dag:
        tasks = {{
            name: Empty(task_id=name, pool="saldo_economic", trigger_rule="all_done", weight_rule="upstream",
                        execution_timeout=timedelta(hours=6))
            for name in {upstream!r}
        }}
        for name, others in {upstream!r}.items():
            for other in others:
                tasks[other] >> tasks[name]
    globals()[dag.dag_id] = dag
"""


def section_of(count: int) -> str:
    return f"A night of {count} agreements in Airflow"


class NightInAirflow:
    """One stack: idle, first loads, then both kinds of night."""

    def __init__(self, count: int, folder: Path, show: Callable[[Lap], None]) -> None:
        self._count, self._folder, self._show = count, folder / f"night-{count}", show
        self._ids = [f"night{number:03}" for number in range(count)]
        self._environ = self._environment()
        self._settings = Settings(self._environ)

    def _environment(self) -> dict[str, str]:
        ports = (
            "SALDO_PG_PORT",
            "SALDO_UI_PORT",
            "SALDO_SANDBOX_PORT",
            "SALDO_SMTP_PORT",
            "SALDO_LOG_PORT",
        )
        found = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
        found |= {name: str(free_port()) for name in ports}
        bundles = [
            {"name": name, "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {"path": str(path)}}
            for name, path in (("dags-folder", PROJECT / "dags"), ("empty", self._folder / "dags"))
        ]  # fmt: skip
        return {
            **found,
            "SALDO_RUN_DIR": str(self._folder / "run"),
            "SALDO_AGREEMENTS_DIR": str(self._folder / "agreements"),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
            **economic_connections(f"http://127.0.0.1:{found['SALDO_SANDBOX_PORT']}", self._ids),
        }

    def run(self) -> None:
        self._write()
        with self._stack() as api:
            self._pause_the_watch(api)
            self._idle()
            self._companies()
            nights = [f"saldo__{id}" for id in self._ids]
            empties = [f"empty__{number}" for number in range(self._count)]
            until(lambda: {*nights, *empties} <= api.dag_ids(), "the DAGs")
            for what, dag_ids in ((FIRST, nights), (EMPTY, empties), (NIGHT, nights)):
                self._lap(api, what, dag_ids)

    # --- the stack -------------------------------------------------------------------------------

    def _write(self) -> None:
        for name in ("agreements", "dags"):
            (self._folder / name).mkdir(parents=True)
        for id in self._ids:
            (self._folder / "agreements" / f"{id}.yaml").write_text(
                AGREEMENT.format(id=id, schedule="null")
            )

    @contextmanager
    def _stack(self) -> Iterator[AirflowApi]:
        try:
            self._make("up")
            (self._folder / "dags" / "empty.py").write_text(self._empty_dags())
            api = AirflowApi(self._settings.ui_url, self._settings.prepare().ui)
            api.log_in()
            yield api
        finally:
            self._make("clean")

    def _make(self, verb: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "stack", verb], cwd=PROJECT, env=self._environ, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ChildFailed(f"make {verb} failed:\n{(done.stdout + done.stderr)[-20_000:]}")

    def _empty_dags(self) -> str:
        """The tasks and edges of a real one."""
        code = (
            "import json; from saldo.airflow.dag_builder import TASKS_AT_ONCE, agreements, build_agreement_dag; "
            f"dag = build_agreement_dag(next(one for one in agreements().good if one.id == {self._ids[0]!r})); "
            "print(json.dumps([TASKS_AT_ONCE, {t.task_id: sorted(t.upstream_task_ids) for t in dag.tasks}]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False,
            env={**self._environ, "PYTHONPATH": str(PROJECT / "plugins")},
        )  # fmt: skip
        if done.returncode:
            raise ChildFailed(done.stderr[-3000:])
        at_once, upstream = json.loads(done.stdout.splitlines()[-1])
        return _EMPTY_DAGS.format(count=self._count, at_once=at_once, upstream=upstream)

    def _companies(self) -> None:
        for number, id in enumerate(self._ids):
            body = {
                "agreement_number": 9_000_000 + number,
                "name": id,
                "seed": number,
                **SMALL,
                "tokens_per_minute": 10**9,
            }
            requests.put(
                f"{self._settings.sandbox_url}/sandbox/companies/{id}", json=body, timeout=60
            ).raise_for_status()

    def _pause_the_watch(self, api: AirflowApi) -> None:
        """It runs every few minutes in both kinds of night alike, but not as often."""
        api.session.patch(
            f"{api.url}/api/v2/dags/{_WATCH}", json={"is_paused": True}, timeout=30
        ).raise_for_status()

    # --- measuring -------------------------------------------------------------------------------

    def _processes(self) -> tuple[list[psutil.Process], list[psutil.Process]]:
        """Airflow's, and Postgres'; what plays vendor and mail server is in the first as well."""
        run_dir = self._settings.run_dir
        supervisor = psutil.Process(int((run_dir / "supervisord.pid").read_text()))
        return [supervisor, *supervisor.children(recursive=True)], postgres_of(run_dir)

    def _idle(self) -> None:
        """A minute in which nothing runs, and PSS of everything at its end."""
        lap = Lap(section_of(self._count), IDLE)
        with self._metered(lap):
            time.sleep(60)
        total = 0
        for process in (p for part in self._processes() for p in part):
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
        lap.peak_mb = total / 2**20
        self._show(lap)

    @contextmanager
    def _metered(self, lap: Lap) -> Iterator[None]:
        began, before = time.monotonic(), self._cpu_s()
        yield
        lap.seconds = time.monotonic() - began
        lap.client_cpu_s, lap.postgres_cpu_s = (
            after - earlier for after, earlier in zip(self._cpu_s(), before, strict=True)
        )

    def _cpu_s(self) -> tuple[float, float]:
        airflow, postgres = self._processes()
        played = [p for p in airflow if "sandbox.app:app" in " ".join(_words(p))]
        return cpu_of(airflow) - cpu_of(played), cpu_of(postgres)

    def _lap(self, api: AirflowApi, what: str, dag_ids: list[str]) -> None:
        lap = Lap(section_of(self._count), what)
        with self._metered(lap):
            for dag_id in dag_ids:
                api.trigger(dag_id)
            runs = {dag_id: self._end_of(api, dag_id) for dag_id in dag_ids}
        tasks = [state for states in runs.values() for state in states]
        if set(tasks) != {"success"}:
            raise ChildFailed(f"{what}: tasks ended as {sorted(set(tasks))}")
        lap.rows = len(tasks)
        self._show(lap)

    def _end_of(self, api: AirflowApi, dag_id: str) -> list[str]:
        """States of the tasks of the last run, when it is over."""

        def over() -> list[str]:
            run = api.last_run(dag_id)
            return (
                [state for state, _ in api.task_states(run).values()] if run and run.is_over else []
            )

        found: list[str] = until(over, dag_id)
        return found


def until(done: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := done()):
        if time.monotonic() > deadline:
            raise ChildFailed(f"{what}: waited for an hour")
        time.sleep(1)
    return found


def postgres_of(run_dir: Path) -> list[psutil.Process]:
    """The embedded Postgres of a run folder, all its processes."""
    pid = (run_dir / "postgres" / "data" / "postmaster.pid").resolve().read_text().split()[0]
    postmaster = psutil.Process(int(pid))
    return [postmaster, *postmaster.children(recursive=True)]


def _words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return list(process.cmdline())
    return []


def cpu_of(processes: list[psutil.Process]) -> float:
    """With that of the children they have waited for: differences hold whatever ends in between."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
