"""Deltas: the changes of the last days as connections, each with the row as it stands today.

A cursor tells of every entity how far its changes were read, so that an entity whose days pass later than
those of others loses none. Changes older than the retention are forgotten without a word.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from graphql import GraphQLObjectType

from sandbox.books.calendar import working_day

from .access import Asker
from .changes import DELETED, changes_of
from .connections import in_time, owners_of, place_of, size_of, test_of, without_owners
from .cursors import cursor_of
from .entity import Entity, clock
from .errors import Refused
from .execution import Page
from .rendering import Getter, nothing
from .schema import DELTAS, ROOTS, schema
from .table import Row, Table
from .tables import GETTERS, TABLES
from .written import Kept, Written

#: Entity's dbId -> day and place in the day of the last change that was read.
Position = dict[int, tuple[int, int]]
#: Over how many seconds of a day its changes are spread.
_SECONDS = 30_000


@dataclass(frozen=True)
class Event:
    """A change, and the cursor behind it."""

    entity: Entity
    db_id: int
    mutation: str
    mutated_at: str
    cursor: str


@dataclass(frozen=True)
class _Change:
    """An event with its row; None where it is deleted, by now or by the event."""

    event: Event
    row: Row | None


def _as_text(position: Position) -> str:
    return ",".join(f"{id}.{day}.{place}" for id, (day, place) in position.items())


def _read(cursor: str | None) -> Position:
    if cursor is None:
        return {}
    try:
        parts = (tuple(map(int, part.split("."))) for part in place_of(cursor).split(","))
        return {id: (day, place) for id, day, place in parts}
    except ValueError:
        raise Refused(f"Invalid cursor: {cursor[:40]}") from None


def _days(entity: Entity, retention: int) -> range:
    """The working days whose changes are still told."""
    since = entity.today - timedelta(days=retention)
    first = entity.day
    while first > 1 and working_day(first - 1) >= since:
        first -= 1
    return range(max(1, first), entity.day + 1)


def events(
    plural: str,
    owners: list[Entity],
    after: Position,
    retention: int,
    kept: Callable[[Entity], Kept],
) -> Iterator[Event]:
    """The changes behind a position, in order of days."""
    days = {entity: _days(entity, retention) for entity in owners}
    seen = dict(after)
    for day in sorted({day for known in days.values() for day in known}):
        for entity in owners:
            if day not in days[entity] or day < after.get(entity.db_id, (0, 0))[0]:
                continue
            found = [*changes_of(entity, plural, day), *kept(entity).changes(plural, day)]
            for place, (db_id, mutation) in enumerate(found, start=1):
                if (day, place) <= after.get(entity.db_id, (0, 0)):
                    continue
                seen[entity.db_id] = (day, place)
                moment = clock(day, place * _SECONDS // (len(found) + 1))
                yield Event(entity, db_id, mutation, moment, cursor_of(_as_text(seen)))


def page(plural: str, asker: Asker, args: dict[str, Any]) -> Page:
    """Raises Refused for arguments that cannot be."""
    size, asked, table = size_of(asker, args), args.get("filter") or {}, TABLES[plural]
    owners = owners_of(asked, asker.owners(args.get("ownerSet") or "ALL", is_shared=False))
    after, before = _read(args.get("after")), _read(args.get("before"))
    found = events(plural, owners, after, asker.options.xledger_retention_days, asker.kept)
    if before:
        found = (one for one in found if not _is_behind(one, before))
    test = test_of(
        without_owners(asked), {**_GETTERS[f"{ROOTS[plural]}_Delta"], "ownerDbId": _owner}
    )
    is_last = args.get("first") is None and args.get("last") is not None
    if is_last and test is None:
        found = iter(deque(found, maxlen=size + 1))
    changes = (_change(table, one, asker.kept(one.entity).rows.get(plural, {})) for one in found)
    chosen = filter(test, changes) if test else changes
    rows = list(deque(chosen, maxlen=size + 1)) if is_last else list(islice(chosen, size + 1))
    has_more = len(rows) > size
    in_time(asker, rows[:size])
    return Page(
        rows[-size:] if is_last else rows[:size],
        has_next=has_more and not is_last,
        has_previous=has_more and is_last,
        cursor=lambda change: change.event.cursor,
        getters=_GETTERS,
    )


def _is_behind(event: Event, position: Position) -> bool:
    mine = _read(event.cursor)[event.entity.db_id]
    return mine >= position.get(event.entity.db_id, (1 << 30, 0))


def _change(table: Table, event: Event, written: dict[int, Written]) -> _Change | Written:
    if event.mutation == DELETED:
        return _Change(event, None)
    if event.db_id in written:
        told = {
            "mutationType": event.mutation,
            "mutatedAt": event.mutated_at,
            "_cursor": event.cursor,
        }
        return Written({**written[event.db_id], **told})
    return _Change(event, table.row(event.entity, event.db_id))


def _of_row(get: Getter) -> Getter:
    if get is nothing:
        return nothing
    return lambda change: None if change.row is None else get(change.row)


def _item(name: str) -> Getter:
    return _of_row(lambda row: row.get(name))


def _owner(change: _Change) -> int:
    """Whose a record is, or was: what it shows itself is null once it is deleted."""
    return change.event.entity.db_id


def _fields(plural: str) -> dict[str, Getter]:
    """How the fields of a change are read: as those of the row, but for its own."""
    kind = schema().type_map[ROOTS[plural]]
    assert isinstance(kind, GraphQLObjectType)
    own = TABLES[plural].getters
    return {
        **{name: _of_row(own[name]) if name in own else _item(name) for name in kind.fields},
        "dbId": lambda change: change.event.db_id,
        "mutationType": lambda change: change.event.mutation,
        "mutatedAt": lambda change: change.event.mutated_at,
    }


_GETTERS: dict[str, dict[str, Getter]] = {
    **GETTERS,
    **{f"{ROOTS[plural]}_Delta": _fields(plural) for plural in DELTAS.values()},
}
