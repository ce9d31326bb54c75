"""A company on Xledger: a first load beside e-conomic's and beside a bare script, and nights by its streams of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import connect
from stack.settings import free_port

from . import xledger_lap
from .children import call, python, server
from .cluster import Cluster
from .landing_lap import COMPANY
from .measure import Lap, clocked
from .reference import Dlt
from .xledger_lap import agreement

SECTION = "A company on Xledger"
SMALL = f"{SECTION}, 10,000 entries"
LANDING = "Saldo: landing of transactions"
ECONOMIC = "Saldo: landing of the same company's entries from e-conomic"
TUNED = "dlt tuned: its REST client, cursors of GraphQL"
BARE = "a bare script: pages into pandas, into Parquet"
FIRST, FACTS = "first load of every entity, with core", "facts, first"
CHANGED = "a night of five days' changes: every entity"
CHANGED_FACTS = "facts of it"
QUIET, PROOF = "quiet night: every entity", "proof of it"
_DATABASE, _OTHER = "xledger_bench", "xledger_small"


@contextmanager
def _sandbox(entries: int, folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*python("uvicorn"), "sandbox.app:app", "--port", str(port), "--log-level", "warning"]
    with server(command, health=f"{url}/sandbox/health", folder=folder):
        company: dict[str, Any] = {
            "agreement_number": 1, "name": COMPANY, "seed": 1, "entries": entries, "base_currency": "NOK",
            "currencies": ["EUR"], "customers": 5_000, "tokens_per_minute": 10**9, "xledger_burst": 10**6,
            "xledger_retention_days": 30,
        }  # fmt: skip
        answer = requests.put(f"{url}/sandbox/companies/{COMPANY}", json=company, timeout=60)
        answer.raise_for_status()
        yield url


class CompanyOnXledger:
    """The laps in their order: each builds on what those before it left."""

    def __init__(
        self, rows: int, cluster: Cluster, dlt: Dlt, folder: Path, show: Callable[[Lap], None]
    ) -> None:
        self._rows, self._cluster, self._dlt = rows, cluster, dlt
        self._folder, self._show = folder, show

    def run(self) -> None:
        with _sandbox(10_000, self._folder) as url:
            self._lap(SMALL, LANDING, "landing", url, self._cluster.empty_warehouse(_OTHER))
        with _sandbox(self._rows, self._folder) as url:
            for what, name in ((ECONOMIC, "landing_economic"), (LANDING, "landing")):
                self._lap(SECTION, what, name, url, self._cluster.empty_warehouse(_OTHER))
            self._reference(url, self._cluster.empty_database(_OTHER))
            self._lap(SECTION, BARE, "bare", url)
            self._cluster.drop(_OTHER)
            self._nights(url)

    def _nights(self, url: str) -> None:
        dsn = self._cluster.empty_warehouse(_DATABASE)
        self._lap(SECTION, FIRST, "night", url, dsn)
        self._facts(FACTS, dsn)
        day = f"{url}/sandbox/companies/{COMPANY}/next-day?days=5"
        requests.post(day, timeout=60).raise_for_status()
        self._cluster.settle(_DATABASE)
        self._lap(SECTION, CHANGED, "night", url, dsn)
        self._facts(CHANGED_FACTS, dsn)
        self._lap(SECTION, QUIET, "night", url, dsn)
        self._lap(SECTION, PROOF, "proof", url, dsn)
        self._cluster.drop(_DATABASE)

    def _lap(self, section: str, what: str, name: str, url: str, dsn: str = "") -> None:
        lap = Lap(section, what)
        with self._cluster.metered(lap):
            found = call(python("bench.xledger_lap"), {"what": name, "url": url, "dsn": dsn})
        lap.rows, lap.written, lap.requests = (
            found["rows"], found.get("written"), found.get("requests"),
        )  # fmt: skip
        for field in ("seconds", "client_cpu_s", "peak_mb"):
            setattr(lap, field, found[field])
        self._show(lap)

    def _reference(self, url: str, dsn: str) -> None:
        lap = Lap(SECTION, TUNED, rows=self._rows)
        asked = {"query": xledger_lap.followed("$after"), "token": xledger_lap.TOKEN}
        with self._cluster.metered(lap):
            found = self._dlt.run(
                "tuned", dsn=dsn, url=url, rows=self._rows, state="xledger", graphql=asked
            )
        for name, value in found.items():
            setattr(lap, name, value)
        self._show(lap)

    def _facts(self, what: str, dsn: str) -> None:
        lap = Lap(SECTION, what)
        with connect(dsn) as connection, self._cluster.metered(lap), clocked(lap):
            changes = refresh(connection, agreement(), RunRequest())
        lap.rows = lap.written = sum(found.total for found in changes.values())
        self._show(lap)
