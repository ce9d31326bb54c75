"""A Postgres cluster of the benchmark's own, a database for every lap that must begin with nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from saldo.warehouse.migrations import migrate
from stack.postgres import Postgres
from stack.settings import Settings, free_port

from .children import ChildFailed
from .measure import Clock, Lap, tree_cpu_s

#: Migrated once and never used: databases of laps are copies of it.
_TEMPLATE = "saldo"


class Cluster:
    """Started when entered, stopped and deleted when left."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings({"SALDO_RUN_DIR": str(folder), "SALDO_PG_PORT": str(free_port())})
        self._postgres = Postgres(self._settings)
        self._psql = self._settings.run_dir / "bin" / "psql"

    def __enter__(self) -> Cluster:
        self._keys = self._settings.prepare()
        try:
            self._postgres.start(self._keys)
            migrate(self.dsn(_TEMPLATE))
            self._admin = psycopg.connect(
                self._settings.dsn("postgres", self._keys.postgres, "postgres"), autocommit=True
            )
        except BaseException:
            self._remove()
            raise
        self._postmaster = int(
            (self._settings.run_dir / "postgres" / "data" / "postmaster.pid")
            .resolve()
            .read_text()
            .splitlines()[0]
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admin.close()
        self._remove()

    def _remove(self) -> None:
        self._postgres.stop(mode="immediate")
        self._postgres.remove()

    # --- databases -------------------------------------------------------------------------------

    def dsn(self, database: str) -> str:
        return self._settings.dsn("saldo", self._keys.warehouse, database)

    def empty_warehouse(self, name: str) -> str:
        """A migrated warehouse in which nothing has landed; returns its DSN."""
        return self._create(name, template=_TEMPLATE)

    def empty_database(self, name: str) -> str:
        """A database with nothing in it; returns its DSN."""
        return self._create(name, template="template1")

    def copy_of(self, source: str, name: str) -> str:
        """A database with what another one holds, which nobody may be connected to; returns its DSN."""
        return self._create(name, template=source)

    def _create(self, name: str, *, template: str) -> str:
        self.drop(name)
        self._admin.execute(
            sql.SQL("create database {} owner saldo template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.dsn(name)

    def drop(self, name: str) -> None:
        self._admin.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )

    def environment(self) -> dict[str, str]:
        """What Airflow's processes see that have their own database here."""
        return {**os.environ, **self._settings.environment(self._keys)}

    # --- measuring -------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        return str(self._one("show server_version")).split()[0]

    def settle(self, database: str) -> None:
        """As after a quiet day: vacuumed and analyzed."""
        dsn = self._settings.dsn("postgres", self._keys.postgres, database)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")

    @contextmanager
    def metered(self, lap: Lap) -> Iterator[None]:
        """Fill in CPU and WAL of Postgres. A checkpoint comes first, so that no lap pays for another's
        dirty pages, and each pays for the first touch of its own."""
        self._admin.execute("checkpoint")
        cpu_s, wal = tree_cpu_s(self._postmaster), self._wal()
        yield
        lap.postgres_cpu_s = tree_cpu_s(self._postmaster) - cpu_s
        lap.wal_mb = (self._wal() - wal) / 1e6

    def _wal(self) -> int:
        return int(str(self._one("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn")))

    def _one(self, statement: str) -> object:
        row = self._admin.execute(statement.encode()).fetchone()
        return row[0] if row else None

    # --- psql ------------------------------------------------------------------------------------

    def psql(self, database: str, command: str, *, lap: Lap | None = None) -> None:
        """Run one command with the cluster's own psql, timed when it is a lap; raises ChildFailed."""
        clock = Clock()
        done = subprocess.run(
            [
                str(self._psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                "-p", str(self._settings.ports.postgres), "-U", "saldo", "-d", database, "-c", command,
            ],
            env={**os.environ, "PGPASSWORD": self._keys.warehouse},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise ChildFailed(f"psql could not do {command}:\n{done.stderr}")
        if lap:
            clock.fill(lap)
