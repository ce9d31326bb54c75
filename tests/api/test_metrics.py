"""GET /saldo/metrics: who may read it, in which format, and what is said when something is away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families as plain_families

from saldo.api import metrics as route
from tests.metrics.scraping import samples_of

TOKEN = "a-token-of-the-metrics-only"


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SALDO_METRICS", json.dumps({"conn_type": "generic", "password": TOKEN})
    )
    return TOKEN


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_metrics_are_openmetrics(client: TestClient, token: str) -> None:
    answer = client.get("/metrics", headers=bearer(token))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = samples_of(answer.text)
    assert found["saldo_warehouse_up", ()] == 1
    assert found["saldo_group_up", (("group", "airflow"),)] == 1
    assert found["saldo_airflow_import_errors", ()] == 0


def test_airflows_database_that_cannot_be_read_costs_only_its_own(
    client: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away() -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(route, "airflow_numbers", away)
    found = samples_of(client.get("/metrics", headers=bearer(token)).text)
    assert found["saldo_group_up", (("group", "airflow"),)] == 0
    assert found["saldo_warehouse_up", ()] == found["saldo_group_up", (("group", "runs"),)] == 1
    assert not [name for name, _ in found if name.startswith("saldo_airflow")]


def test_a_reader_of_prometheus_own_format_gets_it(client: TestClient, token: str) -> None:
    answer = client.get("/metrics", headers={**bearer(token), "Accept": "text/plain;version=0.0.4"})
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "saldo_warehouse_up" in {family.name for family in plain_families(answer.text)}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("ada"),
        bearer(TOKEN + "x"),
        bearer(TOKEN[:-1]),
        bearer("ü" * 30),
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": "_token=root"},
        {"Authorization": ""},
    ],
)
def test_nothing_else_opens_them(client: TestClient, token: str, headers: dict[str, str]) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    answer = client.get("/metrics", headers=raw)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "saldo_warehouse_up" not in answer.text
    assert TOKEN not in answer.text


def test_the_token_opens_nothing_else(client: TestClient, token: str) -> None:
    answer = client.get("/api/v1/openapi.json", headers=bearer(token))
    assert answer.status_code == 401


def test_without_a_connection_they_are_off_and_say_so(
    client: TestClient, airflows_tables: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/metrics", headers=bearer(TOKEN))
    assert answer.status_code == 401
    assert "Without that connection" in answer.json()["detail"]
    assert "the metrics are off" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("password", ["", "too-short-a-token"])
def test_what_could_be_guessed_is_no_token(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SALDO_METRICS", json.dumps({"conn_type": "generic", "password": password})
    )
    assert client.get("/metrics", headers=bearer(password or "x")).status_code == 401


def test_a_warehouse_that_is_away_is_a_number_and_no_error(
    client: TestClient,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "port": 1,
        "login": "saldo",
        "password": "hidden",
    }
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", json.dumps(away))
    answer = client.get("/metrics", headers=bearer(token))
    assert answer.status_code == 200
    found = samples_of(answer.text)
    assert found.pop(("saldo_warehouse_up", ())) == 0
    assert found["saldo_group_up", (("group", "airflow"),)] == 1
    rest = {name for name, _ in found if not name.startswith(("saldo_airflow_", "saldo_group_"))}
    assert rest <= {"saldo_disk_free_bytes", "saldo_disk_size_bytes"}
    assert "the warehouse cannot be used" in caplog.text
    assert "hidden" not in caplog.text + answer.text


@pytest.fixture
def _full() -> Iterator[None]:
    for _ in range(route._AT_ONCE):
        route._seats.acquire()
    yield
    for _ in range(route._AT_ONCE):
        route._seats.release()


@pytest.mark.usefixtures("_full")
def test_too_many_scrapes_at_once_are_refused(
    client: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "_PATIENCE_S", 0.05)
    answer = client.get("/metrics", headers=bearer(token))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
