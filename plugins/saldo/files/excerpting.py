"""What is kept of a file that is refused: the cells around what is wrong with it (ops.file_excerpt)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection
from saldo.workbooks import Rejected
from saldo.workbooks.excerpts import excerpts

from .configuration import FileConfiguration
from .layouts import layout_of
from .register import Reading

#: Kinds whose cells are about single people.
_MASKED = ("expenses",)


def keep_excerpts(
    connection: Connection,
    configuration: FileConfiguration,
    reading: Reading,
    error: Rejected,
    path: Path | None,
    now: datetime,
) -> None:
    """Keep them with the version that is recorded, in the caller's transaction. path: the file's content, where there is any."""
    if path is None:
        return
    found = excerpts(
        path, error.problems, layout_of(configuration), is_masked=configuration.kind in _MASKED
    )
    if found:
        connection.execute(
            "insert into ops.file_excerpt (file_id, version, sheets, written_at) values (%s, %s, %s, %s)",
            [reading.file_id, reading.version, Jsonb(msgspec.to_builtins(found)), now],
        )
