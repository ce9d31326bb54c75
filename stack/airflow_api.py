"""What `make up` asks Airflow's REST API: is it there, how are tonight's runs, start one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class DagRun:
    dag_id: str
    run_id: str
    state: str

    @property
    def is_over(self) -> bool:
        return self.state in ("success", "failed")


class AirflowApi:
    """Logs in with the generated password; every call raises requests.RequestException on trouble."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        self._password = password
        self.session = requests.Session()
        self.session.trust_env = False

    def is_up(self) -> bool:
        try:
            # The API of tasks is made when it is first asked for, which takes seconds: not those of the first tasks.
            self.session.get(f"{self.url}/execution/health", timeout=30).raise_for_status()
            health = self.session.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return False
        return all(
            health.get(part, {}).get("status") == "healthy"
            for part in ("metadatabase", "scheduler", "dag_processor")
        )

    def log_in(self) -> None:
        answer = self.session.post(
            f"{self.url}/auth/token",
            json={"username": "admin", "password": self._password},
            timeout=30,
        )
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self._get("dags", limit=1000)["dags"]}

    def last_run(self, dag_id: str) -> DagRun | None:
        found = self._get(f"dags/{dag_id}/dagRuns", order_by="-run_after", limit=1)["dag_runs"]
        return DagRun(dag_id, found[0]["dag_run_id"], found[0]["state"]) if found else None

    def task_states(self, run: DagRun) -> dict[str, tuple[str, float | None]]:
        """Task id -> (state, seconds)."""
        found = self._get(f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances", limit=200)
        return {
            task["task_id"]: (task["state"] or "waiting", task.get("duration"))
            for task in found["task_instances"]
        }

    def trigger(self, dag_id: str) -> None:
        self.session.post(
            f"{self.url}/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None}, timeout=30
        ).raise_for_status()

    def import_errors(self) -> list[str]:
        found = self._get("importErrors", limit=100)["import_errors"]
        return [error["stack_trace"].strip().splitlines()[-1] for error in found]

    def _get(self, path: str, **params: Any) -> Any:
        answer = self.session.get(f"{self.url}/api/v2/{path}", params=params, timeout=30)
        answer.raise_for_status()
        return answer.json()
