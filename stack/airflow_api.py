"""What `make up` asks Airflow's REST API: is it there, how are tonight's runs, start one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests


@dataclass(frozen=True)
class DagRun:
    dag_id: str
    run_id: str
    state: str
    #: The moment it is of, and when it ended; None: it has not.
    run_after: datetime | None = None
    ended_at: datetime | None = None

    def ended_before(self, moment: datetime) -> bool:
        return self.is_over and self.ended_at is not None and self.ended_at < moment

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
        if not found:
            return None
        run = found[0]
        return DagRun(dag_id, run["dag_run_id"], run["state"], _moment(run["run_after"]), _moment(run["end_date"]))  # fmt: skip

    def due(self, now: datetime) -> set[str]:
        """DAGs of which the scheduler is about to start a run."""
        dags = self._get("dags", limit=1000)["dags"]
        moments = {d["dag_id"]: _moment(d["next_dagrun_run_after"]) for d in dags if not d["is_paused"]}  # fmt: skip
        return {id for id, moment in moments.items() if moment and moment <= now}

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


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
