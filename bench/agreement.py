"""A whole agreement from the sandbox: first load, a quiet night, and refreshes of its facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, connect
from stack.settings import free_port

from . import by_hand
from .children import call, python, server
from .cluster import Cluster
from .landing_lap import COMPANY, agreement
from .measure import Lap, clocked
from .readers import Readers, Wait

NIGHTS, FACTS = "A whole agreement", "Facts of it"
FIRST, FACTS_FIRST = "first load of every entity, with core", "facts, first"
BY_HAND = "limit: the same SELECTs by hand (create table as, then indexes)"
NIGHT = "quiet night: every entity, then facts"
CHECKS = "validation and proof of all of it"
QUIET_CHECKS = "validation and proof, quiet night"
FULL = "facts, everything rewritten (mode full)"
#: Every so-manieth entry is changed, and how that is called.
SHARES = {1000: "facts, 0.1 % changed", 100: "facts, 1 % changed", 10: "facts, 10 % changed"}
NORMAL = "nothing else running"
CUSTOMERS = 5_000
#: One slot in so many stays half unpaid: 10,000 open items among 1,000,000 entries.
BAD_PAYERS = 13
_DATABASE = "agreement_bench"


@dataclass
class Found:
    """What the laps do not show: how the agreement looks, and who waited how long."""

    entries: int = 0
    open_items: int = 0
    customers: int = 0
    waits: dict[str, Wait] = field(default_factory=dict)


@contextmanager
def sandbox(entries: int, folder: Path) -> Iterator[str]:
    """The ordinary sandbox with one company; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*python("uvicorn"), "sandbox.app:app", "--port", str(port), "--log-level", "warning"]
    with server(command, health=f"{url}/sandbox/health", folder=folder):
        company: dict[str, Any] = {
            "agreement_number": 1, "name": COMPANY, "seed": 1, "entries": entries,
            "currencies": ["EUR"], "customers": CUSTOMERS, "bad_payers": BAD_PAYERS,
            "tokens_per_minute": 10**9,
        }  # fmt: skip
        answer = requests.put(f"{url}/sandbox/companies/{COMPANY}", json=company, timeout=60)
        answer.raise_for_status()
        yield url


class WholeAgreement:
    """The laps in their order: each builds on the books that those before it left."""

    def __init__(self, cluster: Cluster, url: str, show: Callable[[Lap], None]) -> None:
        self._cluster, self._url, self._show = cluster, url, show
        self._dsn = cluster.empty_warehouse(_DATABASE)
        self.found = Found()

    def run(self) -> Found:
        self._child(FIRST, "entities", run="first")
        with connect(self._dsn) as connection:
            self._refresh(connection, FACTS_FIRST, RunRequest())
            self._look(connection)
            self._cluster.settle(_DATABASE)
            self._child(CHECKS, "checks", run="first")
            self._child(NIGHT, "night", run="quiet")
            self._child(QUIET_CHECKS, "checks_again", run="quiet")
            self._by_hand(connection)
            self._facts(connection)
        self._cluster.drop(_DATABASE)
        return self.found

    def _child(self, what: str, lap_name: str, *, run: str) -> None:
        """run: laps of one night are one run, as its tasks are."""
        lap = Lap(NIGHTS, what)
        with self._cluster.metered(lap):
            task = {"what": lap_name, "dsn": self._dsn, "url": self._url, "run": run}
            found = call(python("bench.landing_lap"), task)
        for name in ("seconds", "rows", "client_cpu_s", "peak_mb", "requests"):
            setattr(lap, name, found[name])
        lap.written = found.get("written")
        self._show(lap)

    def _look(self, connection: Connection) -> None:
        row = connection.execute(
            "select count(*), count(*) filter (where remainder <> 0), "
            "(select count(*) from core.customer) from core.ledger_entry"
        ).fetchone()
        self.found.entries, self.found.open_items, self.found.customers = row or (0, 0, 0)

    def _by_hand(self, connection: Connection) -> None:
        self._cluster.settle(_DATABASE)
        lap = Lap(FACTS, BY_HAND)
        with self._cluster.metered(lap), clocked(lap):
            lap.rows = lap.written = by_hand.build(connection)
        self._show(lap)
        by_hand.forget(connection)

    # --- facts -----------------------------------------------------------------------------------

    def _facts(self, connection: Connection) -> None:
        """Each refresh twice: alone for its time, then with readers for their waits."""
        laps = [(FULL, 0), *((what, every) for every, what in SHARES.items())]
        for what, every in laps:
            self._change(connection, every)
            self._refresh(connection, what, RunRequest("auto" if every else "full"))
        with Readers(self._dsn, COMPANY) as readers:
            with readers.watched() as self.found.waits[NORMAL]:
                time.sleep(5)
            for what, every in laps:
                self._change(connection, every)
                with readers.watched() as self.found.waits[what]:
                    refresh(connection, agreement(), RunRequest("auto" if every else "full"))

    def _change(self, connection: Connection, every: int) -> None:
        """Let core hold another text in every so-manieth entry, as if it had just landed."""
        if every:
            connection.execute(
                "update core.ledger_entry set text = text || '.', change_seq = s.change_seq "
                "from (select nextval('core.change_seq') as change_seq) as s "
                "where agreement_id = %s and entry_number::bigint %% %s = 0",
                [COMPANY, every],
            )
        self._cluster.settle(_DATABASE)

    def _refresh(self, connection: Connection, what: str, run_request: RunRequest) -> None:
        lap = Lap(FACTS, what)
        with self._cluster.metered(lap), clocked(lap):
            changes = refresh(connection, agreement(), run_request)
        lap.rows = lap.written = sum(table.total for table in changes.values())
        self._show(lap)
