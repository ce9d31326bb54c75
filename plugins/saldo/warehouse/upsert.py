"""Statements that write what a SELECT gives into a table, column by column of the same name.

Nobody types a column twice: the names are those of the SELECT, the key is the table's primary key, and how the
two fit is checked against the catalogue. A SELECT's text, a CTE or a temporary table is a source.

    target = catalogue.table(connection, "mart.dim_unit")
    select = sql.SQL(text)                                    # parameters %(…)s as they are
    columns = columns_of(connection, select, parameters)      # asked of Postgres, nothing is run
    check_columns(target, columns, said_by="unit.sql")        # ConfigError: unknown, or missing
    statement = sql.SQL("with final as ({}) {} {}").format(
        select, upsert(target, columns, sql.Identifier("final")), IS_NEW
    )
    with ClientCursor(connection) as cursor:
        cursor.execute(statement, parameters)

`new_keys` gives surrogate keys to what has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import ClientCursor, sql
from psycopg.pq import ExecStatus

from saldo.errors import ConfigError

from .catalogue import Table
from .columns import columns_in, quoted
from .connection import Connection

_TEXT = psycopg.adapters.types["text"].oid
#: Follows an upsert: a row per row it wrote, true for one that was not there before.
IS_NEW = sql.SQL("returning (t.xmax = 0) as is_new")


@dataclass(frozen=True)
class Output:
    """A column a SELECT gives."""

    name: str
    is_text: bool


def outputs_of(
    connection: Connection, select: sql.SQL | sql.Composed, parameters: Mapping[str, Any]
) -> tuple[Output, ...]:
    """The columns a SELECT gives, in its order. It is parsed, neither planned nor run.

    Raises what Postgres says of a SELECT it cannot parse, and OperationalError where the connection is lost.
    """
    with ClientCursor(connection) as cursor:
        query = cursor.mogrify(select, parameters).encode()
    for answer in (connection.pgconn.prepare(b"", query), connection.pgconn.describe_prepared(b"")):
        if answer.status == ExecStatus.FATAL_ERROR:
            if (
                connection.closed
            ):  # a lost connection has no SQLSTATE, by which psycopg knows errors
                raise psycopg.OperationalError(connection.pgconn.get_error_message())
            raise psycopg.errors.error_from_result(answer)
    return tuple(
        Output((answer.fname(place) or b"").decode(), answer.ftype(place) == _TEXT)
        for place in range(answer.nfields)
    )


def columns_of(
    connection: Connection, select: sql.SQL | sql.Composed, parameters: Mapping[str, Any]
) -> tuple[str, ...]:
    """The names of the columns alone."""
    return tuple(output.name for output in outputs_of(connection, select, parameters))


def check_columns(
    table: Table, columns: Iterable[str], *, said_by: str, added: Iterable[str] = ()
) -> None:
    """Raise ConfigError unless these columns make rows of the table.

    said_by: the file that gives them, for the error; added: columns the writer gives besides.
    """
    given = [*columns, *added]
    twice = sorted({name for name in given if given.count(name) > 1})
    unknown = sorted({*given} - {*table.names})
    missing = [
        column.name
        for column in table.columns
        if column.name not in given
        and (column.name in table.key or (column.is_required and not column.is_generated))
    ]
    problems = [
        f"{what} {', '.join(names)}"
        for what, names in (
            ("gives more than once:", twice),
            ("gives what the table does not have:", unknown),
            ("does not give:", missing),
        )
        if names
    ]
    if problems:
        raise ConfigError(
            f"{said_by} does not fit {table.full_name}: it {'; it '.join(problems)}. Correct the names in its "
            "SELECT, or add the column with a migration"
        )


def insert(
    table: Table,
    columns: Iterable[str],
    source: sql.Composable,
    *,
    added: Mapping[str, sql.Composable] | None = None,
) -> sql.Composed:
    """`insert …` alone, for keys the table does not have: a sixth cheaper than to look for each of them.

    source and added as those of `upsert`; the target is aliased t.
    """
    columns, added = tuple(columns), added or {}
    return sql.SQL("insert into {table} as t ({names}) select {values} from {source}").format(
        table=table.identifier,
        names=columns_in((*columns, *added)),
        values=sql.SQL(", ").join([columns_in(columns), *added.values()]),
        source=source,
    )


def upsert(
    table: Table,
    columns: Iterable[str],
    source: sql.Composable,
    *,
    added: Mapping[str, sql.Composable] | None = None,
    is_known_to_differ: bool = False,
) -> sql.Composed:
    """`insert … on conflict … do update … where` a row differs; the target is aliased t.

    source: what follows `from`, with a row per key at most. added: columns besides those of the source and
    their values; they are written with a row and never make it differ (a change sequence).
    is_known_to_differ: every row of the source does, so that nothing is compared: an upsert that
    changes nothing still locks the row and writes that to the log.
    """
    columns, added = tuple(columns), added or {}
    compared = [name for name in columns if name not in table.key]
    written = [*compared, *(name for name in added if name not in table.key)]
    statement = insert(table, columns, source, added=added) + sql.SQL(
        " on conflict ({key}) do update set {sets}"
    ).format(
        key=columns_in(table.key),
        sets=sql.SQL(", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in written)),
    )
    if is_known_to_differ:
        return statement
    # With the word `row`, one column alone is a row too.
    return statement + sql.SQL(" where row({}) is distinct from row({})").format(
        columns_in(compared, "t"), columns_in(compared, "excluded")
    )


def new_keys(
    kind: sql.Composable,
    source: sql.Composable,
    source_key: sql.Composable,
    *,
    order_by: sql.Composable | None = None,
) -> sql.Composed:
    """Give a surrogate key of its kind (core.key_map) to every row of the source that has none.

    source: what follows `from`, aliased s; kind, source_key and order_by are expressions over it, source_key
    unique within its kind and never null. Keys are given in that order, where one is given. Takes the parameter
    agreement_id.
    """
    statement = sql.SQL(
        "insert into core.key_map (agreement_id, kind, source_key) "
        "select %(agreement_id)s, {kind}, {source_key} from {source} as s "
        "left join core.key_map as k on k.agreement_id = %(agreement_id)s and k.kind = {kind} "
        "and k.source_key = {source_key} where k.key is null"
    ).format(kind=kind, source=source, source_key=source_key)
    return statement + sql.SQL(" order by {}").format(order_by) if order_by else statement
