"""How far things have been read: ops.watermark for staging, ops.progress for core and mart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection

Json = dict[str, Any]


def load(connection: Connection, agreement_id: str, entity: str) -> tuple[Json, Json]:
    """(cursor, resume) of an entity; empty when it was never read, or no read is unfinished."""
    row = connection.execute(
        "select cursor, resume from ops.watermark where agreement_id = %s and entity = %s",
        [agreement_id, entity],
    ).fetchone()
    return (row[0], row[1] or {}) if row else ({}, {})


def save(
    connection: Connection, agreement_id: str, entity: str, cursor: Json, resume: Json | None
) -> None:
    """Part of the transaction that holds the rows it is about."""
    connection.execute(
        "insert into ops.watermark as w (agreement_id, entity, cursor, resume, updated_at) "
        "values (%s, %s, %s, %s, statement_timestamp()) on conflict (agreement_id, entity) do update "
        "set cursor = excluded.cursor, resume = excluded.resume, updated_at = excluded.updated_at",
        [agreement_id, entity, Jsonb(cursor), Jsonb(resume) if resume else None],
    )


def mark(connection: Connection, agreement_id: str, entity: str, fields: Json) -> None:
    """Put fields into the cursor of an entity, whatever else it holds by now."""
    connection.execute(
        "update ops.watermark set cursor = cursor || %s where agreement_id = %s and entity = %s",
        [Jsonb(fields), agreement_id, entity],
    )


def progress(connection: Connection, agreement_id: str, consumer: str) -> dict[str, int]:
    """Source -> change sequence up to which `consumer` has followed it."""
    rows = connection.execute(
        "select source, change_seq from ops.progress where agreement_id = %s and consumer = %s",
        [agreement_id, consumer],
    )
    return {source: change_seq for source, change_seq in rows}


def save_progress(
    connection: Connection, agreement_id: str, consumer: str, reached: Mapping[str, int]
) -> None:
    """Remember up to which change `consumer` has followed its sources; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.progress as p (agreement_id, consumer, source, change_seq) "
            "values (%s, %s, %s, %s) on conflict (agreement_id, consumer, source) do update "
            "set change_seq = excluded.change_seq where p.change_seq <> excluded.change_seq",
            [(agreement_id, consumer, source, change) for source, change in reached.items()],
        )
