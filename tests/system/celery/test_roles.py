"""The API server as docker-compose.yaml runs it, after its `init`: who may do what with which role."""

from __future__ import annotations

import pytest
import requests

from tests.support import whole_suite, write_agreement
from tests.system.celery.topology import PASSWORD, Topology
from tests.system.running import until

pytestmark = [pytest.mark.timeout(900), whole_suite]
ID = "roles"
DAG = f"saldo__{ID}"


def session(topology: Topology, user: str) -> requests.Session:
    found = requests.Session()
    answer = found.post(
        f"{topology.url}/auth/token", json={"username": user, "password": PASSWORD}, timeout=60
    )
    answer.raise_for_status()
    found.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return found


def add(topology: Topology, user: str, role: str) -> None:
    body = {
        "username": user, "password": PASSWORD, "roles": [{"name": role}],
        "first_name": user, "last_name": "Test", "email": f"{user}@example.com",
    }  # fmt: skip
    answer = session(topology, "admin").post(
        f"{topology.url}/auth/fab/v1/users", json=body, timeout=60
    )
    assert answer.status_code < 300, answer.text


@pytest.fixture(scope="module")
def sessions(topology: Topology) -> dict[str, requests.Session]:
    for user, role in (("viewer", "Viewer"), ("operator", "Operator")):
        add(topology, user, role)
    return {user: session(topology, user) for user in ("viewer", "operator", "admin")}


@pytest.fixture(scope="module", autouse=True)
def _agreement(topology: Topology) -> None:
    """For these tests alone: its DAG is paused and deleted, and what is started of it lacks its connection."""
    write_agreement(topology.agreements, ID)
    until(lambda: DAG in topology.api().dag_ids())


def test_init_may_be_repeated(topology: Topology) -> None:
    done = topology.machine.run("init")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert PASSWORD not in done.stdout + done.stderr


def test_nobody_gets_in_without_a_log_in(topology: Topology) -> None:
    assert requests.get(f"{topology.url}/api/v2/dags", timeout=30).status_code == 401
    answer = requests.post(
        f"{topology.url}/auth/token", json={"username": "admin", "password": "admin"}, timeout=30
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("GET", "/api/v2/dags", None, {"viewer", "operator", "admin"}),
        ("GET", f"/api/v2/dags/{DAG}/details", None, {"viewer", "operator", "admin"}),
        ("GET", "/api/v2/pools", None, {"viewer", "operator", "admin"}),
        ("POST", f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None}, {"operator", "admin"}),
        ("PATCH", f"/api/v2/dags/{DAG}", {"is_paused": True}, {"operator", "admin"}),
        ("POST", "/api/v2/backfills/dry_run",
         {"dag_id": DAG, "from_date": "2026-01-01T00:00:00Z", "to_date": "2026-01-02T00:00:00Z"}, {"operator", "admin"}),
        ("GET", "/api/v2/eventLogs", None, {"operator", "admin"}),
        ("DELETE", f"/api/v2/dags/{DAG}", None, {"admin"}),
        ("GET", "/api/v2/connections", None, {"admin"}),
        ("POST", "/api/v2/connections", {"connection_id": "made", "conn_type": "economic"}, {"admin"}),
        ("POST", "/api/v2/connections/test",
         {"connection_id": "tried", "conn_type": "http", "host": "http://127.0.0.1:1"}, {"admin"}),
        ("GET", "/api/v2/variables", None, {"admin"}),
        ("PATCH", "/api/v2/pools/saldo_economic", {"pool": "saldo_economic", "slots": 8}, {"admin"}),
        ("GET", "/auth/fab/v1/users", None, {"admin"}),
    ],
)  # fmt: skip
def test_each_role_may_do_what_it_is_for(
    topology: Topology, sessions: dict[str, requests.Session], method: str, path: str,
    body: dict[str, object] | None, allowed: set[str],
) -> None:  # fmt: skip
    # The mightiest last: what is deleted is gone for the others.
    answers = {
        user: session.request(method, f"{topology.url}{path}", json=body, timeout=60)
        for user, session in sessions.items()
    }
    refused = {user for user, answer in answers.items() if answer.status_code == 403}
    assert refused == set(sessions) - allowed, {u: a.status_code for u, a in answers.items()}
    for user in allowed:
        assert answers[user].status_code < 500, answers[user].text


def test_saldos_own_pages_follow_the_same_roles(
    topology: Topology, sessions: dict[str, requests.Session]
) -> None:
    path = f"{topology.url}/saldo/api/v1/documents/{ID}/voucher/2024-1.pdf"
    assert requests.get(path, timeout=30).status_code in (401, 307, 404)
    assert sessions["viewer"].get(path, timeout=60).status_code not in (401, 403)


def test_passwords_of_nobody_are_in_the_logs(topology: Topology) -> None:
    logs = topology.machine.folder / "logs" / "services"
    assert (logs / "api-server.log").stat().st_size > 0
    secret = {
        path.read_text().strip() for path in topology.machine.secrets.iterdir() if path.is_file()
    }
    for path in (*logs.rglob("*.log"), topology.machine.folder / "api-server.out"):
        text = path.read_text()
        assert [each for each in secret if each in text] == [], path
