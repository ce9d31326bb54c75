"""What still counts of file configurations that nobody has any more."""

from __future__ import annotations

from collections.abc import Collection

from saldo.warehouse.connection import Connection

from . import register
from .choice import KINDS
from .in_force import renew


def orphans(connection: Connection, known: Collection[str]) -> dict[str, int]:
    """Configuration -> how many files of it count. known: ids there are."""
    rows = connection.execute(
        "select config_id, count(*) from ops.file where is_in_force and config_id <> all(%s) group by 1 order by 1",
        [list(known)],
    )
    return dict(rows.fetchall())


def withdraw(connection: Connection, config_id: str) -> int:
    """Nothing of the configuration counts any more; returns how many files did."""
    with connection.transaction():
        found = connection.execute(
            "select file_id, version from ops.file where config_id = %s and is_in_force order by 1",
            [config_id],
        ).fetchall()
        kinds = [kind for kind in KINDS.values() if _has_rows(connection, kind.table, config_id)]
        for kind in kinds:
            kind.hold(connection, found)
        for file_id, version in found:
            register.step_back(connection, file_id)
            for kind in kinds:
                renew(connection, kind, file_id, [version])
    return len(found)


def _has_rows(connection: Connection, table: str, config_id: str) -> bool:
    [(has_rows,)] = connection.execute(
        f"select exists (select from {table} where config_id = %s)".encode(), [config_id]
    ).fetchall()
    return bool(has_rows)
