"""A source in memory: pages of a few records, every kind of request, and trouble on demand.

`SmallSource` reads a SmallVendor as a client does: it implements Source, CountingSource, LoggingSource, DeltaSource
and VersionedSource, numbers what it is asked of the entity under test, and lets a trouble answer instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Days, Page, Request, Usage
from saldo.ways.change_log import ChangeLog, Moved
from saldo.ways.delta import Changes

from .small_vendor import OVERLAP, SmallVendor, order, place_of, stamp_of

PAGE = 5
#: The `next` that leads back to the first page.
FIRST_PAGE = ""
#: What a source is asked: a page of a set or of the stream of changes, with records or without, a count, a look
#: at the change log or the stamp of its end, the cursor of the stream, the list of versions, which of some keys are those
#: of other entities.
Kind = Literal[
    "records", "changes", "no records", "count", "log", "end of log", "cursor", "list", "elsewhere"
]


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
            return len([one for one in found if upto is None or one["number"] <= upto])

        answer: int | None = self._answer(entity.name, "count", proper)
        return answer

    def newest(self, log: ChangeLog) -> str | None:
        def proper() -> str | None:
            return max((stamp for stamp, _ in self.vendor.log), default=None)

        answer: str | None = self._answer(self.target, "end of log", proper)
        return answer

    def moved(self, log: ChangeLog, marker: str | None) -> Moved | None:
        def proper() -> Moved:
            since = stamp_of(datetime.fromisoformat(marker) - OVERLAP) if marker else ""
            told = [(stamp, number) for stamp, number in self.vendor.log if stamp >= since]
            newest = max((stamp for stamp, _ in told), default=marker)
            return Moved(tuple(dict.fromkeys(str(number) for _, number in told)), newest)

        answer: Moved | None = self._answer(self.target, "log", proper)
        return answer

    def delta_cursor(self, entity: Entity) -> str:
        answer: str = self._answer(entity.name, "cursor", self.vendor.cursor)
        return answer

    def versions(self, entity: Entity, days: Days | None = None) -> Iterator[list[tuple[str, str]]]:
        def proper() -> list[tuple[str, str]]:
            return self.vendor.versions(entity, days or EVERYTHING)

        answer: list[tuple[str, str]] = self._answer(entity.name, "list", proper)
        yield answer[:PAGE]
        yield answer[PAGE:]

    def elsewhere(self, entity: Entity, others: Sequence[str], keys: Sequence[str]) -> set[str]:
        def proper() -> set[str]:
            held = {str(one) for other in others for one in self.vendor.numbers(other)}
            return held & {*keys}

        answer: set[str] = self._answer(entity.name, "elsewhere", proper)
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
        after = int(resume) if resume else place_of(request.cursor)
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


def raw(records: list[dict[str, Any]]) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(record).encode()) for record in records]


def _key_of(record: dict[str, Any]) -> str:
    """How to go on after a record."""
    return "|".join(map(str, order(record)))


def _after(resume: str | None) -> list[int] | None:
    return None if not resume else [int(one) for one in resume.split("|")]
