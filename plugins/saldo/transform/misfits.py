"""Rows of derived tables that their table cannot hold: the voucher they are of is set aside by its number (ops.set_aside),
whole, so that no half of it is in the facts. The table keeps what it held of it last.

A number that is too large, none where one must be, a key too long for an index: each would otherwise stop the facts of the
whole agreement. All rows are made anew whenever a document changes, so that what is aside is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in, quoted
from saldo.warehouse.connection import Connection

_Parameters = Mapping[str, Any]
#: Bytes of a key that fit an index of Postgres beside the agreement's id.
_LONGEST_KEY = 2_500
_FORGET = sql.SQL("""
delete from ops.set_aside
where agreement_id = %(agreement_id)s
    and entity = %(entity)s
    and source_key <> all(%(aside)s)""")
_SET_ASIDE = sql.SQL("""
insert into ops.set_aside as a (
    agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq
)
select distinct on (m.voucher)
    %(agreement_id)s, {entity}, m.voucher, m.field, m.value, m.reason, clock_timestamp(), %(change_seq)s
from (
    select {voucher} as voucher, v.*
    from derived_row as d
    cross join lateral (values {tests}) as v (field, value, reason, is_misfit)
) as m
where m.is_misfit
order by m.voucher, m.field, m.value
on conflict (agreement_id, entity, source_key) do update set
    field = excluded.field,
    value = excluded.value,
    reason = excluded.reason,
    change_seq = excluded.change_seq,
    told_at = case
        when (a.field, a.value, a.reason) = (excluded.field, excluded.value, excluded.reason) then a.told_at
    end
returning a.source_key""")


def put_aside(
    connection: Connection, table: Table, columns: Sequence[str], parameters: _Parameters
) -> None:
    """Write to ops.set_aside the vouchers of derived_row that do not fit, and take them out of it."""
    cursor = psycopg.ClientCursor(connection)
    statement = _SET_ASIDE.format(
        entity=sql.Literal(table.full_name),
        voucher=_voucher(table, "d"),
        tests=sql.SQL(", ".join(_tests(table, columns))),
    )
    aside = [key for (key,) in cursor.execute(statement, parameters)]
    taken = sql.SQL("delete from derived_row as d where {} = any(%s)").format(_voucher(table, "d"))
    cursor.execute(taken, [aside])
    forget(connection, table, parameters, but=aside)


def forget(
    connection: Connection, table: Table, parameters: _Parameters, *, but: Sequence[str] = ()
) -> None:
    """Drop what was set aside of the table, but for these vouchers."""
    connection.execute(
        _FORGET,
        {
            "agreement_id": parameters["agreement_id"],
            "entity": table.full_name,
            "aside": list(but),
        },
    )


def is_aside(table: Table, alias: str) -> sql.Composed:
    """Whether a row of the table is of a voucher that is set aside."""
    return sql.SQL(
        "exists (select from ops.set_aside as a where a.agreement_id = %(agreement_id)s "
        "and a.entity = {} and a.source_key = {})"
    ).format(sql.Literal(table.full_name), _voucher(table, alias))


def _voucher(table: Table, alias: str) -> sql.Composable:
    """What rows stand or fall with: their voucher, the row itself where it has none."""
    if "voucher_number" in table.names:
        return sql.Identifier(alias, "voucher_number")
    return sql.SQL("concat_ws('|', {})").format(columns_in(_key(table), alias))


def _key(table: Table) -> list[str]:
    return [name for name in table.key if name != "agreement_id"]


def _tests(table: Table, columns: Sequence[str]) -> Iterator[str]:
    """(field, value, reason, is it one) as SQL, of a row d."""
    key = " || ".join(f"d.{quoted(name)}::text" for name in _key(table))
    yield (
        f"('{_key(table)[-1]}', left({key}, 1000), 'is too long for a key', "
        f"octet_length({key}) > {_LONGEST_KEY})"
    )
    for column in table.columns:
        if column.name not in columns or column.name in table.key:
            continue
        value = f"d.{quoted(column.name)}"
        if column.is_required:
            yield f"('{column.name}', '', 'is missing', {value} is null)"
        if column.limit:
            yield (
                f"('{column.name}', {value}::text, 'is too large for {column.type}', "
                f"coalesce(abs({value}) >= {column.limit}, false))"
            )
