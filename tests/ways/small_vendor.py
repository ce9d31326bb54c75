"""A vendor in memory: a few dozen records, what happens to them, and what it finds when it is asked."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Days, Keys, Range, Request
from saldo.staging.records import JsonNumber, VendorDate, VendorInstant
from saldo.ways.append_only import Beyond
from saldo.ways.list_moves import LastList, LastListRange, OpenLists
from saldo.ways.modified_since import Since
from saldo.ways.open_amounts import OpenItems
from saldo.ways.parts import PartsOf

#: The lists of an entity of several lists, in the order in which records move.
LISTS = ("drafts", "sent", "archived")
#: What is stamped a day before a marker or later is told again: stamps come late.
OVERLAP = timedelta(days=1)
Key = tuple[int, int]


class Item(Record):
    """A record. Two make a voucher, whose amounts sum to zero."""

    number: int
    part: int
    voucher: int
    amount: JsonNumber
    name: str
    date: VendorDate
    stamp: VendorInstant
    version: int
    due: JsonNumber
    member: int | None
    parent: int
    link: str


def stamp_of(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class SmallVendor:
    """Records by entity and key; whatever changes is stamped and told by the stream. What is hidden is left
    out of every answer.

    announces: pages say how many records there are, and are asked for by their place. Else they are asked for
    by the last key, and there is a count.
    """

    def __init__(self, *, announces: bool = False) -> None:
        self.announces = announces
        self.records: defaultdict[str, dict[Key, dict[str, Any]]] = defaultdict(dict)
        self.hidden: set[Key] = set()
        self.stream: list[tuple[str, Key]] = []
        self.log: list[tuple[str, int]] = []
        self._clock = datetime.now(UTC) - timedelta(hours=12)

    def put(
        self, entity: str, number: int, *, part: int = 1, is_silent: bool = False, **fields: Any
    ) -> None:
        """Write a record, or change one. is_silent: its stamp and version stay as they were."""
        key = number, part
        default = {
            "number": number, "part": part, "voucher": (number + 1) // 2,
            "amount": 100.5 if number % 2 else -100.5, "name": f"name {number}",
            "date": f"2026-03-{1 + (number - 1) // 2 % 28:02}", "due": 0, "member": None, "parent": 0,
            "link": f"/small/{LISTS[-1]}/{number}",
        }  # fmt: skip
        before = self.records[entity].get(key, default)
        now = {name: before.get(name) for name in ("stamp", "version")}
        if not is_silent:
            stamp = self.now()
            now = {"stamp": stamp, "version": int(datetime.fromisoformat(stamp).timestamp())}
        self.records[entity][key] = {**before, **now, **fields}
        self.stream.append((entity, key))

    def drop(self, entity: str, number: int) -> None:
        """Delete what has this number."""
        for key in [key for key in self.records[entity] if key[0] == number]:
            del self.records[entity][key]
            self.stream.append((entity, key))

    def note(self, number: int) -> None:
        """Write into the change log."""
        self.log.append((self.now(), number))

    def now(self) -> str:
        self._clock += timedelta(seconds=1)
        return stamp_of(self._clock)

    def numbers(self, entity: str) -> list[int]:
        return sorted({key[0] for key in self.records[entity]})

    # --- what is asked -----------------------------------------------------------------------------

    def found(self, entity: Entity, request: Request) -> list[dict[str, Any]]:
        """Records of a request in the order in which the vendor sends them."""
        shown = (one for key, one in self.records[entity.name].items() if key not in self.hidden)
        return sorted((one for one in shown if _is_meant(entity, request, one)), key=order)

    def versions(self, entity: Entity, request: Request) -> list[tuple[str, str]]:
        """(key, version) of the records of a request."""
        return [(str(one["number"]), str(one["version"])) for one in self.found(entity, request)]

    def told(self, entity: Entity, *, after: int) -> list[tuple[int, Key]]:
        """(place in the stream, key) of what changed after a place, each key once, where it last changed."""
        last = {
            key: place
            for place, (name, key) in enumerate(self.stream, 1)
            if name == entity.name and place > after
        }
        shown = ((place, key) for key, place in last.items() if key not in self.hidden)
        return sorted(shown)

    def cursor(self, *, ahead: int = 0) -> str:
        """Of what is told from now on. Later ones sort lower: none can be compared."""
        return f"x{100_000 - len(self.stream) - ahead}"


def place_of(cursor: str) -> int:
    return 100_000 - int(cursor[1:])


def order(record: dict[str, Any]) -> list[int]:
    """Through the lists, then by key."""
    return [LISTS.index(record["link"].split("/")[2]), record["number"], record["part"]]


def _is_meant(entity: Entity, request: Request, record: dict[str, Any]) -> bool:
    number, is_last = record["number"], f"/{LISTS[-1]}/" in record["link"]
    match request:
        case Since(moment, True):
            return str(record["stamp"]) > moment
        case Since(moment):
            since = datetime.fromisoformat(moment) - OVERLAP
            return str(record["stamp"]) >= stamp_of(since)
        case Beyond(after):
            return bool(number > after)
        case LastListRange(after, upto):
            return bool(is_last and after < number <= upto)
        case Range(after, upto):
            return bool(after < number <= upto)
        case Days(first, last):
            return bool(str(first) <= record["date"] <= str(last))
        case Keys(keys):
            return str(number) in keys
        case PartsOf(of, keys):
            return str(record[of]) in keys
        case OpenItems(amount):
            return bool(record[amount])
        case OpenLists():
            return not is_last
        case LastList():
            return is_last
    return True
