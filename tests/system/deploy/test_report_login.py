"""A log-in for Power BI, made as docs/deployment.md says: it reads mart, and has every limit of the role powerbi."""

from __future__ import annotations

import os
import subprocess

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import Cluster
from tests.support import PROJECT

SCRIPT = PROJECT / "deploy" / "postgres" / "report-login.sql"
LIMITS = {
    "statement_timeout": "15min",
    "idle_in_transaction_session_timeout": "5min",
    "default_transaction_read_only": "on",
    "search_path": "mart",
}


def run(
    cluster: Cluster, dsn: str, *, name: str = "", password: str = ""
) -> subprocess.CompletedProcess[str]:
    """psql as an administrator in the module's database, the script on its standard input."""
    database = conninfo_to_dict(dsn)["dbname"]
    admin = make_conninfo(cluster.admin_dsn, dbname=str(database))
    psql = cluster.settings.run_dir / "bin" / "psql"
    command = [str(psql), "-d", admin, *(["--set", f"name={name}"] if name else [])]
    given = {"SALDO_REPORT_PASSWORD": password} if password else {}
    return subprocess.run(
        command,
        input=SCRIPT.read_text(),
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def as_login(dsn: str, name: str, password: str) -> str:
    return make_conninfo(**{**conninfo_to_dict(dsn), "user": name, "password": password})


@pytest.mark.parametrize("name", ["gateway", "Power BI's gateway"])
def test_it_reads_mart_within_the_limits(cluster: Cluster, dsn: str, name: str) -> None:
    try:
        for password in ("first one", "it's \\another"):
            done = run(cluster, dsn, name=name, password=password)
            assert done.returncode == 0, done.stderr
            assert password not in done.stdout + done.stderr
            with psycopg.connect(as_login(dsn, name, password), autocommit=True) as connection:
                for setting, value in LIMITS.items():
                    assert connection.execute(f"show {setting}".encode()).fetchone() == (value,)
                assert connection.execute("select count(*) from fact_accounting").fetchone()
                for forbidden in (
                    "create temporary table x (a int)",
                    "select 1 from staging.history",
                    "select 1 from core.account",
                    "select 1 from ops.sync_run",
                    "delete from mart.dim_account",
                ):
                    with pytest.raises(psycopg.Error):
                        connection.execute(forbidden)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(as_login(dsn, name, "first one"))
    finally:
        database = str(conninfo_to_dict(dsn)["dbname"])
        with psycopg.connect(
            make_conninfo(cluster.admin_dsn, dbname=database), autocommit=True
        ) as admin:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_every_limit_of_the_role_is_a_limit_of_the_log_in(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select unnest(s.setconfig) from pg_db_role_setting as s where s.setrole = 'powerbi'::regrole "
            "and s.setdatabase = (select oid from pg_database where datname = current_database())"
        ).fetchall()
    assert {row[0].partition("=")[0] for row in rows} == set(LIMITS)


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [("", "x", "say how the log-in is called"), ("gateway", "", "say its password")],
)
def test_what_is_missing_is_said(
    cluster: Cluster, dsn: str, name: str, password: str, says: str
) -> None:
    done = run(cluster, dsn, name=name, password=password)
    assert done.returncode != 0
    assert says in done.stderr
