"""What a read is in e-conomic's filter language: `prop$op:value`, joined by `$and:`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from saldo.entity import Entity
from saldo.reading import Read

#: A filter takes at most this many values in $in:[…].
MAX_KEYS = 200
#: A change may be committed after one with a later stamp: markers of time are read with an overlap.
OVERLAP = timedelta(days=1)


def parts(read: Read) -> Iterator[Read]:
    """A read of keys in as many filters as it takes."""
    for first in range(0, len(read.keys), MAX_KEYS):
        yield replace(read, keys=read.keys[first : first + MAX_KEYS])


def lists_of(entity: Entity, read: Read) -> list[Entity]:
    """Those of an entity's lists that a read goes through, each as an entity that is one list."""
    names = {
        "open": entity.lists[:-1],
        "settled": entity.lists[-1:],
        "range": entity.lists[-1:],
    }.get(read.kind, entity.lists)
    return [_list_of(entity, name) for name in names]


@cache
def _list_of(entity: Entity, name: str) -> Entity:
    return replace(
        entity,
        path=entity.path.format(list=name),
        lists=(),
        refers=(),
        mode="incremental" if entity.follows else "snapshot",
    )


def filtered(found: list[str]) -> dict[str, str | int]:
    """The query parameter of some clauses."""
    return {"filter": "$and:".join(found)} if found else {}


def clauses(entity: Entity, read: Read) -> list[str]:
    """The filter of a read in the vendor's language."""
    if read.kind == "range":
        key = entity.key_parts[0]
        return [f"{key}$gt:{read.marker}", f"{key}$lte:{read.upto}"]
    if read.kind == "since":
        if entity.is_key_ordered:
            return [f"{entity.changed}$gt:{read.marker}"] if read.marker else []
        return [f"{entity.changed}$gte:{overlapped(str(read.marker))}"]
    if read.kind == "window":
        return [f"{entity.window}$gte:{read.start}", f"{entity.window}$lt:{_day_after(read.end)}"]
    if read.kind == "open" and entity.settles:
        return [f"{entity.settles}$ne:0"]
    if read.kind == "keys":
        return [f"{entity.key_parts[0]}$in:[{','.join(read.keys)}]"]
    if read.kind == "parts" and entity.follows:
        return [f"{entity.follows[0]}$in:[{','.join(read.keys)}]"]
    return []


def _day_after(day: date | None) -> date | None:
    """Dates may carry a time: a window ends before the next day, not at its last midnight."""
    return day + timedelta(days=1) if day else None


def overlapped(moment: str) -> str:
    return stamp(datetime.fromisoformat(moment.replace("Z", "+00:00")) - OVERLAP)


def stamp(moment: datetime) -> str:
    """In UTC and whole seconds; a moment without a zone is UTC."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
