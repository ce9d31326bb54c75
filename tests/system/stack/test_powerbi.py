"""A refresh of Power BI by the scheduler, a worker and the triggerer of `make up`, against a service of our own over TLS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.powerbi.service import SECRET
from tests.powerbi.serving import connection_to, served
from tests.system.running import MODEL, Stack, see_through, tasks_of, trigger, until

pytestmark = pytest.mark.timeout(600)
DAG = "saldo_powerbi_refresh"


@pytest.fixture
def service(stack: Stack, first: subprocess.CompletedProcess[str], tmp_path: Path) -> Iterator[str]:
    """With the connection that leads to it, made as people make it in the UI."""
    api = stack.api()
    with served(tmp_path) as found:
        requests.put(f"{found}/play", json={"looks": 0}, timeout=5, verify=False)
        wanted = connection_to(found)
        body = {**wanted, "connection_id": "saldo_powerbi", "extra": json.dumps(wanted["extra"])}
        api.session.post(f"{api.url}/api/v2/connections", json=body, timeout=30).raise_for_status()
        yield found
        api.session.delete(f"{api.url}/api/v2/connections/saldo_powerbi", timeout=30)


def test_a_model_is_refreshed_by_the_triggerer(stack: Stack, service: str) -> None:
    until(lambda: DAG in stack.api().dag_ids())
    run_id = trigger(stack, DAG)
    assert see_through(stack, DAG, run_id) == {"success"}
    told = requests.get(f"{service}/play", timeout=5, verify=False).json()
    assert told["asked"] == [{"dataset": MODEL, "body": ""}]
    assert [one["status"] for one in told["history"][MODEL]] == ["Completed"]
    tasks = {task["task_id"]: task for task in tasks_of(stack, DAG, run_id)}
    assert {id: task["state"] for id, task in tasks.items()} == dict.fromkeys(
        ("nights", "refresh", "report"), "success"
    )
    assert tasks["refresh"]["try_number"] == 1
    # Twice: until the refresh is asked for, and until it has ended.
    log = task_log(stack, run_id, "refresh", map_index=0)
    assert log.count("Pausing task as DEFERRED") == 2, log
    assert SECRET not in log
    recorded = stack.rows(
        "select entity, status from ops.sync_run where subject_kind = 'dataset' and subject_id = %s and run_id = %s "
        "order by sync_run_id",
        MODEL, run_id,
    )  # fmt: skip
    assert recorded == [("refresh", "success"), ("report", "success")]


def task_log(stack: Stack, run_id: str, task_id: str, *, map_index: int) -> str:
    """What a task of the run has logged, its triggers among it."""
    api = stack.api()
    answer = api.session.get(
        f"{api.url}/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances/{task_id}/logs/1",
        params={"map_index": map_index, "full_content": True},
        headers={"Accept": "application/json"},
        timeout=30,
    )
    answer.raise_for_status()
    return answer.text
