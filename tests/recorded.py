"""A vendor's client that answers from recorded records: for shapes that no sandbox makes, whichever vendor.

It interprets what ways of reading ask by the entity's declaration alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import getitem
from typing import Any, Self

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.entity import Entity
from saldo.declarations.source import (
    CountingSource,
    Days,
    Keys,
    Page,
    Range,
    Request,
    Usage,
)
from saldo.transport import Caller
from saldo.vendors import VENDORS
from saldo.vendors.vendor import Vendor
from saldo.ways.append_only import Beyond
from saldo.ways.change_log import ChangeLog, Moved
from saldo.ways.delta import Changes
from saldo.ways.list_moves import LastList, LastListRange, ListMoves, OpenLists
from saldo.ways.modified_since import Since
from saldo.ways.open_amounts import OpenItems
from saldo.ways.parts import PartsOf
from tests.support import FIXTURES

Records = dict[str, list[Any]]


class Uncounted:
    """Recorded records that cannot be counted, `page_size` to a page. What a test changes in `records` is what the
    vendor has from then on."""

    daily_calls: int | None = None

    def __init__(self, records: Records, *, page_size: int = 10) -> None:
        self.usage = Usage()
        self.records = records
        self._page_size = page_size
        #: Cursor -> the records by key when it was given.
        self._then: dict[str, dict[str, Any]] = {}

    @classmethod
    def golden(cls, vendor: str = "economic") -> Self:
        """All recorded pages of a vendor."""
        folder = FIXTURES / vendor
        return cls({p.stem: json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))})

    def check_identity(self, known: str | None) -> str:
        return known or "recorded"

    def sample(self, entity: Entity) -> Page:
        return next(self.pages(entity, Request()))

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        chosen, gone = self._asked(entity, request)
        first = int(resume or 0)
        while True:
            part = chosen[first : first + self._page_size]
            first += self._page_size
            raw = [msgspec.Raw(json.dumps(record).encode()) for record in part]
            is_last = first >= len(chosen)
            yield Page(raw, None if is_last else str(first), deleted=gone if is_last else ())
            if is_last:
                return

    def newest(self, log: ChangeLog) -> str | None:
        return None

    def moved(self, log: ChangeLog, marker: str | None) -> Moved | None:
        return Moved((), marker)

    def delta_cursor(self, entity: Entity) -> str:
        cursor = f"{entity.name} {len(self._then)}"
        self._then[cursor] = self._by_key(entity)
        return cursor

    def versions(
        self, entity: Entity, days: Days | None = None
    ) -> Iterator[Sequence[tuple[str, str]]]:
        chosen, _ = self._asked(entity, days or Request())
        version = str(entity.reads.marker_of(entity) or "version")
        yield [(key_of(entity, record), str(record[version])) for record in chosen]

    def elsewhere(self, entity: Entity, others: Sequence[str], keys: Sequence[str]) -> set[str]:
        held = {str(record["id"]) for name in others for record in self.records.get(name, [])}
        return held.intersection(keys)

    def _asked(self, entity: Entity, request: Request) -> tuple[list[Any], tuple[str, ...]]:
        """(records, keys of those that are gone since the cursor of the request)"""
        if isinstance(request, Changes):
            then, now = self._held_at(entity, request.cursor), self._by_key(entity)
            changed = [record for key, record in now.items() if then.get(key) != record]
            return changed, tuple(key for key in then if key not in now)
        records = self.records.get(entity.name, [])
        return [one for one in records if _is_asked_for(entity, request, one)], ()

    def _held_at(self, entity: Entity, cursor: str) -> dict[str, Any]:
        """Without a cursor: when the first was given, since when the stream keeps changes."""
        kept = (given for given in self._then if given.startswith(f"{entity.name} "))
        return self._then[cursor or next(kept)]

    def _by_key(self, entity: Entity) -> dict[str, Any]:
        return {key_of(entity, record): record for record in self.records.get(entity.name, [])}


class Recorded(Uncounted):
    """The same, counted."""

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        chosen, _ = self._asked(entity, request)
        if upto is not None:
            chosen = [r for r in chosen if r[entity.key_parts[0]] <= upto]
        return len({key_of(entity, record) for record in chosen})


def source_of(vendor: str, records: Records) -> Uncounted:
    """Recorded records of a vendor, counted where its client counts."""
    kind = Recorded if isinstance(client_of(VENDORS[vendor]), CountingSource) else Uncounted
    return kind(records)


def client_of(vendor: Vendor) -> Any:
    """The vendor's own client, of a form in which only what is required is filled in."""
    caller = Caller(vendor.name, "nobody", f"{vendor.name}_nobody")
    return vendor.client_of(filled_in(vendor), caller)


def filled_in(vendor: Vendor, *, without: str = "") -> Fields:
    """A form with what is required; without: but for this field."""
    form = vendor.form
    needed = {
        name: "1"
        for name, field in {**form.standard, **form.extra}.items()
        if field.is_required and name != without
    }
    standard = {name: value for name, value in needed.items() if name in form.standard}
    return Fields(**standard, extra={k: v for k, v in needed.items() if k in form.extra})


def _is_asked_for(entity: Entity, request: Request, record: Any) -> bool:
    number = record.get(entity.key_parts[0])
    match request:
        case Since(moment):
            return bool(record[entity.reads.marker_of(entity)] > moment)
        case Beyond(after):
            return bool(number > after)
        case LastListRange(after, upto):
            return _is_in_the_last_list(entity, record) and after < number <= upto
        case Range(after, upto):
            return bool(after < number <= upto)
        case Days(first, last):
            day = reduce(getitem, str(entity.window).split("."), record)
            return day is not None and str(first) <= day[:10] <= str(last)
        case Keys(keys):
            return str(number) in keys
        case PartsOf(field, keys):
            return str(record[field]) in keys
        case OpenItems(field):
            return float(record.get(field) or 0) != 0
        case OpenLists():
            return not _is_in_the_last_list(entity, record)
        case LastList():
            return _is_in_the_last_list(entity, record)
    return True


def _is_in_the_last_list(entity: Entity, record: Any) -> bool:
    way = entity.reads
    assert isinstance(way, ListMoves)
    return f"/{entity.path.format(list=way.lists[-1])}/" in record[way.link]


def key_of(entity: Entity, record: Any) -> str:
    """As landing joins it: of text that Postgres can hold."""
    joined = "|".join(str(_part(record, part)) for part in entity.key_parts)
    return joined.replace("\0", "\ufffd")


def _part(record: Any, part: str) -> Any:
    """What a record has under a key part such as account.accountNumber."""
    for name in part.split("."):
        record = record.get(name)
    return record
