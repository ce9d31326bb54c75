"""Rows of a file into their table of staging, by COPY, as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import islice

from psycopg import sql

from saldo.warehouse import catalogue
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection

#: Rows that are handed over together.
_TOGETHER = 2_000


def copied(
    connection: Connection,
    table: str,
    rows: Iterable[tuple[object, ...]],
    *,
    head: tuple[object, ...] = (),
) -> int:
    """Copy rows, whose values are in the order of the table's columns; returns how many there were. head: the first
    values, which all rows have in common.

    An empty text is NULL in a column that may be NULL. What no text of Postgres holds becomes U+FFFD.
    """
    with connection.cursor() as cursor, cursor.copy(_statement(connection, table)) as copy:
        count, rest = 0, iter(rows)
        while some := [head + row for row in islice(rest, _TOGETHER)]:
            count += len(some)
            copy.write(_block(some))
    return count


def _statement(connection: Connection, table: str) -> sql.Composed:
    """CSV, which Python's csv module writes, has one text for NULL and for nothing: the column says which."""
    found = catalogue.table(connection, table)
    return sql.SQL(
        "copy {} ({}) from stdin with (format csv, delimiter e'\\t', force_not_null ({}))"
    ).format(
        found.identifier,
        columns_in(found.names),
        columns_in(column.name for column in found.columns if column.is_required),
    )


def _block(rows: list[tuple[object, ...]]) -> bytes:
    into = io.StringIO()
    # What ends a line is what is quoted: both.
    csv.writer(into, delimiter="\t", lineterminator="\r\n").writerows(rows)
    return into.getvalue().replace("\0", "\ufffd").encode("utf-8", "replace")
