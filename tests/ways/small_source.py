"""A vendor in memory: a few dozen records, pages of a few, every kind of request, and trouble on demand.

`SmallVendor` is what the vendor holds and what happens there. `SmallSource` reads it as a client does: it
implements Source, CountingSource, LoggingSource and DeltaSource, numbers what it is asked of the entity under
test, and lets a trouble answer instead.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Days, Keys, Page, Range, Request, Usage
from saldo.staging.records import JsonNumber, VendorDate, VendorInstant
from saldo.ways.append_only import Beyond
from saldo.ways.change_log import ChangeLog, Moved
from saldo.ways.delta import Changes
from saldo.ways.list_moves import LastList, LastListRange, OpenLists
from saldo.ways.modified_since import Since
from saldo.ways.open_amounts import OpenItems
from saldo.ways.parts import PartsOf

PAGE = 5
#: The lists of an entity of several lists, in the order in which records move.
LISTS = ("drafts", "sent", "archived")
#: What is stamped a day before a marker or later is told again: stamps come late.
OVERLAP = timedelta(days=1)

#: The `next` that leads back to the first page.
FIRST_PAGE = ""
#: What a source is asked: a page of a set or of the stream of changes, with records or without, a count, a look
#: at the change log or the stamp of its end, the cursor of the stream.
Kind = Literal["records", "changes", "no records", "count", "log", "end of log", "cursor"]
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
    due: JsonNumber
    member: int | None
    parent: int
    link: str


def _stamp(moment: datetime) -> str:
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

    def put(self, entity: str, number: int, *, part: int = 1, **fields: Any) -> None:
        """Write a record, or change one."""
        key = number, part
        default = {
            "number": number, "part": part, "voucher": (number + 1) // 2,
            "amount": 100.5 if number % 2 else -100.5, "name": f"name {number}",
            "date": f"2026-03-{1 + (number - 1) // 2 % 28:02}", "due": 0, "member": None, "parent": 0,
            "link": f"/small/{LISTS[-1]}/{number}",
        }  # fmt: skip
        before = self.records[entity].get(key, default)
        self.records[entity][key] = {**before, "stamp": self.now(), **fields}
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
        return _stamp(self._clock)

    def numbers(self, entity: str) -> list[int]:
        return sorted({key[0] for key in self.records[entity]})

    # --- what is asked -----------------------------------------------------------------------------

    def found(self, entity: Entity, request: Request) -> list[dict[str, Any]]:
        """Records of a request in the order in which the vendor sends them."""
        shown = (one for key, one in self.records[entity.name].items() if key not in self.hidden)
        return sorted((one for one in shown if _is_meant(entity, request, one)), key=order)

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


def _place(cursor: str) -> int:
    return 100_000 - int(cursor[1:])


def order(record: dict[str, Any]) -> list[int]:
    """Through the lists, then by key."""
    return [LISTS.index(record["link"].split("/")[2]), record["number"], record["part"]]


def _is_meant(entity: Entity, request: Request, record: dict[str, Any]) -> bool:
    number, is_last = record["number"], f"/{LISTS[-1]}/" in record["link"]
    match request:
        case Since(moment):
            since = datetime.fromisoformat(moment) - OVERLAP
            return bool(record["stamp"] >= _stamp(since))
        case Beyond(after):
            return bool(number > after)
        case LastListRange(after, upto):
            return is_last and after < number <= upto
        case Range(after, upto):
            return bool(after < number <= upto)
        case Days(first, last):
            return str(first) <= record["date"] <= str(last)
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


# --- the source ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """One request for the entity under test. hit: how many requests the trouble has hit before. before: the
    page before, of a read of several pages."""

    kind: Kind
    entity: str
    vendor: SmallVendor
    hit: int
    before: Page | None


#: Gives the proper answer, as often as it is called.
Proper = Callable[[], Any]


@dataclass(frozen=True)
class Trouble:
    """What a vendor does instead of answering properly.

    hits: the kinds of requests it can hit. answer: its answer, or it raises. error: what it must come to,
    where that is the same in every way. lasts: all later requests are hit as well. alters: records come with
    other values, which nobody can tell from a change. moves: the truth itself changes, so that the night has
    none of its own.
    """

    name: str
    answer: Callable[[Ask, Proper], Any]
    hits: frozenset[Kind]
    error: type[Exception] | None = None
    lasts: bool = True
    alters: bool = False
    moves: bool = False


@dataclass
class SmallSource:
    """A client of a SmallVendor. target: the entity under test; asked: the kinds of requests made for it.
    A trouble hits it from its place among the requests that it can hit."""

    vendor: SmallVendor
    target: str
    trouble: Trouble | None = None
    place: int = 0
    asked: list[Kind] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    daily_calls: int | None = None
    _met: int = 0

    def check_identity(self, known: str | None) -> str:
        return known or "1"

    def sample(self, entity: Entity) -> Page:
        raise NotImplementedError("no night asks for a sample")

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        before: Page | None = None
        while True:

            def proper(resume: str | None = resume) -> Page:
                return self._page(entity, request, resume)

            kind = self._kind(request, proper())
            page: Page = self._answer(entity.name, kind, proper, before)
            yield page
            if page.next is None:
                return
            before, resume = page, page.next

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        def proper() -> int | None:
            if isinstance(request, Changes):
                return None
            found = self.vendor.found(entity, request)
            return sum(upto is None or one["number"] <= upto for one in found)

        answer: int | None = self._answer(entity.name, "count", proper)
        return answer

    def newest(self, log: ChangeLog) -> str | None:
        def proper() -> str | None:
            return max((stamp for stamp, _ in self.vendor.log), default=None)

        answer: str | None = self._answer(self.target, "end of log", proper)
        return answer

    def moved(self, log: ChangeLog, marker: str | None) -> Moved | None:
        def proper() -> Moved:
            since = _stamp(datetime.fromisoformat(marker) - OVERLAP) if marker else ""
            told = [(stamp, number) for stamp, number in self.vendor.log if stamp >= since]
            newest = max((stamp for stamp, _ in told), default=marker)
            return Moved(tuple(dict.fromkeys(str(number) for _, number in told)), newest)

        answer: Moved | None = self._answer(self.target, "log", proper)
        return answer

    def delta_cursor(self, entity: Entity) -> str:
        answer: str = self._answer(entity.name, "cursor", self.vendor.cursor)
        return answer

    # --- answering ---------------------------------------------------------------------------------

    def _page(self, entity: Entity, request: Request, resume: str | None) -> Page:
        if isinstance(request, Changes):
            return self._page_of_stream(entity, request, resume)
        found = self.vendor.found(entity, request)
        if self.vendor.announces:
            first = int(resume or 0)
            part, end = found[first : first + PAGE], first + PAGE
            onward = str(end) if end < len(found) else None
            return Page(raw(part), onward, announced=len(found))
        after = _after(resume)
        rest = [one for one in found if after is None or order(one) > after]
        part = rest[:PAGE]
        return Page(raw(part), _key_of(part[-1]) if len(rest) > PAGE else None)

    def _page_of_stream(self, entity: Entity, request: Changes, resume: str | None) -> Page:
        after = int(resume) if resume else _place(request.cursor)
        rest = self.vendor.told(entity, after=after)
        part = rest[:PAGE]
        held = self.vendor.records[entity.name]
        gone = tuple(str(key[0]) for _, key in part if key not in held)
        records = raw([held[key] for _, key in part if key in held])
        return Page(records, str(part[-1][0]) if len(rest) > PAGE else None, deleted=gone)

    def _kind(self, request: Request, page: Page) -> Kind:
        if not (page.records or page.deleted):
            return "no records"
        return "changes" if isinstance(request, Changes) else "records"

    def _answer(self, entity: str, kind: Kind, proper: Proper, before: Page | None = None) -> Any:
        if entity != self.target:
            return proper()
        self.asked.append(kind)
        trouble = self.trouble
        if trouble is None or kind not in trouble.hits:
            return proper()
        here, self._met = self._met, self._met + 1
        if here == self.place or (trouble.lasts and here > self.place):
            return trouble.answer(Ask(kind, entity, self.vendor, here - self.place, before), proper)
        return proper()


class Uncounted(SmallSource):
    """A source whose vendor counts nothing."""

    count = None  # type: ignore[assignment]


def raw(records: list[dict[str, Any]]) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(record).encode()) for record in records]


def _key_of(record: dict[str, Any]) -> str:
    """How to go on after a record."""
    return "|".join(map(str, order(record)))


def _after(resume: str | None) -> list[int] | None:
    return None if not resume else [int(one) for one in resume.split("|")]
