"""A warehouse of another version: each route that meets it says so, in the words of its caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from saldo.api.warehouse_problems import problem_of
from tests.api.runs_of_dags import forget, write_agreement_dag
from tests.support import agreement

_ID = str(UUID(int=1))
_IN_PATHS = {
    "agreement_id": "shop", "export_id:uuid": _ID, "request_id": _ID, "name": "a.xlsx", "line:int": "1", "sha256": "0" * 64,
    "config_id": "budget", "file_id": "1", "version": "1", "dag_id": "saldo__shop", "kind": "voucher", "number": "1", "run": "r",
    "page": "index.html", "secret": "x",
}  # fmt: skip
#: What they need to come as far as the warehouse.
_FORMS = {"/purchases/{agreement_id}/export": {"key": "0" * 32, "byRun": "true"}}
_BODIES = {
    "POST /api/v1/purchases/{agreement_id}/export": {"filters": {}},
    "DELETE /api/v1/purchases/{agreement_id}/export": {"filename": "a.xlsx"},
}
_QUERIES = {
    "/agreements/{agreement_id}/postings": "?account=1&year=2026",
    "/agreements/{agreement_id}/postings.csv": "?account=1&year=2026",
    "/agreements/{agreement_id}/vouchers": "?voucher=1&year=2026",
    "/agreements/{agreement_id}/find": "?q=1",
    "/agreements/{agreement_id}/find/texts": "?q=abc",
    "/agreements/{agreement_id}/changes.csv": "?since=2026-01-01",
}
#: Those that come to an answer without what is missing, or need more than this test gives; and documents, which say it otherwise.
_OTHERWISE = {
    "GET /dags/{dag_id}": 302,
    "POST /exports/chosen": 422,
    "GET /files/{config_id}": 404,
    "GET /files/{config_id}/state": 404,
    "GET /files/{config_id}/{file_id}/{version}": 404,
    "POST /files/{config_id}/look": 404,
    "GET /files/{config_id}/template": 404,
    "GET /health": 200,
    "GET /metrics": 401,
    "POST /purchases/{agreement_id}/sync": 409,
    "POST /api/v1/purchases/{agreement_id}/sync": 409,
    "GET /api/v1/documents/{agreement_id}/{kind}/{number}.pdf": 503,
    "GET /api/v1/openapi.json": 200,
    "GET /data-docs/{agreement_id}/{run}/{page}": 404,
    "POST /api/v1/webhooks/moneybird/{agreement_id}/{secret}": 404,
    "POST /api/v1/expenses": 422,
    "POST /api/v1/purchases/{agreement_id}/files": 422,
    "DELETE /api/v1/purchases/{agreement_id}/files": 422,
    "POST /api/v1/accounting-exports": 422,
    "POST /api/v1/accounting-exports/batch": 422,
    "POST /api/v1/accounting-exports/{export_id:uuid}/booked": 422,
    "POST /api/v1/accounting-exports/{export_id:uuid}/lines": 422,
    "PUT /api/v1/accounting-exports/{export_id:uuid}": 404,
}


@pytest.fixture
def half(dsn: str, app: FastAPI) -> Iterator[None]:
    def rename(what: str) -> None:
        with psycopg.connect(dsn) as connection:
            for schema in ("ops", "mart", "staging"):
                connection.execute(what.format(schema).encode())

    write_agreement_dag(agreement("shop"))
    rename("alter schema {0} rename to {0}_of_another_version")
    yield
    rename("alter schema {0}_of_another_version rename to {0}")
    forget("saldo__shop")


def routes(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Method and path, of the routers below, too."""
    for one in found:
        if hasattr(one, "methods"):
            yield from ((method, one.path) for method in sorted(one.methods))
        else:
            yield from routes(getattr(one, "routes", ()))


def test_no_route_ends_in_a_trace(client: TestClient, half: None, app: FastAPI) -> None:
    """Each of them says what is wrong, and a page also what to do."""
    client.cookies.set("_token", "root")
    wrong = {}
    for method, path in routes(app.routes):
        route, address, is_page = f"{method} {path}", path, not path.startswith("/api/")
        for name, value in _IN_PATHS.items():
            address = address.replace(f"{{{name}}}", value)
        assert "{" not in address, f"write what stands for it into _IN_PATHS: {path}"
        answer = client.request(
            method,
            address + _QUERIES.get(path, ""),
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html" if is_page else "*/*"},
            **({"data": _FORMS.get(path, {})} if is_page else {"json": _BODIES.get(route, {})}),
            follow_redirects=False,
        )
        is_told = answer.status_code == 503 and "The warehouse has another version" in answer.text
        if not is_told and answer.status_code != _OTHERWISE.get(route):
            wrong[route] = answer.status_code, answer.text[:300]
    assert wrong == {}
    client.cookies.set("_token", "vera")
    refused = client.post("/agreements/shop/runs", headers={"Sec-Fetch-Site": "same-origin"})
    assert refused.status_code == 403  # although it cannot be written down


def test_a_right_that_is_missing_is_told_as_such() -> None:
    problem = problem_of(psycopg.errors.InsufficientPrivilege("permission denied for schema mart"))
    assert problem is not None
    assert (problem.status, "lacks a right" in problem.detail) == (503, True)
    assert problem_of(psycopg.errors.UniqueViolation("twice")) is None
