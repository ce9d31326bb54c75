"""The rows of a file, read from the warehouse in batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
from psycopg import sql

from saldo.declarations.entity import Entity
from saldo.warehouse.connection import Connection

from .columns import Column, columns_of
from .manifest import LakeFile
from .statements import FULL_SYNC, ROWS, SYNC_CHANGES

#: Rows that are typed together.
_ROWS_AT_ONCE = 10_000


def has_changes(connection: Connection, file: LakeFile) -> bool:
    """Whether a file of changes would hold any."""
    text = sql.SQL("select exists ({})").format(_records(file))
    row = psycopg.ClientCursor(connection).execute(text, _parameters(file)).fetchone()
    return bool(row and row[0])


def batches(connection: Connection, file: LakeFile, entity: Entity) -> Iterator[bytes]:
    """Rows in CSV: the record's key, its declared fields, and what the lake adds. The same file gives the same rows
    in the same order, also when staging has changed since."""
    values = sql.SQL("").join(
        sql.SQL("{}, ").format(_value(column, file, entity)) for column in columns_of(entity.record)
    )
    statement = sql.SQL(ROWS).format(
        values=values, records=_records(file), agreement=sql.Literal(file.agreement_id)
    )
    with (
        closing(psycopg.ClientCursor(connection)) as cursor,
        cursor.copy(statement, _parameters(file)) as copy,
    ):
        rows: list[bytes] = []
        for row in copy:
            rows.append(bytes(row))
            if len(rows) == _ROWS_AT_ONCE:
                yield b"".join(rows)
                rows = []
        if rows:
            yield b"".join(rows)


def _records(file: LakeFile) -> sql.Composed:
    text = FULL_SYNC if file.kind == "full_sync" else SYNC_CHANGES
    staging = sql.Identifier("staging", f"{file.vendor}_{file.entity}")
    return sql.SQL(text).format(staging=staging)


def _parameters(file: LakeFile) -> dict[str, object]:
    return {
        "agreement_id": file.agreement_id,
        "entity": file.entity,
        "from_seq": file.from_seq,
        "to_seq": file.to_seq,
    }


def _value(column: Column, file: LakeFile, entity: Entity) -> sql.Composable:
    """The text of a field; of a record that is gone, of its key alone."""
    *outer, last = column.path
    steps = [sql.SQL(" -> {}").format(sql.Literal(name)) for name in outer]
    text = sql.SQL("r.payload{} ->> {}").format(sql.SQL("").join(steps), sql.Literal(last))
    if file.kind == "full_sync" or column.name in entity.key_parts:
        return text
    return sql.SQL("case when r.mutation <> 'DELETED' then {} end").format(text)
