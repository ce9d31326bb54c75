"""One lap of DAG building in a process with an Airflow home of its own; CPU only, imports excluded.

`read`: the agreement files. `build`: their DAGs. `bare`: as many DAGs with as many EmptyOperator tasks
and the same edges. `parse`: what Airflow's DAG processor does with `dags/`, its imports included, then
serialise all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stack.settings import PROJECT

_TIMES = 3


def read() -> int:
    from saldo.airflow.dag_builder import agreements

    return len(agreements().good)


def build() -> Callable[[], int]:
    from saldo.airflow.dag_builder import agreements, build_agreement_dag

    good = agreements().good
    return lambda: sum(len(build_agreement_dag(agreement).tasks) for agreement in good)


def bare_of(count: int) -> Callable[[], int]:
    """DAGs with the tasks and edges of the first agreement's, and nothing else."""
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    from saldo.airflow.dag_builder import agreements, build_agreement_dag

    model = build_agreement_dag(agreements().good[0])
    edges = {task.task_id: sorted(task.downstream_task_ids) for task in model.tasks}

    def one(number: int) -> Any:
        with DAG(
            f"bare_{number}", schedule="0 3 * * *", start_date=datetime(2024, 1, 1, tzinfo=UTC)
        ) as dag:
            tasks = {id: EmptyOperator(task_id=id) for id in edges}
            for id, following in edges.items():
                if following:
                    tasks[id] >> [tasks[other] for other in following]
        return dag

    return lambda: sum(len(one(number).tasks) for number in range(count))


def parse() -> int:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    if bag.import_errors:
        raise RuntimeError(bag.import_errors)
    for dag in bag.dags.values():
        json.dumps(DagSerialization.to_dict(dag))
    return sum(len(dag.tasks) for dag in bag.dags.values())


def best(lap: Callable[[], int]) -> dict[str, float]:
    """The least CPU of a few tries, after one that is not counted."""
    found: list[float] = []
    tasks = 0
    for _ in range(1 + _TIMES):
        began = time.process_time()
        tasks = lap()
        found.append(time.process_time() - began)
    return {"client_cpu_s": min(found[1:]), "rows": tasks}


def main() -> None:
    import airflow.sdk  # noqa: F401  (reads its configuration and takes seconds)

    task = json.load(sys.stdin)
    if task["what"] == "read":
        found = best(read)
    elif task["what"] == "build":
        found = best(build())
    elif task["what"] == "bare":
        found = best(bare_of(task["count"]))
    else:
        began = time.process_time()
        tasks = parse()
        found = {"client_cpu_s": time.process_time() - began, "rows": tasks}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
