"""Statements made from a table's columns, run on a table of three."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.errors import ConfigError
from saldo.warehouse import catalogue
from saldo.warehouse.catalogue import Table
from saldo.warehouse.connection import (
    Connection,
    WarehouseUnavailable,
    connect,
    is_trouble,
    translated,
)
from saldo.warehouse.upsert import IS_NEW, check_columns, columns_of, new_keys, upsert

#: Names that must be quoted.
COLUMNS = ("id", "order", "Text of it")
ADDED = {"agreement_id": sql.Placeholder("agreement_id"), "change_seq": sql.Placeholder("change")}
SOURCE = sql.Identifier("source")


@pytest.fixture
def box(warehouse: Connection) -> Table:
    warehouse.execute("drop table if exists core.box")
    warehouse.execute(
        'create table core.box (agreement_id text, id text, "order" integer, "Text of it" text not null, '
        "note text, change_seq bigint not null, primary key (agreement_id, id))"
    )
    return catalogue.table(warehouse, "core.box")


def source(warehouse: Connection, *rows: tuple[str, int | None, str]) -> None:
    warehouse.execute("drop table if exists source")
    warehouse.execute('create temporary table source (id text, "order" integer, "Text of it" text)')
    with warehouse.cursor() as cursor:
        cursor.executemany("insert into source values (%s, %s, %s)", rows)


def run(warehouse: Connection, statement: sql.Composed, change: int) -> list[Any]:
    with psycopg.ClientCursor(warehouse) as cursor:
        cursor.execute(statement, {"agreement_id": "a", "change": change})
        return cursor.fetchall()


def write(warehouse: Connection, box: Table, change: int) -> list[bool]:
    statement = upsert(box, COLUMNS, SOURCE, added=ADDED) + sql.SQL(" ") + IS_NEW
    return [is_new for (is_new,) in run(warehouse, statement, change)]


def held(warehouse: Connection) -> list[Any]:
    return warehouse.execute(
        'select id, "order", "Text of it", change_seq from core.box order by id'
    ).fetchall()


def test_only_rows_that_differ_are_written(warehouse: Connection, box: Table) -> None:
    source(warehouse, ("1", 1, "a"), ("2", None, "b"))
    assert write(warehouse, box, 7) == [True, True]
    assert write(warehouse, box, 8) == []
    source(warehouse, ("1", 1, "a"), ("2", 2, "b"), ("3", None, "c"))
    assert sorted(write(warehouse, box, 9)) == [False, True]
    assert held(warehouse) == [("1", 1, "a", 7), ("2", 2, "b", 9), ("3", None, "c", 9)]


def test_a_column_that_becomes_null_differs(warehouse: Connection, box: Table) -> None:
    source(warehouse, ("1", 1, "a"))
    write(warehouse, box, 7)
    source(warehouse, ("1", None, "a"))
    assert write(warehouse, box, 8) == [False]
    assert held(warehouse) == [("1", None, "a", 8)]


def test_columns_that_are_not_given_stay(warehouse: Connection, box: Table) -> None:
    source(warehouse, ("1", 1, "a"))
    write(warehouse, box, 7)
    warehouse.execute("update core.box set note = 'kept'")
    source(warehouse, ("1", 2, "a"))
    write(warehouse, box, 8)
    assert warehouse.execute("select note from core.box").fetchall() == [("kept",)]


def test_what_is_known_to_differ_is_written_without_a_look(
    warehouse: Connection, box: Table
) -> None:
    source(warehouse, ("1", 1, "a"))
    write(warehouse, box, 7)
    statement = upsert(box, COLUMNS, SOURCE, added=ADDED, is_known_to_differ=True)
    assert run(warehouse, statement + sql.SQL(" ") + IS_NEW, 8) == [(False,)]
    assert held(warehouse) == [("1", 1, "a", 8)]


def test_columns_are_asked_without_running_anything(warehouse: Connection) -> None:
    text = sql.SQL("select %(a)s as a, 1 / 0 as \"B c\", '%%' as d -- a remark")
    assert columns_of(warehouse, text, {"a": "x"}) == ("a", "B c", "d")


@pytest.mark.parametrize("asked", ["PS", "DS"], ids=["prepare", "describe"])
def test_a_postgres_that_dies_while_it_is_asked_is_the_warehouses_trouble(
    dsn: str, asked: str
) -> None:
    """Not the SELECT's, of which it would be said that a person must correct it."""
    of = conninfo_to_dict(dsn)
    # A process of its own: libpq is waited for without letting other threads of this one run.
    command = [sys.executable, "-m", "tests.warehouse.dying", str(of["port"]), asked]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as postgres:
        assert postgres.stdout
        plain = {"port": int(postgres.stdout.readline()), "sslmode": "disable", "gssencmode": "disable"}  # fmt: skip
        try:
            with connect(make_conninfo(**{**of, **plain})) as connection:
                with pytest.raises(psycopg.OperationalError) as told:
                    columns_of(connection, sql.SQL("select 1 as a"), {})
                assert postgres.stdout.readline() == f"died of {asked}\n"
                assert str(told.value).strip()
                assert is_trouble(connection, told.value)
            with pytest.raises(WarehouseUnavailable), translated():
                raise told.value
        finally:
            postgres.kill()


def test_a_select_that_is_none_is_said_by_postgres(warehouse: Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn, match="nonsense"):
        columns_of(warehouse, sql.SQL("select nonsense"), {})
    assert warehouse.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (("id", "order", "Text of it", "weight"), "gives what the table does not have: weight"),
        (("id", "order"), "does not give: Text of it"),
        (("order", "Text of it"), "does not give: id"),
        ((*COLUMNS, "id"), "gives more than once: id"),
    ],
)
def test_columns_that_do_not_fit_are_named(
    box: Table, columns: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(ConfigError, match=f"^boxes.sql does not fit core.box: it {problem}"):
        check_columns(box, columns, added=ADDED, said_by="boxes.sql")


def test_a_column_that_may_be_null_need_not_be_given(box: Table) -> None:
    check_columns(box, ("id", "Text of it"), added=ADDED, said_by="boxes.sql")


def test_keys_are_given_once_and_in_order(warehouse: Connection) -> None:
    def give() -> list[Any]:
        statement = new_keys(
            sql.Literal("box"), SOURCE, sql.SQL("s.id"), order_by=sql.SQL('s."order" desc')
        ) + sql.SQL(" returning source_key")
        return run(warehouse, statement, 0)

    source(warehouse, ("1", 1, ""), ("2", 2, ""))
    assert give() == [("2",), ("1",)]
    source(warehouse, ("1", 1, ""), ("2", 2, ""), ("3", 3, ""))
    assert give() == [("3",)]
