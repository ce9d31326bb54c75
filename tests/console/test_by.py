"""Who starts a run from a page is in ops.audit, and that it was a page; and so is who starts one by REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from saldo.exports import requests
from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.test_export_review import DAG, Office
from tests.exports.support import Books

from .exporting import office, send, stuck

__all__ = ["office"]


@pytest.fixture
def dag(airflows_tables: None) -> Iterator[None]:
    """The one that makes long files, in the tests' own Airflow."""
    from saldo.airflow.exports_builder import build_requests_dag

    runs_of_dags.store_dag(build_requests_dag())
    yield
    runs_of_dags.forget(requests.DAG_ID)


def started(warehouse: Connection, dag_id: str) -> list[tuple[Any, ...]]:
    """Actor, what it was asked through, and whose it is; the oldest first."""
    return warehouse.execute(
        "select actor, detail ->> 'by', subject_kind || ' ' || subject_id from ops.audit "
        "where action = 'run started' and dag_id = %s order by audit_id",
        [dag_id],
    ).fetchall()


def test_a_decision_on_a_page_says_so(
    office: Office, client: TestClient, warehouse: Connection
) -> None:
    id = stuck(office)
    assert started(warehouse, DAG) == [("ada", "REST", "export example")]
    at = {"seen": office.desk.job().updated_at.isoformat()}
    assert send(client, f"/exports/{id}/retry", at, "root").status_code == 303
    office.work()
    chosen = {"what": "retry", "chosen": f"{id} {office.desk.job().updated_at.isoformat()}"}
    assert send(client, "/exports/chosen", chosen, "root").status_code == 200
    by_page = ("root", "console", "export example")
    assert started(warehouse, DAG)[1:] == [by_page, by_page]


def test_a_file_that_a_run_makes_says_who_asked(
    client: TestClient, books: Books, dag: None, warehouse: Connection
) -> None:
    books.write("1")
    form = {"key": "0" * 32, "show": "all", "byRun": "true"}
    assert send(client, "/purchases/shop/export", form).status_code == 303
    headers = {"Authorization": "Bearer root", "Prefer": "respond-async"}
    answer = client.post("/api/v1/purchases/shop/export", json={"ids": ["1"]}, headers=headers)
    assert answer.status_code == 202
    assert started(warehouse, requests.DAG_ID) == [
        ("ada", "console", "agreement shop"),
        ("root", "REST", "agreement shop"),
    ]
