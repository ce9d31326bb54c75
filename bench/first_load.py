"""Booked entries from the very same pages: Saldo, dlt, and the limits of network and database."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from saldo.warehouse.connection import connect
from stack.settings import free_port

from .children import ChildFailed, call, python, server
from .cluster import Cluster
from .measure import Lap
from .reference import Dlt

SERVED = "limit: pages served, one at a time, bodies dropped"
DOWNLOAD = "limit: downloading alone, by Saldo's client"
COPY = r"limit: psql \copy of the very staging rows"
LANDING = "Saldo: landing"
CORE = "Saldo: staging to core, afterwards"
PLAIN = "dlt as it comes"
TUNED = "dlt tuned"
AGAIN, TUNED_AGAIN = "Saldo: all read again, 1 % changed", "dlt tuned: all read again, 1 % changed"
SLOW, TUNED_SLOW = "Saldo: landing, 50 ms a request", "dlt tuned, 50 ms a request"
SMALL = 10_000
LATENCY_MS = 50
_SALDO_DB, _PLAIN_DB, _TUNED_DB = "saldo_bench", "dlt_plain", "dlt_tuned"


def section_of(rows: int) -> str:
    return f"First load of {rows:,} entries"


class Pages:
    """The page server, as its users see it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def tell(self, **run_requests: int) -> dict[str, int]:
        """Set what is given (see bench.pages); returns requests since the last call, and the size."""
        answer = requests.get(f"{self.url}/bench", params=run_requests, timeout=60)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found


@contextmanager
def pages(entries: int, folder: Path) -> Iterator[Pages]:
    port = free_port()
    found = Pages(port)
    command = [*python("bench.pages"), str(port), str(entries)]
    with server(command, health=f"{found.url}/bench", folder=folder):
        yield found


class FirstLoad:
    """The laps of one size; every lap that loads first begins with an empty database."""

    def __init__(
        self, cluster: Cluster, dlt: Dlt, pages: Pages, show: Callable[[Lap], None]
    ) -> None:
        self._cluster, self._dlt, self._pages, self._show = cluster, dlt, pages, show

    def memory(self) -> Lap:
        """A small landing, to see what size costs in memory."""
        self._section = section_of(SMALL)
        self._rows = self._pages.tell(entries=SMALL)["entries"]
        return self._saldo(LANDING, "landing", self._cluster.empty_warehouse(_SALDO_DB))

    def run(self, rows: int) -> None:
        self._section = section_of(rows)
        self._rows = self._pages.tell(entries=rows)["entries"]
        self._limits()
        warehouse = self._cluster.empty_warehouse(_SALDO_DB)
        self._saldo(LANDING, "landing", warehouse)
        self._saldo(CORE, "core", warehouse)
        self._copy()
        self._reference(PLAIN, "plain", self._cluster.empty_database(_PLAIN_DB), "plain")
        self._cluster.drop(_PLAIN_DB)
        tuned = self._cluster.empty_database(_TUNED_DB)
        self._reference(TUNED, "tuned", tuned, "tuned")
        self._again(warehouse, tuned)
        self._slow()
        for database in (_SALDO_DB, _TUNED_DB):
            self._cluster.drop(database)

    def _limits(self) -> None:
        lap = Lap(self._section, SERVED)
        self._child(lap, {"what": "served", "url": self._pages.url})
        lap = Lap(self._section, DOWNLOAD)
        self._child(lap, {"what": "download", "url": self._pages.url})

    def _again(self, warehouse: str, tuned: str) -> None:
        self._pages.tell(change=100)
        try:
            for database in (_SALDO_DB, _TUNED_DB):
                self._cluster.settle(database)
            self._saldo(AGAIN, "landing_again", warehouse)
            self._reference(TUNED_AGAIN, "tuned", tuned, "tuned")
        finally:
            self._pages.tell(change=100)

    def _slow(self) -> None:
        self._pages.tell(latency_ms=LATENCY_MS)
        try:
            self._saldo(SLOW, "landing", self._cluster.empty_warehouse(_SALDO_DB))
            self._reference(TUNED_SLOW, "tuned", self._cluster.empty_database(_TUNED_DB), "slow")
        finally:
            self._pages.tell(latency_ms=0)

    # --- laps ------------------------------------------------------------------------------------

    def _saldo(self, what: str, lap_name: str, dsn: str) -> Lap:
        lap = Lap(self._section, what)
        with self._cluster.metered(lap):
            self._child(lap, {"what": lap_name, "dsn": dsn, "url": self._pages.url}, is_shown=False)
        self._check(dsn, "staging.economic_entries")
        self._show(lap)
        return lap

    def _child(self, lap: Lap, task: dict[str, Any], *, is_shown: bool = True) -> None:
        self._pages.tell()
        _fill(lap, call(python("bench.landing_lap"), task), self._pages)
        if is_shown:
            self._show(lap)

    def _reference(self, what: str, variant: str, dsn: str, state: str) -> None:
        lap = Lap(self._section, what, rows=self._rows)
        self._pages.tell()
        state = f"{state}-{self._rows}"
        with self._cluster.metered(lap):
            found = self._dlt.run(
                variant, dsn=dsn, url=self._pages.url, rows=self._rows, state=state
            )
        _fill(lap, found, self._pages)
        self._check(dsn, "bench.booked_entries")
        self._show(lap)

    def _check(self, dsn: str, table: str) -> None:
        """A lap that lost or doubled a row has measured nothing."""
        with connect(dsn) as connection:
            row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
        if row is None or row[0] != self._rows:
            raise ChildFailed(f"{table} holds {row and row[0]} rows of {self._rows}")

    def _copy(self) -> None:
        """The limit of the database: the very staging rows, into an empty table like theirs."""
        lap = Lap(self._section, COPY, rows=self._rows)
        source, target = "staging.economic_entries", "staging.copied"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rows"
            self._cluster.psql(_SALDO_DB, rf"\copy {source} to '{file}' (format binary)")
            self._cluster.psql(
                _SALDO_DB, f"create table {target} (like staging.template including all)"
            )
            with self._cluster.metered(lap):
                self._cluster.psql(
                    _SALDO_DB, rf"\copy {target} from '{file}' (format binary)", lap=lap
                )
        self._cluster.psql(_SALDO_DB, f"drop table {target}")
        self._show(lap)


def _fill(lap: Lap, found: dict[str, Any], pages: Pages) -> None:
    """What the child measured; requests as the server counted them, for all alike."""
    lap.requests = pages.tell()["requests"]
    lap.rows, lap.written = found.get("rows", lap.rows), found.get("written")
    for name in ("seconds", "client_cpu_s", "peak_mb"):
        setattr(lap, name, found[name])
