"""Rows of a file into their table of staging, by COPY, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from psycopg import sql

from saldo.warehouse import catalogue
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection

#: Lines that are handed over together.
_TOGETHER = 2_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "\ufffd"})


def copied(
    connection: Connection,
    table: str,
    rows: Iterable[tuple[object, ...]],
    *,
    head: tuple[object, ...] = (),
) -> int:
    """Copy rows, whose values are in the order of the table's columns; returns how many there were. head: the first
    values, which all rows have in common."""
    columns = catalogue.table(connection, table).names
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*table.split(".")), columns_in(columns)
    )
    first = "".join(f"{_text(value)}\t" for value in head)
    count, lines = 0, list[str]()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            count += 1
            lines.append(first + "\t".join([_text(value) for value in row]))
            if len(lines) == _TOGETHER:
                copy.write(_block(lines))
                lines.clear()
        if lines:
            copy.write(_block(lines))
    return count


@contextmanager
def by_hash(connection: Connection) -> Iterator[None]:
    """For statements over what this transaction has copied. The planner has no statistics of it and takes it for a row or
    two: it would compare each row of a million with each other, or sort them."""
    connection.execute("set local enable_nestloop = off; set local enable_sort = off")
    yield
    connection.execute("set local enable_nestloop = default; set local enable_sort = default")


def _block(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _text(value: object) -> str:
    """As COPY's text format has it."""
    if value is None:
        return "\\N"
    if type(value) is str:
        # What has to be escaped is not printable, but for one.
        is_plain = value.isprintable() and "\\" not in value
        return value if is_plain else value.translate(_ESCAPES)
    return str(value)
