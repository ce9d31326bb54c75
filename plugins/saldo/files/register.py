"""ops.file: what was read of which file, and which version of it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection
from saldo.workbooks.problems import Problem

from .configuration import FileConfiguration
from .source import File

Status = Literal["accepted", "rejected", "unchanged", "gone"]


@dataclass(frozen=True)
class Reading:
    """One look at a file: the version it gets, and the one before that counts; None where none does.

    was_rejected: whether the look before refused it; problems_then: what was wrong.
    """

    file_id: int
    version: int
    in_force: int | None = None
    was_rejected: bool = False
    problems_then: Sequence[Problem] = ()


def begin(connection: Connection, configuration: FileConfiguration, file: File) -> Reading:
    """The look that is made now; nothing is written yet. The caller holds the configuration's lock."""
    row = connection.execute(
        "select f.file_id, f.version + 1, f.status = 'rejected', f.problems, "
        "(select i.version from ops.file as i where i.file_id = f.file_id and i.is_in_force) "
        "from ops.file as f where f.config_id = %s and f.source_id = %s order by f.version desc limit 1",
        [configuration.id, file.id],
    ).fetchone()
    if row is None:
        [(number,)] = connection.execute("select nextval('ops.file_number')").fetchall()
        return Reading(number, 1)
    file_id, version, was_rejected, problems, in_force = row
    then = tuple(Problem(**values) for values in problems or ()) if was_rejected else ()
    return Reading(file_id, version, in_force, was_rejected, then)


@dataclass(frozen=True)
class Record:
    """What a look came to."""

    status: Status
    rows: int | None = None
    problems: Sequence[Problem] = ()
    more: int = 0
    note: str | None = None


def record(
    connection: Connection,
    configuration: FileConfiguration,
    file: File,
    reading: Reading,
    what: Record,
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Write the look; of one that accepts, the version before steps back."""
    if what.status == "accepted":
        step_back(connection, reading.file_id)
    connection.execute(
        "insert into ops.file (file_id, version, config_id, source_id, path, name, etag, content, bytes, modified_by, "
        "modified_at, read_at, status, is_in_force, sign, rows, problems, more_problems, note, run_id) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            reading.file_id, reading.version, configuration.id, file.id, path_of(configuration, file), file.name,
            file.etag or None, file.version, file.size, file.modified_by or None, file.modified_at, now,
            what.status, what.status == "accepted", configuration.sign, what.rows,
            Jsonb([asdict(p) for p in what.problems]) if what.problems else None, what.more, what.note, run_id,
        ],
    )  # fmt: skip


def step_back(connection: Connection, file_id: int) -> None:
    """No version of the file counts."""
    connection.execute(
        "update ops.file set is_in_force = false where file_id = %s and is_in_force", [file_id]
    )


def note(connection: Connection, reading: Reading, text: str) -> None:
    """What people may want to know of a look."""
    connection.execute(
        "update ops.file set note = %s where file_id = %s and version = %s",
        [text, reading.file_id, reading.version],
    )


def path_of(configuration: FileConfiguration, file: File) -> str:
    """Where a file lies, for people."""
    sharepoint = configuration.source.sharepoint
    if sharepoint is None:
        return f"{(configuration.source.folder or '').rstrip('/')}/{file.name}"
    parts = [sharepoint.site, sharepoint.library, sharepoint.folder.strip("/"), file.name]
    return "/".join(part for part in parts if part)
