"""The API server as docker-compose.yaml runs it, after its `init`: who may do what with which role."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import Cluster, free_port
from tests.support import whole_suite
from tests.system.deploy.compose import Machine, make_secrets
from tests.system.running import until

pytestmark = whole_suite

PASSWORD = "Long-enough-27-AB"
DAG = "saldo__nordlys"


class Site:
    """A machine with Airflow's database prepared and the API server running."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder / "cluster")
        self.cluster.start()
        keys, port = self.cluster.keys, free_port()
        make_secrets(
            folder / "secrets", postgres_password=keys.postgres, warehouse_password=keys.warehouse,
            metadata_password=keys.metadata, admin_password=PASSWORD,
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{port}"
        self.machine = Machine(
            folder,
            addresses={
                "postgres:5432": f"127.0.0.1:{self.cluster.settings.ports.postgres}",
                "http://api-server:8080": self.url,
            },
            variables={"SALDO_SANDBOX": "1", "SALDO_URL": self.url},
            # The embedded server is built without TLS; tests/system/deploy/test_tls.py has one with it.
            more={"SALDO_PG_SSLMODE": "disable", "AIRFLOW__API__PORT": str(port)},
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self.machine.start("api-server")
        until(lambda: self.is_healthy(), patience_s=120)

    def is_healthy(self) -> bool:
        check = subprocess.run(
            self.machine.health_check("api-server"),
            env=self.machine.environment("api-server"),
            capture_output=True,
            check=False,
        )
        return check.returncode == 0

    def session(self, user: str) -> requests.Session:
        found = requests.Session()
        answer = found.post(
            f"{self.url}/auth/token", json={"username": user, "password": PASSWORD}, timeout=60
        )
        answer.raise_for_status()
        found.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return found

    def add(self, user: str, role: str) -> None:
        body = {
            "username": user, "password": PASSWORD, "roles": [{"name": role}],
            "first_name": user, "last_name": "Test", "email": f"{user}@example.com",
        }  # fmt: skip
        answer = self.session("admin").post(f"{self.url}/auth/fab/v1/users", json=body, timeout=60)
        assert answer.status_code < 300, answer.text

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)
        self.cluster.remove()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("site"))
    try:
        done = found.machine.run("init")
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        parsed = found.machine.run("cli", "airflow", "dags", "reserialize")
        assert parsed.returncode == 0, (parsed.stdout + parsed.stderr)[-4000:]
        found.start()
        for user, role in (("viewer", "Viewer"), ("operator", "Operator")):
            found.add(user, role)
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def sessions(site: Site) -> dict[str, requests.Session]:
    return {user: site.session(user) for user in ("viewer", "operator", "admin")}


def test_init_may_be_repeated(site: Site) -> None:
    done = site.machine.run("init")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert PASSWORD not in done.stdout + done.stderr


def test_nobody_gets_in_without_a_log_in(site: Site) -> None:
    assert requests.get(f"{site.url}/api/v2/dags", timeout=30).status_code == 401
    answer = requests.post(
        f"{site.url}/auth/token", json={"username": "admin", "password": "admin"}, timeout=30
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
    site: Site, sessions: dict[str, requests.Session], method: str, path: str,
    body: dict[str, object] | None, allowed: set[str],
) -> None:  # fmt: skip
    # The mightiest last: what is deleted is gone for the others.
    answers = {
        user: session.request(method, f"{site.url}{path}", json=body, timeout=60)
        for user, session in sessions.items()
    }
    refused = {user for user, answer in answers.items() if answer.status_code == 403}
    assert refused == set(sessions) - allowed, {u: a.status_code for u, a in answers.items()}
    for user in allowed:
        assert answers[user].status_code < 500, answers[user].text


def test_saldos_own_pages_follow_the_same_roles(
    site: Site, sessions: dict[str, requests.Session]
) -> None:
    path = f"{site.url}/saldo/api/v1/documents/nordlys/voucher/2024-1.pdf"
    assert requests.get(path, timeout=30).status_code in (401, 307, 404)
    assert sessions["viewer"].get(path, timeout=60).status_code not in (401, 403)


def test_passwords_of_nobody_are_in_the_logs(site: Site) -> None:
    logs = site.machine.folder / "logs" / "services"
    assert (logs / "api-server.log").stat().st_size > 0
    secret = {path.read_text().strip() for path in site.machine.secrets.iterdir() if path.is_file()}
    for path in (*logs.rglob("*.log"), site.machine.folder / "api-server.out"):
        text = path.read_text()
        assert [each for each in secret if each in text] == [], path
