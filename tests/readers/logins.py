"""Log-ins as an administrator makes them, by deploy/postgres/report-login.sql."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import Cluster
from tests.support import PROJECT

SCRIPT = PROJECT / "deploy" / "postgres" / "report-login.sql"
PASSWORD = "it's \\one"


@contextmanager
def login(cluster: Cluster, dsn: str, name: str, reads: str) -> Iterator[str]:
    """The DSN of a log-in, which is gone afterwards."""
    admin = make_conninfo(cluster.admin_dsn, dbname=str(conninfo_to_dict(dsn)["dbname"]))
    make(cluster, admin, name, reads)
    yield make_conninfo(dsn, user=name, password=PASSWORD)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def make(cluster: Cluster, admin: str, name: str, reads: str) -> None:
    """Make it, or make it another."""
    done = subprocess.run(
        [str(cluster.settings.run_dir / "bin" / "psql"), "-d", admin, "--set", f"name={name}", "--set", f"reads={reads}"],
        input=SCRIPT.read_text(),
        env={**os.environ, "SALDO_REPORT_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
