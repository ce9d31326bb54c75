"""GET /agreements/<id>/progress: what is under way, for whoever may see the agreement."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from saldo.runs.sync_run import Run, recorded
from saldo.subject import SubjectKey
from saldo.warehouse.connection import connect

PATH = "/api/v1/agreements/shop/progress"


def ask(client: TestClient, user: str = "vera", path: str = PATH) -> dict[str, object]:
    answer = client.get(path, headers={"Authorization": f"Bearer {user}"})
    found: dict[str, object] = answer.json()
    assert answer.headers["Cache-Control"] == "private, no-store"
    return found | {"http": answer.status_code}


def test_nothing_is_under_way(client: TestClient) -> None:
    assert ask(client) == {"http": 200, "agreement": "shop", "tasks": []}


def test_what_is_under_way(client: TestClient, dsn: str) -> None:
    run = Run("saldo__shop", "night", 2)
    with (
        connect(dsn) as connection,
        recorded(connection, dsn, SubjectKey("agreement", "shop"), "entries", run) as sync_run,
        recorded(connection, dsn, SubjectKey("agreement", "other"), "entries", run),
    ):
        sync_run.meter.begin(done=1_000)
        sync_run.meter.expect(4_000, is_estimate=True)
        sync_run.save()
        [task] = ask(client)["tasks"]  # type: ignore[misc]
        assert task["entity"] == "entries"  # type: ignore[index]
        assert task == {
            "entity": "entries", "runId": "night", "tryNumber": 2, "done": 1_000, "total": 4_000, "isEstimate": True,
            "unit": "records", "step": None, "ratePerSecond": None, "secondsLeft": None, "isStale": False, "isDead": False,
            "startedAt": task["startedAt"], "updatedAt": task["updatedAt"],  # type: ignore[index]
            "words": "1,000 of about 4,000 records",
        }  # fmt: skip
    assert ask(client)["tasks"] == []


def test_who_may_not_see_it_sees_nothing(client: TestClient) -> None:
    assert ask(client, "nora")["http"] == 403
    assert ask(client, path="/api/v1/agreements/nobody/progress")["http"] == 404


def test_without_the_warehouse(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", "postgresql://nobody@127.0.0.1:1/none")
    found = ask(client)
    assert (found["http"], found["title"]) == (503, "The warehouse does not answer")
    assert "nobody" not in str(found)
