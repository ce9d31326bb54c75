"""The warehouse as pages read it: one read-only transaction, and not for long. Its troubles become pages that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from saldo.api.warehouse_problems import problem_of
from saldo.errors import SaldoError
from saldo.hooks.warehouse import WarehouseHook
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, connect, read_sql

#: No page is worth more of the warehouse's time.
_TIMEOUT_S = 15


class Reading:
    """Rows of include/sql/console/<file>.sql with named parameters, all of one moment."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = datetime.now(UTC)

    def rows(self, file: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """Named tuples, one a row. file: such as overview/nights."""
        text = read_sql(SQL_DIR / "console" / f"{file}.sql").encode()
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(text, parameters or {}).fetchall()

    def row(self, file: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first row; None where there is none."""
        return next(iter(self.rows(file, parameters)), None)


@contextmanager
def warehouse() -> Iterator[Reading]:
    """Raises Problem 503 where the warehouse is away, is being changed to another version, or takes too long."""
    with troubles(), connect(WarehouseHook().dsn()) as connection:
        connection.execute(f"set statement_timeout = '{_TIMEOUT_S}s'".encode())
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            yield Reading(connection)


@contextmanager
def troubles(patience_s: int = _TIMEOUT_S) -> Iterator[None]:
    """What can be wrong with the warehouse, told to whoever opened a page. patience_s: when it is told to stop."""
    try:
        yield
    except (psycopg.Error, SaldoError, OverflowError) as error:
        problem = problem_of(error, patience_s=patience_s)
        if problem is None:
            raise
        raise problem from None
