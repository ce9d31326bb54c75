"""Core: typed rows in one shape for all vendors, brought up to what staging holds.

One SQL file per vendor and entity (include/sql/core) turns changed staging rows into core rows. It
follows staging by its change sequence, taken under the entity's lock, so that it can miss nothing.
"""

from __future__ import annotations

import psycopg

from . import watermark
from .config import SQL_DIR
from .entity import Entity
from .errors import BadResponse, ConfigError
from .warehouse import Connection, run_sql


def to_core(
    connection: Connection, vendor: str, entity: Entity, agreement_id: str, *, everything: bool
) -> int:
    """Bring core up to what staging holds, or all of it anew; returns the rows changed in core.

    The caller holds the entity's lock. Raises ConfigError when the entity has no SQL file, BadResponse
    for a value that core cannot hold.
    """
    path = SQL_DIR / "core" / vendor / f"{entity.name}.sql"
    if not path.exists():
        raise ConfigError(f"entity {entity.name} of {vendor} has no transform; write {path}")
    with connection.transaction():
        reached = watermark.progress(connection, agreement_id, "staging").get(entity.name, 0)
        since = watermark.progress(connection, agreement_id, "core").get(entity.name, 0)
        if reached == since and not everything:
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
        watermark.save_progress(connection, agreement_id, "core", {entity.name: reached})
    return changed
