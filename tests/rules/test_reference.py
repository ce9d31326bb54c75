"""docs/warehouse.md is what the catalogue says, and the catalogue says something of everything."""

from __future__ import annotations

import psycopg

from saldo.warehouse.connection import Connection
from stack import reference


def test_the_warehouse_reference_is_not_stale(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        assert reference.text(connection) == reference.PATH.read_text(), "run: make reference"


def test_every_table_and_column_of_mart_and_ops_says_what_it_means(warehouse: Connection) -> None:
    silent = warehouse.execute(
        "select c.oid::regclass::text, a.attname from pg_class as c "
        "left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "where c.relnamespace in ('mart'::regnamespace, 'ops'::regnamespace) "
        "and c.relkind in ('r', 'v') and (obj_description(c.oid, 'pg_class') is null "
        "or col_description(c.oid, a.attnum) is null) order by 1, 2"
    ).fetchall()
    assert [f"{table}.{column}" for table, column in silent] == []
