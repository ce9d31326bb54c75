"""Which of a chunk's records Postgres refuses, and what of it: it names neither itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import psycopg

from saldo.declarations.entity import Entity
from saldo.declarations.source import Row
from saldo.errors import BadResponse, Evidence
from saldo.transform.set_aside import UNSTORABLE
from saldo.warehouse.connection import Connection

_SHOWN = 60  # letters
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def refused(
    connection: Connection,
    entity: Entity,
    rows: Sequence[Row],
    error: psycopg.Error,
    *,
    store: Callable[[Sequence[Row]], object],
) -> BadResponse:
    """The error of a chunk of which nothing was stored, with the record and its field.

    store: what failed with the rows; it is tried with parts of them, and undone. Part of an open transaction."""

    def is_refused(part: Sequence[Row]) -> bool:
        return not _is_taken(connection, lambda: store(part))

    row = _first(rows, is_refused)
    key = f"{'|'.join(entity.key_parts)}={row.source_key}"
    if not is_refused([row]):
        key = f"one of {len(rows)} (the last of them {key})"
    return BadResponse(
        f"record {key}: {_field(connection, row)} cannot be stored ({error.diag.message_primary}). Nothing of "
        "its pages was; correct it at the vendor",
        Evidence(body=row.payload.decode("utf-8", "replace")),
    )


def _first(rows: Sequence[Row], is_refused: Callable[[Sequence[Row]], bool]) -> Row:
    """By halves: a chunk has thousands, and one is odd."""
    while len(rows) > 1:
        half = rows[: len(rows) // 2]
        rows = half if is_refused(half) else rows[len(half) :]
    return rows[0]


def _field(connection: Connection, row: Row) -> str:
    """The first field that is no JSON to Postgres, which takes shorter numbers than the standard."""
    for name, value in _decode(row.payload).items():
        if not _is_taken(connection, _as_json(connection, bytes(value))):
            return f"{name} ({bytes(value)[:_SHOWN].decode('utf-8', 'replace')})"
    return "a value"


def _as_json(connection: Connection, value: bytes) -> Callable[[], object]:
    return lambda: connection.execute("select %s::text::jsonb", [value.decode()])


def _is_taken(connection: Connection, do: Callable[[], object]) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            do()
    except UNSTORABLE:
        return False
    return True
