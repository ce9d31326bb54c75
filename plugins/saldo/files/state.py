"""What was seen of the files of a configuration, kept in ops.watermark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection

from .configuration import FileConfiguration
from .places.source import Seen

#: The entity of a file configuration's watermark.
ENTITY = "files"
#: What does not change how a file is read.
_ASIDE = {"id", "source", "match", "max_mb", "owner_mail", "enabled", "when_gone"}


@dataclass(frozen=True)
class State:
    """seen: see Seen. layout: how files were read when it was kept; place: where they were looked for."""

    seen: Seen
    layout: str = ""
    place: str = ""


class Before(NamedTuple):
    """What was seen before. has_moved: in another place than the configuration names now."""

    seen: Seen
    has_moved: bool = False


def layout_key(configuration: FileConfiguration) -> str:
    """Changes when the configuration reads its files in another way."""
    text = configuration.model_dump_json(exclude=_ASIDE)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def place_key(configuration: FileConfiguration) -> str:
    """Changes when the configuration looks for its files elsewhere. Not with `match`: a file that it leaves out lies there all
    the same, and is meant to count no more."""
    text = configuration.model_dump_json(include={"source"})
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(connection: Connection, configuration: FileConfiguration) -> Before:
    """What was seen so far. All of it is owed when files are read in another way now; what cannot be read is forgotten."""
    cursor = kept(connection, configuration.id, ENTITY)
    if not cursor:
        return Before(Seen())
    try:
        state = msgspec.convert(cursor, State)
    except msgspec.ValidationError:
        return Before(Seen())
    is_same = state.layout == layout_key(configuration)
    seen = state.seen if is_same else state.seen.owing()
    return Before(seen, has_moved=state.place != place_key(configuration))


def save(connection: Connection, configuration: FileConfiguration, seen: Seen) -> None:
    """In the transaction that holds what was done."""
    state = State(seen, layout_key(configuration), place_key(configuration))
    keep(connection, configuration.id, ENTITY, msgspec.to_builtins(state))


def kept(connection: Connection, config_id: str, entity: str) -> dict[str, Any]:
    """What is kept of a configuration under a name; nothing, where nothing is."""
    row = connection.execute(
        "select cursor from ops.watermark where subject_kind = 'file' and subject_id = %s and entity = %s",
        [config_id, entity],
    ).fetchone()
    return row[0] if row else {}


def keep(connection: Connection, config_id: str, entity: str, cursor: dict[str, Any]) -> None:
    """Keep it, in the caller's transaction."""
    connection.execute(
        "insert into ops.watermark as w (subject_kind, subject_id, entity, cursor, updated_at) "
        "values ('file', %s, %s, %s, statement_timestamp()) on conflict (subject_kind, subject_id, entity) "
        "do update set cursor = excluded.cursor, updated_at = excluded.updated_at",
        [config_id, entity, Jsonb(cursor)],
    )
