"""Paths of Airflow's UI; templates put them behind airflow(…). Empty for what no DAG does, but the API server itself."""

from __future__ import annotations

from urllib.parse import quote

from saldo import documents
from saldo.exports import requests
from saldo.files import subjects as files
from saldo.vendors import task_of

#: What DAGs do for an agreement that are not its own -> the task that does it.
_BESIDES = {(files.DAG_ID, "budgets"): "facts", (requests.DAG_ID, requests.ENTITY): "export"}


def run_path(dag_id: str, run_id: str | None) -> str:
    """The page of a run; of its DAG where there is none."""
    if dag_id == documents.DAG_ID:
        return ""
    base = f"/dags/{quote(dag_id)}"
    return f"{base}/runs/{quote(run_id, safe='')}" if run_id else base


def log_path(dag_id: str, run_id: str, vendor: str, entity: str, try_number: int | None) -> str:
    """The log of a try of the task that does an entity."""
    run = run_path(dag_id, run_id)
    number = f"?try_number={try_number}" if try_number else ""
    task = _BESIDES.get((dag_id, entity)) or task_of(vendor, entity)
    return run and f"{run}/tasks/{quote(task)}{number}"
