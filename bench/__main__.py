"""One first load and one quiet night, each beside its limit measured in the same run.

ROWS=1000000 make bench    # ledger entries of the company that is landed; 100,000 by default
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import requests
from rich.console import Console
from rich.table import Table

from saldo import landing
from saldo.config import Agreement
from saldo.core import to_core
from saldo.entity import Entity
from saldo.facts import refresh
from saldo.migrations import migrate
from saldo.plan import Wish
from saldo.reading import EVERYTHING
from saldo.sync_run import Run, recorded
from saldo.transport import Caller
from saldo.vendors import VENDORS, entity_of
from saldo.vendors.economic.client import EconomicClient
from saldo.warehouse import Connection, connect
from stack.postgres import Postgres
from stack.settings import PROJECT, Settings

ROWS = int(os.environ.get("ROWS", "100000"))
COMPANY = "bench"


@dataclass
class Lap:
    what: str
    seconds: float
    cpu_s: float
    rows: int
    requests: int = 0


class Bench:
    """Laps of one run; the client is this process, the sandbox and Postgres are others."""

    def __init__(self, dsn: str, sandbox_url: str) -> None:
        self.dsn, self.url = dsn, sandbox_url
        self.laps: list[Lap] = []
        self.of = Agreement(
            id=COMPANY, name=COMPANY, vendor="economic", connection="bench", schedule=None,
            timezone="UTC", start_date=date(2024, 1, 1),
        )  # fmt: skip

    def client(self) -> EconomicClient:
        return EconomicClient(
            Caller("economic", COMPANY, "bench"),
            grant_token=f"sandbox-grant-{COMPANY}",
            app_secret_token="sandbox-app-secret",
            rest_url=f"{self.url}/economic/rest",
            openapi_url=f"{self.url}/economic/openapi",
        )

    @contextmanager
    def lap(self, what: str, rows: int) -> Iterator[Lap]:
        found = Lap(what, 0, 0, rows)
        began, cpu = time.monotonic(), time.process_time()
        yield found
        found.seconds, found.cpu_s = time.monotonic() - began, time.process_time() - cpu
        self.laps.append(found)

    def land(self, connection: Connection, entity: Entity) -> tuple[int, int]:
        """(rows read, requests) of one entity's task, core included."""
        client = self.client()
        with recorded(connection, self.dsn, COMPANY, entity.name, Run("bench", "bench")) as run:
            landing.Landing(connection, client, self.of, entity, wish=Wish(), sync_run=run).run(
                now=datetime.now(UTC)
            )
        return run.counts.read, client.usage.requests

    def run(self) -> None:
        entries = entity_of("economic", "entries")
        with self.lap("download alone", 0) as lap:
            client = self.client()
            lap.rows = sum(len(page.records) for page in client.pages(entries, EVERYTHING))
        with connect(self.dsn) as connection:
            for entity in VENDORS["economic"]:
                if entity.name != "entries":
                    self.land(connection, entity)
            self._first_load(connection, entries)
            self._copy_alone(connection)
            with self.lap("facts, first", lap.rows):
                refresh(connection, self.of, Wish())
            with self.lap("facts, rebuilt", lap.rows):
                refresh(connection, self.of, Wish("full"))
            with self.lap("quiet night, all entities and facts", 0) as quiet:
                for entity in VENDORS["economic"]:
                    rows, asked = self.land(connection, entity)
                    quiet.rows, quiet.requests = quiet.rows + rows, quiet.requests + asked
                refresh(connection, self.of, Wish())
            connection.execute(
                "update core.ledger_entry set text = text || '.', change_seq = nextval('core.change_seq') "
                "where agreement_id = %s and entry_number::bigint %% 100 = 0",
                [COMPANY],
            )
            with self.lap("facts, 1 % changed", lap.rows // 100):
                refresh(connection, self.of, Wish())

    def _first_load(self, connection: Connection, entries: Entity) -> None:
        """Landing and core are one task; the second lap is the part of it that is core."""
        core = Lap("  of it: core", 0, 0, 0)

        def timed(*args, **kwargs):  # type: ignore[no-untyped-def]
            began, cpu = time.monotonic(), time.process_time()
            core.rows = to_core(*args, **kwargs)
            core.seconds, core.cpu_s = time.monotonic() - began, time.process_time() - cpu
            return core.rows

        with (
            patch("saldo.landing.to_core", timed),
            self.lap("first load of entries", 0) as lap,
        ):
            lap.rows, lap.requests = self.land(connection, entries)
        staging = Lap(
            "  of it: landing", lap.seconds - core.seconds, lap.cpu_s - core.cpu_s, lap.rows
        )
        self.laps += [staging, core]

    def _copy_alone(self, connection: Connection) -> None:
        """The limit of the database: the very staging rows, copied into an empty table like it."""
        connection.execute("create table staging.copied (like staging.template including all)")
        with tempfile.TemporaryFile() as file:
            with connection.cursor().copy("copy staging.economic_entries to stdout") as out:
                for block in out:
                    file.write(block)
            file.seek(0)
            with (
                self.lap("copy of the very staging rows", ROWS) as lap,
                connection.cursor().copy("copy staging.copied from stdin") as into,
            ):
                while block := file.read(1 << 20):
                    into.write(block)
            lap.rows = self.laps[-2].rows
        connection.execute("drop table staging.copied")

    def show(self) -> None:
        base = next(lap for lap in self.laps if lap.what.strip() == "of it: landing")
        table = Table(title=f"{base.rows:,} ledger entries; ratio to landing, in this run")
        for name in ("lap", "seconds", "ratio", "rows/s", "client CPU s", "requests"):
            table.add_column(name, justify="left" if name == "lap" else "right")
        for lap in self.laps:
            table.add_row(
                lap.what, f"{lap.seconds:.2f}", f"{lap.seconds / base.seconds:.2f}",
                f"{lap.rows / lap.seconds:,.0f}", f"{lap.cpu_s:.2f}", str(lap.requests or ""),
            )  # fmt: skip
        Console().print(table)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"Peak memory of the client: {peak} MB, {BASELINE_MB} MB of it before the first page")


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


BASELINE_MB = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="saldo-bench-") as folder:
        port = free_port()
        settings = Settings({"SALDO_RUN_DIR": folder, "SALDO_PG_PORT": free_port()})
        keys, postgres = settings.prepare(), Postgres(settings)
        sandbox = subprocess.Popen(
            [
                sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT / "include"),
                "sandbox.app:app", "--port", port, "--log-level", "warning",
            ],
            cwd=Path(folder),
        )  # fmt: skip
        try:
            postgres.start(keys)
            dsn = settings.dsn("saldo", keys.warehouse, "saldo")
            migrate(dsn)
            url = f"http://127.0.0.1:{port}"
            requests.put(
                f"{url}/sandbox/companies/{COMPANY}",
                json={
                    "agreement_number": 1, "name": COMPANY, "seed": 1, "entries": ROWS,
                    "currencies": ["EUR"], "customers": 5_000, "tokens_per_minute": 10**9,
                },
                timeout=30,
            ).raise_for_status()  # fmt: skip
            bench = Bench(dsn, url)
            bench.run()
            bench.show()
        finally:
            sandbox.terminate()
            sandbox.wait(10)
            postgres.stop(mode="immediate")
            postgres.remove()


main()
