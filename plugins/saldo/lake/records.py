"""The rows of a file, read from the warehouse in batches of a bounded size."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from io import BytesIO
from itertools import islice

import psycopg
from psycopg import sql
from psycopg.abc import Buffer

from saldo.declarations.entity import Entity
from saldo.warehouse.connection import Connection

from .columns import ADDED, Column, columns_of
from .manifest import LakeFile
from .statements import FULL_SYNC, ROWS, SYNC_CHANGES

#: Rows that are typed together.
_ROWS_AT_ONCE = 10_000
#: Fewer, where they are long: looked at after so many.
_BYTES_AT_ONCE, _PART = 16 * 1024 * 1024, 500


def has_changes(connection: Connection, file: LakeFile) -> bool:
    """Whether a file of changes would hold any."""
    text = sql.SQL("select exists ({})").format(_records(file))
    row = psycopg.ClientCursor(connection).execute(text, _parameters(file)).fetchone()
    return bool(row and row[0])


def columns_read(file: LakeFile, entity: Entity) -> tuple[Column, ...]:
    """What is read of a record: its declared fields, and what the lake adds, unless all rows have the same."""
    alike = constants(file)
    return tuple(c for c in (*columns_of(entity.record), *ADDED) if c.name not in alike)


def constants(file: LakeFile) -> dict[str, str]:
    """Columns in which all rows of the file have the same."""
    whose = {"_agreement_id": file.agreement_id}
    return {**whose, "mutationType": "ADDED"} if file.kind == "full_sync" else whose


def batches(connection: Connection, file: LakeFile, entity: Entity) -> Generator[bytes, None, None]:
    """Rows in CSV: the record's key, then `columns_read`. The same file gives the same rows in the same order, also
    when staging has changed since. The connection's time zone is UTC."""
    values = [_value(column, file, entity) for column in columns_read(file, entity)]
    statement = sql.SQL(ROWS).format(values=sql.SQL(", ").join(values), records=_records(file))
    with (
        closing(psycopg.ClientCursor(connection)) as cursor,
        cursor.copy(statement, _parameters(file)) as copy,
    ):
        rows = iter(copy)
        while csv := _joined(rows):
            yield csv


def _joined(rows: Iterator[Buffer]) -> bytes:
    """One after the other: ten thousand rows held at once would keep Python's collector busy, for longer than all else."""
    found = BytesIO()
    for _ in range(_ROWS_AT_ONCE // _PART):
        before = found.tell()
        found.writelines(islice(rows, _PART))
        if found.tell() == before or found.tell() > _BYTES_AT_ONCE:
            break
    return found.getvalue()


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


#: Where the columns that Saldo adds come from.
_OWN = {"mutationType": "r.mutation", "mutatedAt": "r.mutated_at", "_run_id": "r.run_id"}


def _value(column: Column, file: LakeFile, entity: Entity) -> sql.Composable:
    """The text of a column; of a record that is gone, of its key alone."""
    if column.name in _OWN:
        return sql.SQL(_OWN[column.name])
    *outer, last = map(sql.Literal, column.path)
    steps = sql.SQL("").join(sql.SQL(" -> {}").format(name) for name in outer)
    text = sql.SQL("r.payload{} ->> {}").format(steps, last)
    if column.kind == "date":
        text = sql.SQL("left({}, 10)").format(text)  # a time may follow
    if file.kind == "full_sync" or column.name in entity.key_parts:
        return text
    return sql.SQL("case when r.mutation <> 'DELETED' then {} end").format(text)
