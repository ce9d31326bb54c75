"""The facts' own SELECTs as a person would run them once: `create table as`, then the indexes. Nothing is compared, and no
key is made."""

from __future__ import annotations

from unittest.mock import patch

from psycopg import sql

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.transform.mart import writer
from saldo.transform.mart.given import given_by
from saldo.warehouse.connection import Connection

from .landing_lap import agreement

SCHEMA = "by_hand"


class _ByHand(writer._Writing):
    """One file: its steps as they are, and its rows into a table of their own."""

    def write(self, *, is_everything: bool, is_guarded: bool) -> writer.Changes:
        given = given_by(self._connection, self._file, self._table, self._parameters)
        schema, name = self._file.target.split(".")
        table = sql.Identifier(SCHEMA, name)
        made = self._run(sql.SQL("create table {} as {}").format(table, given.rows()))
        definitions = self._connection.execute(
            "select indexdef from pg_indexes where schemaname = %s and tablename = %s",
            [schema, name],
        ).fetchall()
        for (definition,) in definitions:
            self._connection.execute(
                definition.replace(f" ON {self._file.target} ", f" ON {SCHEMA}.{name} ").encode()
            )
        # Those that follow this table look there for what was written.
        self._run(
            sql.SQL("create temporary view {} as select t.*, null::{} as was from {} as t").format(
                self._written.identifier, self._table.identifier, table
            )
        )
        self.is_filled = True
        for kept in self._kept:
            self._run(sql.SQL("drop table {}").format(sql.Identifier(kept)))
        return writer.Changes(made.rowcount, 0, 0)


def build(connection: Connection) -> int:
    """Build all of them; returns their rows. `forget` drops them."""
    connection.execute(f"create schema {SCHEMA}".encode())
    with patch.object(writer, "_Writing", _ByHand):
        changes = refresh(connection, agreement(), RunRequest("full"))
    return sum(table.inserted for table in changes.values())


def forget(connection: Connection) -> None:
    """Drop what `build` made."""
    connection.execute(f"drop schema {SCHEMA} cascade".encode())
