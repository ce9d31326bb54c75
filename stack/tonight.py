"""`make up` waits for tonight's runs of the sandbox's companies, and tells what they do."""

from __future__ import annotations

import time

from rich.console import Console

from .airflow_api import AirflowApi, DagRun
from .progress import UnderWay
from .settings import SANDBOX_AGREEMENTS, StackError

#: How a task or a run has ended.
SIGNS = {
    "success": "[green]done[/]",
    "failed": "[red]failed[/]",
    "upstream_failed": "[red]not run[/]",
}
#: Of a task that is over.
_ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")


def see_runs_through(api: AirflowApi, console: Console, dsn: str) -> dict[str, DagRun]:
    """Wait for the sandbox agreements' runs; start those the scheduler has not started. dsn: the warehouse's."""
    dag_ids = {id: f"saldo__{id}" for id in SANDBOX_AGREEMENTS}
    began = time.monotonic()
    while missing := set(dag_ids.values()) - api.dag_ids():
        if time.monotonic() - began > 120:
            raise StackError(
                f"Airflow did not find the DAGs {sorted(missing)}: {'; '.join(api.import_errors())}"
            )
        time.sleep(1)
    console.print("\nTonight's runs")
    told: set[tuple[str, str]] = set()
    runs: dict[str, DagRun] = {}
    triggered: set[str] = set()
    deadline = time.monotonic() + 1800
    with UnderWay(console, dsn) as under_way:
        while len(runs) < len(dag_ids) or not all(run.is_over for run in runs.values()):
            ended: dict[str, tuple[int, int]] = {}
            for id, dag_id in dag_ids.items():
                run = api.last_run(dag_id)
                if run:
                    runs[id] = run
                    ended[id] = _tell_ends(api, console, id, run, told)
                elif time.monotonic() - began > 20 and id not in triggered:
                    api.trigger(dag_id)
                    triggered.add(id)
            under_way.look(ended)
            if time.monotonic() > deadline:
                raise StackError(
                    "tonight's runs did not end within 30 minutes; look at them in the UI"
                )
            time.sleep(1)
    return runs


def start_once(api: AirflowApi, console: Console, dag_id: str) -> None:
    """Start a DAG that has never run, where there is one; nobody waits for it."""
    if dag_id in api.dag_ids() and api.last_run(dag_id) is None:
        api.trigger(dag_id)
        console.print(f"  {dag_id} started")


def _tell_ends(
    api: AirflowApi, console: Console, id: str, run: DagRun, told: set[tuple[str, str]]
) -> tuple[int, int]:
    """Tell of tasks that have ended; returns how many have, and how many there are."""
    states = api.task_states(run)
    for task, (state, seconds) in states.items():
        if state in SIGNS and (id, task) not in told:
            told.add((id, task))
            took = f"[dim]{seconds:.1f} s[/]" if seconds else ""
            console.print(f"  {id:<10} {task:<24} {SIGNS[state]} {took}")
    return sum(state in _ENDED for state, _ in states.values()), len(states)
