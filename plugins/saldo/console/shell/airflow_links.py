"""Paths of Airflow's UI; templates put them behind airflow(…)."""

from __future__ import annotations

from urllib.parse import quote

from saldo.vendors import task_of


def run_path(dag_id: str, run_id: str | None) -> str:
    """The page of a run; of its DAG where there is none."""
    base = f"/dags/{quote(dag_id)}"
    return f"{base}/runs/{quote(run_id, safe='')}" if run_id else base


def log_path(dag_id: str, run_id: str, vendor: str, entity: str, try_number: int | None) -> str:
    """The log of a try of the task that does an entity."""
    number = f"?try_number={try_number}" if try_number else ""
    return f"{run_path(dag_id, run_id)}/tasks/{quote(task_of(vendor, entity))}{number}"
