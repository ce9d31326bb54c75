"""A migration that meets a busy table: gives up soon, names exactly who is in the way, and is tried again where nobody else does."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from saldo.errors import Busy
from saldo.warehouse.blockers import Blocker
from saldo.warehouse.connection import connect
from saldo.warehouse.migrations import migrate
from saldo.warehouse.patient import migrate_patiently
from stack.programs import migrate_warehouse
from stack.settings import StackError
from tests.conftest import Cluster

_numbers = itertools.count(1)
SECRET = "a secret in a query"


@pytest.fixture
def dsn(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with two tables of its own; nobody waits for long there."""
    monkeypatch.setattr("saldo.warehouse.migrations.LOCK_WAIT_S", 2)
    name = f"t_blockers_{next(_numbers)}"
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} owner saldo").format(sql.Identifier(name)))
        dsn = make_conninfo(**{**conninfo_to_dict(cluster.dsn), "dbname": name})
        with connect(dsn) as connection:
            connection.execute(
                "create table public.book (id int); create table public.shelf (id int)"
            )
        yield dsn
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_pages.sql").write_text("alter table public.book add column pages int;\n")
    return tmp_path


def reader(dsn: str, program: str, table: str = "book") -> psycopg.Connection[tuple[object, ...]]:
    """Has read a table in a transaction that is open."""
    connection = psycopg.connect(dsn, application_name=program)
    connection.execute(f"select '{SECRET}' from public.{table}".encode())
    return connection


def has_pages(dsn: str) -> bool:
    with connect(dsn) as connection:
        query = "select 1 from pg_attribute where attrelid = 'public.book'::regclass and attname = 'pages'"
        return connection.execute(query.encode()).fetchone() is not None


def test_exactly_who_is_waited_for_is_named(dsn: str, folder: Path) -> None:
    """Who holds another table is not in the way, however long it has been there."""
    with reader(dsn, "of no matter", "shelf") as other, reader(dsn, "a long import") as holder:
        with pytest.raises(Busy) as told:
            migrate(dsn, folder)
        pid = holder.info.backend_pid
        words = str(told.value)
        assert re.search(
            rf"It was held by process {pid} \(user saldo, a long import, idle in transaction, in a transaction since "
            rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\. Let it end, or end it: select pg_terminate_backend\({pid}\)$",
            words,
        ), words
        assert f"process {other.info.backend_pid}" not in words
        assert "of no matter" not in words
        assert SECRET not in words
        assert "select '" not in words
    assert not has_pages(dsn)
    assert migrate(dsn, folder) == ["0001"]


def test_who_waits_in_between_is_told_apart_from_who_is_to_end(dsn: str, folder: Path) -> None:
    with reader(dsn, "a long import") as holder, psycopg.connect(dsn, application_name="in between") as between:  # fmt: skip
        pid, its = holder.info.backend_pid, between.info.backend_pid
        waiting = threading.Thread(target=_lock, args=(between,))
        waiting.start()
        try:
            with connect(dsn) as looks:
                while not looks.execute("select 1 from pg_locks where pid = %s and not granted", [its]).fetchone():  # fmt: skip
                    threading.Event().wait(0.01)
            with pytest.raises(Busy) as told:
                migrate(dsn, folder)
        finally:
            holder.rollback()
            waiting.join()
        words = str(told.value)
        assert re.search(rf"process {its} \(user saldo, in between, active, .*waits for process {pid} itself\)", words), words  # fmt: skip
        assert words.endswith(f"end it: select pg_terminate_backend({pid})")


def _lock(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute("lock table public.book in access exclusive mode")
    connection.rollback()


def test_what_postgres_does_not_tell_is_left_out() -> None:
    assert Blocker(7, "powerbi", "", "", "", "", []).words() == "process 7 (user powerbi)"
    assert Blocker(8, "", "", "autovacuum worker", "active", "", []).words() == "process 8 (autovacuum worker, active)"  # fmt: skip
    assert Blocker(0, "", "", "", "", "", []).words() == "a prepared transaction (it is in pg_prepared_xacts)"  # fmt: skip


# --- again, where nobody else tries again --------------------------------------------------------


def test_a_table_that_is_free_again_is_migrated_by_a_later_try(dsn: str, folder: Path) -> None:
    told: list[str] = []
    with reader(dsn, "a long import") as holder:
        pid = holder.info.backend_pid

        def tell(words: str) -> None:
            told.append(words)
            holder.rollback()

        assert migrate_patiently(dsn, tell, folder, first_wait_s=0.01) == ["0001"]
    assert len(told) == 1
    assert told[0].startswith("try 1 of 4: the warehouse's migrations waited in vain")
    assert f"process {pid} (user saldo, a long import" in told[0]
    assert told[0].endswith("The next try is in 0.01 s")


def test_it_gives_up_after_the_last_try(dsn: str, folder: Path) -> None:
    told: list[str] = []
    with reader(dsn, "a long import"), pytest.raises(Busy, match="a long import"):
        migrate_patiently(dsn, told.append, folder, tries=2, first_wait_s=0.01)
    assert [words[:10] for words in told] == ["try 1 of 2"]


def test_what_waiting_does_not_cure_is_not_tried_again(dsn: str, folder: Path) -> None:
    (folder / "0001_pages.sql").write_text("selekt;\n")
    told: list[str] = []
    with pytest.raises(Exception, match=r"0001_pages\.sql failed"):
        migrate_patiently(dsn, told.append, folder)
    assert told == []


def _standing_in(tmp_path: Path, says: str) -> dict[str, str]:
    """A `saldo.warehouse` that says something: the shipped migrations take longer than a test may."""
    package = tmp_path / "saldo" / "warehouse"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(says)
    return {"PYTHONPATH": str(tmp_path)}


def test_make_up_tells_whom_it_waits_for_as_it_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program may call itself what it likes: no colours of a terminal are made of it."""
    says = "print('held by process 7 (user saldo, [red]import)', flush=True)\n"
    migrate_warehouse(_standing_in(tmp_path, says), Console(soft_wrap=True))
    assert "held by process 7 (user saldo, [red]import)" in capsys.readouterr().out


def test_make_up_says_why_the_warehouse_was_not_migrated(dsn: str) -> None:
    environment = {"SALDO_DSN": make_conninfo(dsn, port="1"), "PYTHONPATH": "plugins"}
    with pytest.raises(StackError, match="the warehouse was not migrated: the warehouse cannot be used") as told:  # fmt: skip
        migrate_warehouse(environment, Console())
    assert "Traceback" not in str(told.value)


def test_the_command_brings_a_warehouse_up_to_date(dsn: str) -> None:
    environment = {**os.environ, "SALDO_DSN": dsn, "PYTHONPATH": "plugins"}
    command = [sys.executable, "-m", "saldo.warehouse"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with connect(dsn) as connection:
        assert connection.execute("select count(*) > 50 from ops.migration").fetchone() == (True,)
