"""Files that wait for books which do not land: told to whoever owns them, once, after a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from saldo.warehouse.connection import Connection

from .. import state
from ..configuration import FileConfiguration
from ..places.source import File, Seen

#: Among the watermarks of a configuration: {source_id: {"since": ISO time, "told": bool}}.
_ENTITY = "waiting"
#: The first night of an agreement is over by then, unless something is wrong.
_PATIENCE = timedelta(days=1)


@dataclass(frozen=True)
class Wait:
    """A file, and a clause that says what it waits for. since: when a look found it so first."""

    file: File
    reason: str
    since: datetime


def overdue(
    connection: Connection,
    configuration: FileConfiguration,
    waiting: Iterable[tuple[File, str]],
    seen: Seen,
    now: datetime,
) -> list[Wait]:
    """Those of the files that wait now whose owner is to be told, which is kept with it in the caller's transaction. waiting:
    each with what it waits for. seen: what is still owed has waited since it did."""
    before = state.kept(connection, configuration.id, _ENTITY)
    after = {id: kept for id, kept in before.items() if id in seen.owed}
    found = []
    for file, reason in waiting:
        kept = after.get(file.id) or {"since": now.isoformat(), "told": False}
        wait = Wait(file, reason, datetime.fromisoformat(kept["since"]))
        if not kept["told"] and now - wait.since >= _PATIENCE:
            found.append(wait)
            kept = {**kept, "told": True}
        after[file.id] = kept
    if after != before:
        state.keep(connection, configuration.id, _ENTITY, after)
    return found
