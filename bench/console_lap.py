"""In Airflow's own database: the DAGs of the agreements, and nights of one of them that its grid can show.

Reads {"agreements", "nights", "grid"} from standard input: how many, and the id of the one with nights; prints the ids of its runs.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any


def main() -> None:
    task = json.load(sys.stdin)
    _know(task["agreements"], task["grid"])
    print(json.dumps({"run_ids": _nights(f"saldo__{task['grid']}", task["nights"])}))


def _know(agreements: list[str], grid: str) -> None:
    """A row for each DAG, as its processor writes it; the one that is shown is there with its tasks."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
    from airflow.utils.db import synchronize_log_template
    from airflow.utils.session import create_session

    from saldo.airflow.dag_builder import build_agreement_dag
    from saldo.api.agreements import agreement_of

    dag = build_agreement_dag(agreement_of(grid))
    due = datetime.now(UTC) + timedelta(hours=8)
    with create_session() as session:
        synchronize_log_template(session=session)
        session.add(DagBundleModel(name="bench"))
        session.flush()
        for id in agreements:
            model = DagModel(dag_id=f"saldo__{id}", bundle_name="bench", fileloc="x.py", is_paused=False, is_stale=False)  # fmt: skip
            model.next_dagrun_create_after = due
            session.add(model)
        session.flush()
        lazy = LazyDeserializedDAG(data=DagSerialization.to_dict(dag))
        SerializedDagModel.write_dag(lazy, bundle_name="bench", session=session)


def _nights(dag_id: str, nights: int) -> list[str]:
    """Runs that have ended, with their tasks."""
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.models import DagRun, TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType
    from sqlalchemy import update

    run_ids = []
    for nth in range(nights):
        at = datetime.now(UTC) - timedelta(days=nights - nth)
        with create_session() as session:
            run: Any = trigger_dag(
                dag_id, triggered_by=DagRunTriggeredByType.REST_API, run_id=f"night_{nth:03}", conf={}, run_after=at, session=session
            )  # fmt: skip
            ended = {"state": "success", "start_date": at, "end_date": at + timedelta(minutes=2)}
            for model in (TaskInstance, DagRun):
                session.execute(
                    update(model).where(model.dag_id == dag_id, model.run_id == run.run_id).values(ended)
                )  # fmt: skip
            run_ids.append(run.run_id)
    return run_ids


if __name__ == "__main__":
    main()
