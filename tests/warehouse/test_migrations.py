"""The warehouse's schema: each file once, in order, whole or not at all, and never a changed history."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.errors import ConfigError
from saldo.warehouse.connection import connect
from saldo.warehouse.migrations import MIGRATIONS_DIR, migrate, read_migrations
from tests.conftest import Cluster

_numbers = itertools.count(1)
#: Fails when it is run twice, and its row tells how often it was run.
FIRST = "create table public.book (id int);\ninsert into public.book values (1);\n"
SECOND = (
    "alter table public.book add column name text;\ninsert into public.book values (2, '50 %');\n"
)


@pytest.fixture
def dsn(cluster: Cluster) -> Iterator[str]:
    """An empty database owned by `saldo`; nothing was migrated."""
    name = f"t_migrations_{next(_numbers)}"
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} owner saldo").format(sql.Identifier(name)))
        yield make_conninfo(**{**conninfo_to_dict(cluster.dsn), "dbname": name})
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations."""
    (tmp_path / "0001_book.sql").write_text(FIRST)
    (tmp_path / "0002_name.sql").write_text(SECOND)
    return tmp_path


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def books(dsn: str) -> list[tuple[object, ...]]:
    return rows(dsn, "select id from public.book order by 1")


def exists(dsn: str, name: str) -> bool:
    return rows(dsn, f"select to_regclass('{name}') is not null") == [(True,)]


# --- once ----------------------------------------------------------------------------------------


def test_files_are_applied_once_and_in_order(dsn: str, folder: Path) -> None:
    assert migrate(dsn, folder) == ["0001", "0002"]
    assert books(dsn) == [(1,), (2,)]
    assert rows(dsn, "select version, file from ops.migration order by 1") == [
        ("0001", "0001_book.sql"),
        ("0002", "0002_name.sql"),
    ]


def test_a_second_time_there_is_nothing_to_do(dsn: str, folder: Path) -> None:
    migrate(dsn, folder)
    before = rows(dsn, "select * from ops.migration order by 1")
    assert migrate(dsn, folder) == []
    assert rows(dsn, "select * from ops.migration order by 1") == before
    assert books(dsn) == [(1,), (2,)]


def test_the_shipped_files_apply_once_to_an_empty_database(dsn: str) -> None:
    versions = [migration.version for migration in read_migrations(MIGRATIONS_DIR)]
    assert migrate(dsn) == versions
    assert migrate(dsn) == []
    schemas = "select nspname from pg_namespace where nspname in ('staging', 'core', 'mart', 'ops') order by 1"
    assert rows(dsn, schemas) == [("core",), ("mart",), ("ops",), ("staging",)]


def test_six_at_once_apply_exactly_once(dsn: str, folder: Path) -> None:
    (folder / "0003_slow.sql").write_text("select pg_sleep(0.3);\n")
    start = threading.Barrier(6)

    def task(_: int) -> list[str]:
        start.wait()
        return migrate(dsn, folder)

    with ThreadPoolExecutor(6) as pool:
        done = sorted(pool.map(task, range(6)))
    assert done == [[]] * 5 + [["0001", "0002", "0003"]]
    assert books(dsn) == [(1,), (2,)]


def test_a_new_file_is_applied_on_top(dsn: str, folder: Path) -> None:
    migrate(dsn, folder)
    (folder / "0003_more.sql").write_text("insert into public.book values (3, 'three');\n")
    assert migrate(dsn, folder) == ["0003"]
    assert migrate(dsn, folder) == []
    assert books(dsn) == [(1,), (2,), (3,)]


# --- history is not changed ----------------------------------------------------------------------


def test_an_edited_file_is_refused_by_name(dsn: str, folder: Path) -> None:
    migrate(dsn, folder)
    (folder / "0001_book.sql").write_text(FIRST + "-- better\n")
    (folder / "0003_more.sql").write_text("insert into public.book values (3, 'three');\n")
    with pytest.raises(
        ConfigError, match=r"0001_book\.sql was edited after it was applied: restore"
    ):
        migrate(dsn, folder)
    assert books(dsn) == [(1,), (2,)]


def test_a_missing_last_file_is_refused_by_name(dsn: str, folder: Path) -> None:
    """A warehouse of a newer version, met by an older one."""
    migrate(dsn, folder)
    (folder / "0002_name.sql").unlink()
    with pytest.raises(ConfigError, match=r"0002_name\.sql was applied .* but its file is gone"):
        migrate(dsn, folder)


def test_an_edit_of_a_shipped_file_is_seen(dsn: str, tmp_path: Path) -> None:
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS_DIR, copy)
    migrate(dsn, copy)
    last = sorted(copy.glob("*.sql"))[-1]
    last.write_text(last.read_text() + "\n")
    with pytest.raises(ConfigError, match=last.name):
        migrate(dsn, copy)


# --- whole or not at all -------------------------------------------------------------------------


def test_a_failing_file_leaves_nothing_behind(dsn: str, folder: Path) -> None:
    (folder / "0002_name.sql").write_text(SECOND + "select 1 / 0;\n")
    with pytest.raises(ConfigError, match=r"0002_name\.sql"):
        migrate(dsn, folder)
    assert not exists(dsn, "public.book")  # the good first file neither
    assert not exists(dsn, "ops.migration")
    assert not exists(dsn, "ops.migration_head")
    (folder / "0002_name.sql").write_text(SECOND)
    assert migrate(dsn, folder) == ["0001", "0002"]
    assert books(dsn) == [(1,), (2,)]


def test_a_failing_new_file_leaves_the_applied_ones(dsn: str, folder: Path) -> None:
    migrate(dsn, folder)
    broken = folder / "0003_more.sql"
    broken.write_text("insert into public.book values (3, 'three');\nselekt;\n")
    with pytest.raises(ConfigError, match=r"0003_more\.sql"):
        migrate(dsn, folder)
    assert books(dsn) == [(1,), (2,)]
    assert rows(dsn, "select max(version) from ops.migration") == [("0002",)]
    broken.write_text("insert into public.book values (3, 'three');\n")
    assert migrate(dsn, folder) == ["0003"]


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0004_gap.sql", "0003"),
        ("0002_twice.sql", "0003"),
        ("0000_zero.sql", "0001"),
        ("003_short.sql", "0003"),
        ("notes.sql", "0003"),
    ],
)
def test_numbering_without_gaps(dsn: str, folder: Path, name: str, expected: str) -> None:
    (folder / name).write_text("select 1;\n")
    with pytest.raises(ConfigError, match=f"numbered without gaps; the next is {expected}") as told:
        migrate(dsn, folder)
    assert ".sql" in str(told.value)
    assert not exists(dsn, "ops.migration")


def test_a_missing_file_in_the_middle_is_a_gap(dsn: str, folder: Path) -> None:
    (folder / "0003_more.sql").write_text("select 1;\n")
    migrate(dsn, folder)
    (folder / "0002_name.sql").unlink()
    with pytest.raises(ConfigError, match=r"0003_more\.sql: .*the next is 0002"):
        migrate(dsn, folder)


def test_other_files_are_no_migrations(dsn: str, folder: Path) -> None:
    (folder / "README.md").write_text("How to write one.")
    assert migrate(dsn, folder) == ["0001", "0002"]


def test_a_warehouse_of_the_first_version_is_brought_up_with_its_data(
    dsn: str, tmp_path: Path
) -> None:
    """What was landed before keeps its place: core goes on after the last change, and looks again at
    what has new columns; indexes are exchanged on tables that are there."""
    for file in sorted(MIGRATIONS_DIR.glob("000[1-5]_*.sql")):
        shutil.copy(file, tmp_path)
    migrate(dsn, tmp_path)
    with connect(dsn) as connection:
        connection.execute(
            "create table staging.economic_entries (like staging.template including all)"
        )
        connection.execute(
            "insert into staging.economic_entries (agreement_id, source_key, payload, payload_hash, "
            "landed_at, run_id, change_seq) select 'old', n::text, '{}', '', now(), 'run', n "
            "from generate_series(1, 7) as n"
        )
        connection.execute(
            "insert into ops.progress values ('old', 'core', 'entries', 7), "
            "('old', 'core', 'customers', 3), ('old', 'mart', 'ledger_entry', 5)"
        )
    migrate(dsn)
    assert rows(dsn, "select consumer, source, change_seq from ops.progress order by 1, 2") == [
        ("core", "entries", 7),
        ("staging", "entries", 7),
    ]
    for table in ("economic_entries", "template"):
        found = rows(dsn, f"select indexdef from pg_indexes where tablename = '{table}'")
        assert sorted("brin" in str(definition) for (definition,) in found) == [False, False, True]


def test_rows_of_agreements_become_rows_of_subjects(dsn: str, tmp_path: Path) -> None:
    for path in itertools.takewhile(
        lambda path: "subjects" not in path.name, sorted(MIGRATIONS_DIR.glob("*.sql"))
    ):
        shutil.copy(path, tmp_path)
    migrate(dsn, tmp_path)
    with connect(dsn) as connection:
        connection.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, "
            "started_at, status) values ('a', 'entries', 'saldo__a', 'r', 1, 'auto', now(), 'failed')"
        )
        connection.execute("insert into ops.watermark values ('a', 'entries', '{}', null, now())")
        connection.execute("insert into ops.audit (at, actor, action) values (now(), 'x', 'y')")
    migrate(dsn)
    named = "select subject_kind, subject_id, agreement_id from ops."
    for table in ("sync_run", "watermark"):
        assert rows(dsn, named + table) == [("agreement", "a", "a")]
    assert rows(dsn, f"{named}audit") == [(None, None, None)]


def test_a_row_names_its_subject_or_its_agreement(dsn: str) -> None:
    migrate(dsn)
    add = (
        "insert into ops.alert (task, opened_at, failures, {}) values (gen_random_uuid(), now(), 1, {}) "
        "returning subject_kind, subject_id, agreement_id"
    )
    assert rows(dsn, add.format("agreement_id", "'a'")) == [("agreement", "a", "a")]
    both = "subject_kind, subject_id"
    assert rows(dsn, add.format(both, "'agreement', 'b'")) == [("agreement", "b", "b")]
    assert rows(dsn, add.format(both, "'file', 'a'")) == [("file", "a", None)]
    for columns, values in (
        (both, "'vendor', 'a'"),
        ("agreement_id, subject_kind, subject_id", "'a', 'file', 'a'"),
        ("agreement_id, subject_kind, subject_id", "'a', 'agreement', 'b'"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            rows(dsn, add.format(columns, values))
