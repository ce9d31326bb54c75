"""What Postgres knows of its tables: columns, keys, indexes and comments.

What is written is matched with the columns of its target, validation leaves out what a constraint
ensures, and docs/warehouse.md is printed from here. Nothing is remembered between two calls (a
migration may run between them); each call costs one round trip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from saldo.errors import ConfigError

from .connection import Connection

_SIZE = re.compile(r"numeric\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Column:
    """type as SQL writes it; is_required: never null, by a constraint that holds for all rows;
    is_generated: has a value (a default, an identity) where none is given."""

    name: str
    type: str
    is_required: bool
    is_generated: bool
    comment: str

    @property
    def limit(self) -> str:
        """The first number too large for a numeric(19,4), say, as SQL: half a unit of its last place is lost to rounding.
        Empty for other types."""
        found = _SIZE.fullmatch(self.type)
        if not found:
            return ""
        digits, decimals = map(int, found.groups())
        return f"({10 ** (digits - decimals)} - 0.{'0' * decimals}5)"


@dataclass(frozen=True)
class Table:
    """A table or view; columns in their order, key: the columns of the primary key in theirs.

    unique: sets of columns that a whole, valid index keeps unique, the key among them.
    """

    schema: str
    name: str
    is_view: bool
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: frozenset[frozenset[str]]
    comment: str

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


_TABLES = sql.SQL("""
select
    n.nspname::text,
    c.relname::text,
    c.relkind in ('v', 'm'),
    array(
        select jsonb_build_array(
            a.attname,
            format_type(a.atttypid, a.atttypmod),
            a.attnotnull and not exists (
                select
                from pg_constraint as o
                where o.conrelid = a.attrelid
                    and o.contype = 'n'
                    and o.conkey = array[a.attnum]
                    and not o.convalidated
            ),
            a.atthasdef or a.attidentity <> '',
            coalesce(col_description(a.attrelid, a.attnum), '')
        )
        from pg_attribute as a
        where a.attrelid = c.oid
            and a.attnum > 0
            and not a.attisdropped
        order by a.attnum
    ),
    array(
        select jsonb_build_array(
            i.indisprimary,
            array(
                select a.attname
                from unnest(i.indkey) with ordinality as k (number, place)
                inner join pg_attribute as a
                    on a.attrelid = i.indrelid
                    and a.attnum = k.number
                order by k.place
            )
        )
        from pg_index as i
        where i.indrelid = c.oid
            and i.indisunique
            and i.indimmediate
            and i.indisvalid
            and i.indpred is null
            and i.indexprs is null
            and i.indnatts = i.indnkeyatts
    ),
    coalesce(obj_description(c.oid, 'pg_class'), '')
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s)
    and (%(names)s::text[] is null or c.relname = any(%(names)s))
    and c.relkind in ('r', 'p', 'v', 'm')
order by c.relkind in ('v', 'm'), n.nspname, c.relname
""")


def tables(connection: Connection, *schemas: str) -> dict[str, Table]:
    """Full name (schema.table) -> table; tables before views, each by name."""
    return _read(connection, schemas, None)


def named(connection: Connection, full_names: Iterable[str]) -> dict[str, Table]:
    """Full name -> table, of these. Raises ConfigError for those the warehouse does not have."""
    wanted = sorted({*full_names})
    found = present(connection, wanted)
    if missing := [full_name for full_name in wanted if full_name not in found]:
        raise ConfigError(
            f"the warehouse has no table {', '.join(missing)}: write a migration that creates it "
            "(it is applied before the next run)"
        )
    return {full_name: found[full_name] for full_name in wanted}


def present(connection: Connection, full_names: Iterable[str]) -> dict[str, Table]:
    """Full name -> table, of those of these that the warehouse has."""
    wanted = {*full_names}
    schemas = {full_name.partition(".")[0] for full_name in wanted}
    names = {full_name.partition(".")[2] for full_name in wanted}
    found = _read(connection, schemas, names)
    return {full_name: found[full_name] for full_name in sorted(wanted & found.keys())}


def table(connection: Connection, full_name: str) -> Table:
    """Raises ConfigError when the warehouse has no such table."""
    return named(connection, [full_name])[full_name]


def _read(
    connection: Connection, schemas: Iterable[str], names: Iterable[str] | None
) -> dict[str, Table]:
    wanted = {"schemas": [*schemas], "names": None if names is None else [*names]}
    rows = connection.execute(_TABLES, wanted).fetchall()
    found = (
        Table(
            schema,
            name,
            is_view,
            tuple(Column(*column) for column in columns),
            next((tuple(names) for is_primary, names in indexes if is_primary), ()),
            frozenset(frozenset(names) for _, names in indexes),
            comment,
        )
        for schema, name, is_view, columns, indexes, comment in rows
    )
    return {table.full_name: table for table in found}
