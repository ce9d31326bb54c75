"""Tables of core that are made of other tables of core: the postings of a vendor that gives documents and none.

A file of include/sql/core/<vendor>/derived is one SELECT over core; several files may give rows of one table
(`<table>.<part>.sql`). All rows are made anew when something they are made of has changed, and those that differ are written,
so that whoever follows the table sees what changed and nothing else; what is given no longer is marked as deleted.
They are made in the transaction of the facts, from one state of the documents: no posting is there without the others of
its document, whichever entity landed and whichever did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql

from saldo.errors import BadResponse
from saldo.runs import watermark
from saldo.vendors import VENDORS
from saldo.warehouse import catalogue
from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection
from saldo.warehouse.plans import joined_by_hash
from saldo.warehouse.upsert import check_columns, columns_of, upsert

from . import misfits, set_aside
from .headers import Transform, read_transform

_CONSUMER = "derived"
#: Columns of every such table that no file gives.
_ADDED = ("agreement_id", "is_deleted", "change_seq")
_Parameters = Mapping[str, Any]
_Cursor = psycopg.ClientCursor[Any]


@cache
def derived_files(vendor: str) -> Mapping[str, tuple[Transform, ...]]:
    """Table -> the files that give its rows; a table comes after those it is made of."""
    found: dict[str, tuple[Transform, ...]] = {}
    for path in sorted((VENDORS[vendor].core_sql / "derived").glob("*.sql")):
        file = read_transform(path)
        found[file.target] = (*found.get(file.target, ()), file)
    order = TopologicalSorter(
        {
            target: {t for f in files for t in f.reads if t in found}
            for target, files in found.items()
        }
    )
    return {target: found[target] for target in order.static_order()}


def derive(connection: Connection, vendor: str, agreement_id: str, *, everything: bool) -> int:
    """Bring these tables up to what the others hold; returns the rows that changed.

    Part of the open transaction; the caller holds the lock of the agreement's facts. everything: whether or not something
    changed, as damage leaves no mark. Raises ConfigError when a SELECT does not fit its table, BadResponse for what
    cannot be stored.
    """
    files = derived_files(vendor)
    if not files:
        return 0
    reached = _reached(connection, agreement_id, files)
    if reached == watermark.progress(connection, agreement_id, _CONSUMER) and not everything:
        return 0
    change = connection.execute("select nextval('core.change_seq')").fetchone()
    parameters = {"agreement_id": agreement_id, "change_seq": change[0] if change else 0}
    tables = catalogue.named(connection, files)
    changed = sum(
        _write(connection, tables[target], made_of, parameters) for target, made_of in files.items()
    )
    watermark.save_progress(connection, agreement_id, _CONSUMER, reached)
    return changed


def is_late(connection: Connection, vendor: str, agreement_id: str) -> bool:
    """Whether something they are made of has changed since they were made."""
    files = derived_files(vendor)
    known = watermark.progress(connection, agreement_id, _CONSUMER)
    return bool(files) and _reached(connection, agreement_id, files) != known


def _reached(
    connection: Connection, agreement_id: str, files: Mapping[str, tuple[Transform, ...]]
) -> dict[str, int]:
    """Table they are made of, without its schema -> its last change."""
    sources = sorted({t for made_of in files.values() for f in made_of for t in f.reads} - {*files})
    query = sql.SQL(" union all ").join(
        sql.SQL(
            "select {}, coalesce(max(change_seq), 0) from {} where agreement_id = %(id)s"
        ).format(sql.Literal(table.removeprefix("core.")), sql.Identifier(*table.split(".")))
        for table in sources
    )
    return dict(connection.execute(query, {"id": agreement_id}).fetchall())


def _write(
    connection: Connection, table: Table, files: Sequence[Transform], parameters: _Parameters
) -> int:
    """The rows changed. What a table cannot hold is set aside by its voucher, all else is written."""
    cursor = psycopg.ClientCursor(connection)
    columns = columns_of(connection, sql.SQL(files[0].body), parameters)
    for file in files:
        given = columns_of(connection, sql.SQL(file.body), parameters)
        check_columns(table, given, added=_ADDED, said_by=file.place)
    select = _select(table, columns, files)
    try:
        try:
            with connection.transaction(), joined_by_hash(connection):
                _make(cursor, select, parameters)
                misfits.forget(connection, table, parameters)
                return _replace(cursor, table, columns, parameters)
        except set_aside.TWICE:
            raise
        except set_aside.UNSTORABLE:
            with connection.transaction(), joined_by_hash(connection):
                _make(cursor, _select(table, columns, files, of_any_size=True), parameters)
                misfits.put_aside(connection, table, columns, parameters)
                return _replace(cursor, table, columns, parameters)
    except set_aside.TWICE:
        raise _twice(cursor, table, select, parameters) from None
    except set_aside.UNSTORABLE as error:
        raise BadResponse(
            f"{table.full_name} of agreement {parameters['agreement_id']!r} cannot be made of its documents "
            f"({error.diag.message_primary}): look for an impossible amount or date at the vendor, and correct it there"
        ) from None


def _make(cursor: _Cursor, select: sql.Composable, parameters: _Parameters) -> None:
    made = sql.SQL("create temporary table derived_row on commit drop as {}").format(select)
    cursor.execute(made, parameters)
    cursor.execute(sql.SQL("analyze derived_row"))


def _replace(cursor: _Cursor, table: Table, columns: Sequence[str], parameters: _Parameters) -> int:
    """The table's rows are those of derived_row, and of what is set aside those that it had."""
    key = [name for name in table.key if name != "agreement_id"]
    added = {
        "agreement_id": sql.SQL("%(agreement_id)s"),
        "change_seq": sql.SQL("%(change_seq)s"),
    }
    rows = sql.SQL("(select {}, false as is_deleted from derived_row as f) as d").format(
        _typed(table, columns)
    )
    cursor.execute(upsert(table, (*columns, "is_deleted"), rows, added=added), parameters)
    changed = cursor.rowcount
    cursor.execute(
        sql.SQL(
            "update {table} as t set is_deleted = true, change_seq = %(change_seq)s "
            "where t.agreement_id = %(agreement_id)s and not t.is_deleted and not exists (select from derived_row as d "
            "where ({given}) = ({there})) and not {kept}"
        ).format(
            table=table.identifier,
            given=columns_in(key, "d"),
            there=columns_in(key, "t"),
            kept=misfits.is_aside(table, "t"),
        ),
        parameters,
    )
    changed += cursor.rowcount
    cursor.execute(sql.SQL("drop table derived_row"))
    return changed


def _twice(
    cursor: _Cursor,
    table: Table,
    select: sql.Composable,
    parameters: _Parameters,
) -> BadResponse:
    columns = columns_in((name for name in table.key if name != "agreement_id"), "f")
    query = sql.SQL(
        "select concat_ws(', ', {columns}) from ({select}) as f group by {columns} having count(*) > 1 "
        "order by 1 limit 5"
    ).format(columns=columns, select=select)
    found = [key for (key,) in cursor.execute(query, parameters)]
    return BadResponse(
        f"{table.full_name} of agreement {parameters['agreement_id']!r} would have two rows of one key, such as "
        f"{'; '.join(found)}; nothing was changed. Two documents hold a part with the same id: correct one of them at "
        "the vendor"
    )


def _select(
    table: Table, columns: Sequence[str], files: Sequence[Transform], *, of_any_size: bool = False
) -> sql.Composed:
    """What all files give; of_any_size: numbers that no column of the table may hold, too."""
    typed = _typed(table, columns, of_any_size=of_any_size)
    return sql.SQL(" union all ").join(
        sql.SQL("select {} from ({}) as f").format(typed, sql.SQL(file.body)) for file in files
    )


def _typed(table: Table, columns: Sequence[str], *, of_any_size: bool = False) -> sql.SQL:
    """The columns with the types of the table: a `null` of one file is a number in another."""
    types = {
        column.name: "numeric" if of_any_size and column.limit else column.type
        for column in table.columns
    }
    return sql.SQL(", ".join(f'f."{name}"::{types[name]} as "{name}"' for name in columns))
