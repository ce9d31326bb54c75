"""The address of the console as people type it."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saldo.api.slash import WithSlash


@pytest.fixture(params=("", "/books"))
def server(request: pytest.FixtureRequest) -> TestClient:
    """A server that takes every address it does not know for its own, as Airflow's UI does, at the root or below a path."""
    saldo, airflow = FastAPI(), FastAPI(root_path=request.param)
    saldo.get("/{rest:path}")(lambda rest: {"saldo": rest})
    airflow.mount("/saldo", saldo)
    airflow.get("/{rest:path}")(lambda rest: {"airflow": rest})
    airflow.add_middleware(WithSlash)
    return TestClient(airflow, base_url="http://here")


@pytest.mark.parametrize("query", ["", "?search=a%20b&state=late"])
def test_saldo_is_sent_on_with_what_was_asked(server: TestClient, query: str) -> None:
    root = server.app.root_path  # type: ignore[attr-defined]
    for typed in {f"/saldo{query}", f"{root}/saldo{query}"}:
        answer = server.get(typed, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{root}/saldo/{query}")
        assert server.get(typed).json() == {"saldo": ""}


@pytest.mark.parametrize("path", ["/saldos", "/saldo2", "/a/saldo", "/", "/SALDO"])
def test_nothing_else_is(server: TestClient, path: str) -> None:
    assert "airflow" in server.get(path, follow_redirects=False).json()


def test_a_program_sends_its_body_again(server: TestClient) -> None:
    """307 keeps the method: nobody's POST becomes a GET."""
    assert server.post("/saldo", json={}, follow_redirects=False).status_code == 307
