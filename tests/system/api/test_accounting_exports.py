"""An expense on its whole way: sent, exported and posted by REST and by the runs of the DAG that a request starts."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import Any

import psycopg
import pytest
import requests

from stack.claims import night
from tests.system.running import until

from .conftest import Server

pytestmark = pytest.mark.timeout(600)
BASE = "/saldo/api/v1"
PATH = f"{BASE}/accounting-exports"
#: One of `make up`, which exports to the sandbox's Business Central.
ORGANISATION = "fjorddrift"


def ask(server: Server, method: str, path: str, body: Any = None, *, user: str = "admin") -> Any:
    headers = {"Authorization": f"Bearer {server.token(user)}"}
    return requests.request(method, f"{server.url}{path}", json=body, headers=headers, timeout=60)


def send(server: Server, id: str) -> None:
    claim = next(one for one in night(ORGANISATION) if one["kind"] == "expense")
    answer = ask(
        server, "POST", f"{BASE}/expenses", {**claim, "id": id, "organisation": ORGANISATION}
    )
    assert answer.status_code == 201, answer.text


def export(server: Server, id: str) -> dict[str, Any]:
    body = {"organisation": ORGANISATION, "expense_id": id, "target_system": "business_central"}
    answer = ask(server, "POST", PATH, body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def over(server: Server, link: str) -> dict[str, Any] | None:
    """The export once nothing more happens by itself; as somebody who may only look."""
    found: dict[str, Any] = ask(server, "GET", link, user="vera").json()
    return found if found["status"] in ("posted", "review") else None


def test_expenses_are_posted_by_runs_that_requests_start(
    server: Server, dsn: str, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    until(
        lambda: ask(server, "GET", f"/api/v2/dags/saldo_export__{ORGANISATION}").status_code == 200
    )
    ids = ["REST-1", "REST-2", "REST-3"]
    for id in ids:
        send(server, id)
    asked = [export(server, id) for id in ids]
    assert len({one["run"]["run_id"] for one in asked}) < 3, "a run that waits takes the next ones"
    for one in asked:
        found = until(partial(over, server, one["link"]), patience_s=300)
        assert found["status"] == "posted", found["error"]
        assert found["external_reference"]
        assert {call["outcome"] for call in found["calls"]} == {"done"}
        assert found["actions"] == []
        assert ask(server, "GET", one["link"], user="nora").status_code == 404
        assert ask(server, "POST", f"{one['link']}/cancel", user="vera").status_code == 403
    listed = ask(server, "GET", f"{PATH}?organisation={ORGANISATION}&source_id=REST-1", user="vera")
    assert [one["id"] for one in listed.json()["list"]] == [asked[0]["id"]]
    assert ask(server, "GET", PATH, user="nora").json()["list"] == []
    with psycopg.connect(dsn) as connection:
        acts = connection.execute(
            "select distinct action, actor from ops.audit where subject_kind = 'export' and subject_id = %s and "
            "(detail ->> 'source_id' = any(%s) or detail ->> 'by' = 'REST')",
            [ORGANISATION, ids],
        ).fetchall()
    assert sorted(acts) == [("accounting export asked for", "admin"), ("run started", "admin")]
