"""Core: typed rows in one shape for all vendors, brought up to what staging holds.

One SQL file per vendor and entity (include/sql/core) turns changed staging rows into core rows. It
follows staging by its change sequence, taken under the entity's lock, so that it can miss nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from . import watermark
from .entity import Entity
from .errors import BadResponse, ConfigError
from .paths import SQL_DIR
from .warehouse import Connection, read_sql, run_sql


def to_core(
    connection: Connection,
    vendor: str,
    entity: Entity,
    agreement_id: str,
    *,
    everything: bool,
    is_repair: bool = False,
) -> int:
    """Bring core up to what staging holds, or all of it anew; returns the rows changed in core.

    is_repair: rows of core that no record stands behind are marked as deleted. The caller holds the entity's lock. Raises ConfigError when the entity has no SQL file, BadResponse
    for a value that core cannot hold.
    """
    path = SQL_DIR / "core" / vendor / f"{entity.name}.sql"
    if not path.exists():
        raise ConfigError(f"entity {entity.name} of {vendor} has no transform; write {path}")
    with connection.transaction():
        reached = watermark.progress(connection, agreement_id, "staging").get(entity.name, 0)
        since = watermark.progress(connection, agreement_id, "core").get(entity.name, 0)
        if reached == since and not (everything or is_repair):
            return 0
        change = connection.execute("select nextval('core.change_seq')").fetchone()
        parameters = {
            "agreement_id": agreement_id,
            "since": 0 if everything else since,
            "change_seq": change[0] if change else 0,
        }
        try:
            changed = run_sql(connection, path, parameters)
        except psycopg.DataError as error:
            raise BadResponse(
                f"{vendor} agreement {agreement_id!r}, entity {entity.name}: a value cannot be stored in "
                f"core ({str(error).splitlines()[0]}). Correct it at the vendor, then start a full run"
            ) from None
        if is_repair:
            changed += _mark_orphans(connection, vendor, entity, path, parameters)
        watermark.save_progress(connection, agreement_id, "core", {entity.name: reached})
    return changed


def _mark_orphans(
    connection: Connection, vendor: str, entity: Entity, path: Path, parameters: dict[str, Any]
) -> int:
    """Mark rows of core as deleted that have no record in staging; returns how many.

    The key of a record is that of its row: tables whose key is another, or that several entities
    write, are left alone.
    """
    table = _written_by(path)
    if [_written_by(other) for other in path.parent.glob("*.sql")].count(table) > 1:
        return 0
    columns = [
        name
        for (name,) in connection.execute(
            "select a.attname from pg_index as i "
            "inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) "
            "where i.indrelid = %s::regclass and i.indisprimary "
            "order by array_position(i.indkey::integer[], a.attnum::integer)",
            [table],
        )
        if name != "agreement_id"
    ]
    if len(columns) != len(entity.key_parts):
        return 0
    statement = sql.SQL(
        "update {core} as t set is_deleted = true, change_seq = %(change_seq)s "
        "where t.agreement_id = %(agreement_id)s and not t.is_deleted and not exists (select from "
        "{staging} as s where s.agreement_id = %(agreement_id)s and s.source_key = {key})"
    ).format(
        core=sql.Identifier(*table.split(".")),
        staging=sql.Identifier("staging", f"{vendor}_{entity.name}"),
        key=sql.SQL("concat_ws('|', {})").format(
            sql.SQL(", ").join(sql.Identifier("t", column) for column in columns)
        ),
    )
    return connection.execute(statement, parameters).rowcount


def _written_by(path: Path) -> str:
    """The table a transform writes, as its header says."""
    return read_sql(path).splitlines()[2].removeprefix("-- writes: ").strip()
