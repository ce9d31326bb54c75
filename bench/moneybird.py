"""A company with 10,000 purchase documents at Moneybird: what the vendor's limit of requests makes of nights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, connect
from stack.settings import free_port

from .children import call, python, server
from .cluster import Cluster
from .landing_lap import COMPANY
from .measure import Lap, clocked
from .moneybird_lap import TOKEN, agreement

SECTION = "A company on Moneybird"
FIRST, FACTS = "first load of every entity, with core", "facts, first"
LEAST = "requests that Moneybird's API lets it be read in"
FIRST_PROOF, QUIET, PROOF = "proof, first: every month", "quiet night: every entity", "proof of it"
CHANGED = "a night of five days' changes"
#: Entries of the books that make about 10,000 purchase invoices and receipts.
ENTRIES = 110_000
_DATABASE = "moneybird_bench"
#: Records a request brings: by ids, and by pages.
_TOGETHER = 100


@contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*python("uvicorn"), "sandbox.app:app", "--port", str(port), "--log-level", "warning"]
    with server(command, health=f"{url}/sandbox/health", folder=folder):
        company: dict[str, Any] = {
            "agreement_number": 1, "name": COMPANY, "seed": 1, "entries": ENTRIES, "base_currency": "EUR",
            "currencies": ["USD"], "customers": 2_000, "moneybird_limit": 10**6, "moneybird_report_limit": 10**6,
        }  # fmt: skip
        answer = requests.put(f"{url}/sandbox/companies/{COMPANY}", json=company, timeout=60)
        answer.raise_for_status()
        yield url


class CompanyOnMoneybird:
    """The laps in their order: each builds on what those before it left."""

    def __init__(self, cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
        self._cluster, self._folder, self._show = cluster, folder, show

    def run(self) -> None:
        with _sandbox(self._folder) as url:
            self._dsn = self._cluster.empty_warehouse(_DATABASE)
            self._task = {
                "url": url,
                "dsn": self._dsn,
                "administration_id": _administration(url),
            }
            self._lap(FIRST, "night")
            self._least()
            self._facts()
            self._lap(FIRST_PROOF, "proof")
            self._lap(QUIET, "night")
            self._lap(PROOF, "proof")
            day = f"{url}/sandbox/companies/{COMPANY}/next-day?days=5"
            requests.post(day, timeout=60).raise_for_status()
            self._cluster.settle(_DATABASE)
            self._lap(CHANGED, "night")
            self._cluster.drop(_DATABASE)

    def _lap(self, what: str, name: str) -> None:
        lap = Lap(SECTION, what)
        with self._cluster.metered(lap):
            found = call(python("bench.moneybird_lap"), {"what": name, **self._task})
        lap.rows, lap.written, lap.requests = (
            found["rows"], found.get("written"), found["requests"],
        )  # fmt: skip
        for field in ("seconds", "client_cpu_s", "peak_mb"):
            setattr(lap, field, found[field])
        self._show(lap)

    def _least(self) -> None:
        with connect(self._dsn) as connection:
            documents, asked = least(connection)
        self._show(Lap(SECTION, LEAST, rows=documents, requests=asked))

    def _facts(self) -> None:
        lap = Lap(SECTION, FACTS)
        with connect(self._dsn) as connection, self._cluster.metered(lap), clocked(lap):
            changes = refresh(connection, agreement(), RunRequest())
        lap.rows = lap.written = sum(found.total for found in changes.values())
        self._show(lap)


def _administration(url: str) -> str:
    answer = requests.get(
        f"{url}/moneybird/api/v2/administrations.json",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=60,
    )
    id: str = answer.json()[0]["id"]
    return id


def least(connection: Connection) -> tuple[int, int]:
    """How many purchase documents there are, and the fewest requests in which everything that has landed can be read: a list
    for what has versions and a request for each hundred, registers by pages of a hundred or whole, a year of the ledger each."""
    versions = (
        "contacts", "purchase_invoices", "receipts", "general_journal_documents", "sales_invoices", "financial_mutations",
    )  # fmt: skip
    counts = {name: _count(connection, name) for name in (*versions, "tax_rates", "projects")}
    asked = sum(1 + -(-counts[name] // _TOGETHER) for name in versions)
    asked += sum(max(1, -(-counts[name] // _TOGETHER)) for name in ("tax_rates", "projects"))
    years = _count(connection, "general_ledger", "distinct payload ->> 'year'")
    # The administration, accounts, and accounts at banks: each in one.
    return counts["purchase_invoices"] + counts["receipts"], asked + years + 3


def _count(connection: Connection, name: str, what: str = "*") -> int:
    statement = f"select count({what}) from staging.moneybird_{name} where deleted_at is null"
    [(found,)] = connection.execute(statement.encode()).fetchall()
    return int(found)
