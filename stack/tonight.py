"""`make up` waits for tonight's runs of the sandbox's companies, and tells what they do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

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
#: How long the scheduler may take to start what is due, and all runs together.
_SCHEDULER_S, _PATIENCE_S = 20, 1800
#: Of a task that is over.
_ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")


def see_runs_through(
    api: AirflowApi, console: Console, dsn: str, began: datetime
) -> dict[str, DagRun]:
    """Wait for the sandbox agreements' runs; start those the scheduler has not started. dsn: the warehouse's. began: when whoever
    waits did; of runs that had ended by then only that is told, and when."""
    dag_ids = {id: f"saldo__{id}" for id in SANDBOX_AGREEMENTS}
    since = time.monotonic()
    while missing := set(dag_ids.values()) - api.dag_ids():
        if time.monotonic() - since > 120:
            raise StackError(
                f"Airflow did not find the DAGs {sorted(missing)}: {'; '.join(api.import_errors())}"
            )
        time.sleep(1)
    console.print("\nTonight's runs")
    told: set[tuple[str, str]] = set()
    runs: dict[str, DagRun] = {}
    triggered: set[str] = set()
    with UnderWay(console, dsn) as under_way:
        while True:
            ended: dict[str, tuple[int, int]] = {}
            for id, dag_id in dag_ids.items():
                run = api.last_run(dag_id)
                if run:
                    runs[id] = run
                    if not run.ended_before(began):
                        ended[id] = _tell_ends(api, console, id, run, told)
                elif time.monotonic() - since > _SCHEDULER_S and id not in triggered:
                    api.trigger(dag_id)
                    triggered.add(id)
            under_way.look(ended)
            is_over = len(runs) == len(dag_ids) and all(run.is_over for run in runs.values())
            if is_over and not _is_one_due(api, runs, began, since):
                break
            if time.monotonic() - since > _PATIENCE_S:
                raise StackError(
                    "tonight's runs did not end within 30 minutes; look at them in the UI"
                )
            time.sleep(1)
    _tell_of_earlier(console, runs, began)
    return runs


def _is_one_due(api: AirflowApi, runs: Mapping[str, DagRun], began: datetime, since: float) -> bool:
    """Whether the scheduler is about to start a run of what has none since. One that it does not start is not waited for."""
    earlier = {run.dag_id for run in runs.values() if run.ended_before(began)}
    return bool(earlier and time.monotonic() - since < _SCHEDULER_S and earlier & api.due(datetime.now(UTC)))  # fmt: skip


def _tell_of_earlier(console: Console, runs: Mapping[str, DagRun], began: datetime) -> None:
    for id, run in runs.items():
        if run.ended_before(began):
            state = SIGNS.get(run.state, run.state)
            console.print(f"  {id:<10} nothing is due: the last run is {state}, of {run.run_after:%Y-%m-%d %H:%M} UTC")  # fmt: skip


def of_night(run: DagRun) -> str:
    """Such as "done 11-30 03:00 UTC": there is room for no more."""
    return f"{SIGNS.get(run.state, run.state)} {run.run_after:%m-%d %H:%M} UTC"


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
