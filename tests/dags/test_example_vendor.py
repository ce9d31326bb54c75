"""The made-up vendor, from an agreement's file to its facts: what is shared knows nothing of any one vendor.

Balances were computed by hand from the fifteen lines of fixtures/example_vendor/postings.json.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import uvicorn
from psycopg.conninfo import conninfo_to_dict

from saldo.agreements.loading import load_agreements
from saldo.errors import NotProven
from saldo.vendors import entity_names
from saldo.warehouse.connection import Connection, connect
from sandbox.app import create_app
from sandbox.state import State
from tests.conftest import free_port
from tests.example_vendor.sandbox import TOKEN, Books, played
from tests.support import FIXTURES, snapshot_of_mart, write_agreement

BALANCES = {
    "A-1000": "5409.95",  # 5000 + 1210 - 800 - 0.05
    "A-1100": "460.75",  # 1210 - 1210 + 460.75
    "L-2000": "0",
    "L-2100": "-210",
    "E-3000": "-5000",
    "I-4000": "-1460.75",  # -1000 - 460.75
    "X-5000": "800",
    "X-5900": "0.05",
}
RECORDS = {
    path.stem.replace("_", "-"): json.loads(path.read_text())
    for path in sorted((FIXTURES / "example_vendor").glob("*.json"))
}


@contextmanager
def serving(books: Books) -> Iterator[str]:
    """The vendor on a socket; yields the address of its API."""
    port = free_port()
    app = create_app(State(companies=()), (played(books),))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/example_vendor/v1"
    server.should_exit = True
    thread.join(10)


@dataclass
class Company:
    """Books at the vendor, and the DAG of the agreement that reads them."""

    books: Books
    dsn: str
    dag: Any
    url: str
    runs: int = 0
    errors: dict[str, Exception] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.dag.dag_id).removeprefix("saldo__")

    def night(self, **params: Any) -> None:
        """Every task but the report, in the DAG's order."""
        self.runs += 1
        self.errors = {}
        for task in self.dag.topological_sort():
            if task.task_id == "report":
                continue
            try:
                task.execute(self._context(params))
            except Exception as error:
                self.errors[task.task_id] = error

    def _context(self, params: dict[str, Any]) -> Any:
        ti = SimpleNamespace(dag_id=self.dag.dag_id, run_id=f"run{self.runs}", try_number=1)
        sink = SimpleNamespace(add=lambda *args, **kwargs: None)
        return {
            "ti": ti,
            "params": params,
            "dag_run": SimpleNamespace(run_type="scheduled"),
            "outlet_events": defaultdict(lambda: sink),
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.dsn) as connection:
            return connection.execute(query.encode(), {"id": self.id}).fetchall()

    def modes(self) -> dict[str, tuple[str, str | None]]:
        """Entity -> (status, note) in the last run."""
        found = self.rows(
            "select entity, status, note from ops.sync_run "
            f"where agreement_id = %(id)s and run_id = 'run{self.runs}'"
        )
        return {entity: (status, note) for entity, status, note in found}

    def mart(self) -> dict[str, list[str]]:
        with connect(self.dsn) as connection:
            return snapshot_of_mart(connection, self.id)


@pytest.fixture
def company(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Company]:
    from saldo.airflow.dag_builder import build_agreement_dag

    parts = conninfo_to_dict(dsn)
    warehouse = {
        "conn_type": "postgres", "host": parts["host"], "port": int(str(parts["port"])),
        "login": parts["user"], "password": parts["password"], "schema": parts["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", json.dumps(warehouse))
    monkeypatch.setenv("SALDO_DATA_DOCS_DIR", str(tmp_path / "docs"))
    folder = tmp_path / "agreements"
    folder.mkdir()
    id = f"m{abs(hash(request.node.name)) % 10**8}"
    write_agreement(folder, id, vendor="example_vendor", timezone="Europe/Amsterdam")
    found = load_agreements(vendors=entity_names(), directories=[folder])
    assert found.broken == ()
    books = Books(RECORDS)
    with serving(books) as url:
        connection = {"conn_type": "example_vendor", "host": url, "password": TOKEN}
        monkeypatch.setenv(f"AIRFLOW_CONN_ECONOMIC_{id.upper()}", json.dumps(connection))
        yield Company(books, dsn, build_agreement_dag(found.good[0]), url)


def balances(company: Company) -> dict[str, Decimal]:
    return dict(
        company.rows(
            "select account_number, sum(amount_base) from mart.fact_accounting "
            "where agreement_id = %(id)s group by 1"
        )
    )


def test_from_the_file_to_the_facts(company: Company) -> None:
    assert {task.task_id for task in company.dag.tasks} == {
        "land.company", "land.accounts", "land.small", "land.contacts", "land.postings",
        "facts", "validate", "prove", "report",
    }  # fmt: skip
    assert {task.pool for task in company.dag.tasks} == {"saldo_example_vendor"}
    company.night()
    assert company.errors == {}
    assert balances(company) == {account: Decimal(value) for account, value in BALANCES.items()}
