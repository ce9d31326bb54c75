"""What a request is in e-conomic's filter language: `prop$op:value`, joined by `$and:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Everything, Keys, Range, Request
from saldo.staging.records import utc_stamp
from saldo.ways.append_only import Beyond
from saldo.ways.list_moves import LastList, LastListRange, OpenLists
from saldo.ways.modified_since import Since
from saldo.ways.open_amounts import OpenItems
from saldo.ways.parts import PartsOf
from saldo.ways.snapshot import Snapshot

from .entities import LISTS

#: A filter takes at most this many values in $in:[…].
MAX_KEYS = 200
_SPECIAL = re.compile(r"[$(),*]")
#: A change may be committed after one with a later stamp: markers of time are read with an overlap.
OVERLAP = timedelta(days=1)


def parts(request: Keys | PartsOf) -> Iterator[Keys | PartsOf]:
    """A request for keys in as many filters as it takes."""
    for first in range(0, len(request.keys), MAX_KEYS):
        yield replace(request, keys=request.keys[first : first + MAX_KEYS])


def has_lists(entity: Entity) -> bool:
    """Whether the vendor keeps its records in several lists."""
    return "{list}" in entity.path


def lists_of(entity: Entity, request: Request) -> list[Entity]:
    """Those of an entity's lists that a request goes through, each as an entity that is one list."""
    match request:
        case OpenLists():
            names = LISTS.lists[:-1]
        case LastList() | LastListRange():
            names = LISTS.lists[-1:]
        case _:
            names = LISTS.lists
    return [_list_of(entity, name) for name in names]


@cache
def _list_of(entity: Entity, name: str) -> Entity:
    path = entity.path.format(list=name)
    return replace(entity, path=path, reads=Snapshot(), silent_changes=())


def filtered(found: list[str]) -> dict[str, str | int]:
    """The query parameter of some clauses."""
    return {"filter": "$and:".join(found)} if found else {}


def clauses(entity: Entity, request: Request) -> list[str]:
    """The filter of a request in the vendor's language."""
    key = entity.key_parts[0]
    match request:
        case Beyond(number):
            return [f"{key}$gt:{number}"] if number else []
        case Range(after, upto):
            return [f"{key}$gt:{after}", f"{key}$lte:{upto}"]
        case Since(moment, is_settled):
            field = str(entity.reads.marker_of(entity))
            return [f"{field}$gt:{moment}"] if is_settled else since(field, moment)
        case Days(first, last):
            # Dates may carry a time: a window ends before the next day, not at its last midnight.
            end = [] if last == date.max else [f"{entity.window}$lt:{last + timedelta(days=1)}"]
            return [f"{entity.window}$gte:{first}", *end]
        case OpenItems(field):
            return [f"{field}$ne:0"]
        case Keys(keys):
            return [f"{key}$in:[{','.join(map(escaped, keys))}]"]
        case PartsOf(field, keys):
            return [f"{field}$in:[{','.join(map(escaped, keys))}]"]
        case Everything() | OpenLists() | LastList():
            return []
    raise TypeError(f"e-conomic has no filter for {request}")


def escaped(value: str) -> str:
    """A value as it is written in a filter, where some letters have a meaning of their own."""
    return _SPECIAL.sub(r"$\g<0>", value)


def since(field: str, moment: str) -> list[str]:
    """What is stamped at a moment, within the overlap before it, or later; everything where that begins before all years."""
    try:
        begins = utc_stamp(datetime.fromisoformat(moment) - OVERLAP)
    except (ValueError, OverflowError):
        return []
    return [f"{field}$gte:{begins}"]
