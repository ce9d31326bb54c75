"""Large sets in disjoint ranges of their growing numbers, a few requests at a time; in order all the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, LARGEST, Page, Range, Request
from saldo.errors import BadResponse, Unavailable
from saldo.transport.prefetch import in_order, prefetched
from saldo.ways.append_only import Beyond

from . import answers

#: How full the page of a range is meant to be: not quite, since numbers are spread unevenly.
FILLED = 0.95

log = logging.getLogger(__name__)


class _Cut(NamedTuple):
    """Disjoint ranges, each meant to hold one page; how many records the vendor has in all of them."""

    ranges: list[Range]
    records: int


class Pages(Protocol):
    """What reading in ranges needs of the client; EconomicClient says what the methods do."""

    @property
    def page_size(self) -> int: ...

    def page(self, entity: Entity, request: Request, resume: str | None) -> Page: ...

    def follow(
        self, entity: Entity, request: Request, resume: str | None, *, first: Page | None = None
    ) -> Iterator[Page]: ...

    def count(self, entity: Entity, request: Request) -> int | None: ...

    def edge(self, entity: Entity, request: Request, sign: str) -> int | None:
        """The lowest number of a request, or with "-" the highest."""
        ...


def in_ranges(vendor: Pages, entity: Entity, beyond: Beyond) -> Iterator[Page]:
    """Records beyond a number, in order. What does not fit on a page is read in disjoint ranges of
    numbers, several at a time; `next` is the number after which to go on."""
    first = vendor.page(entity, beyond, None)
    page: Page | None = first
    after = answers.last_whole(entity, first)
    if first.next is not None and (cut := _ranges(vendor, entity, after)):
        ranges, about = cut.ranges, len(first.records) + cut.records
        yield Page(first.records, str(ranges[0].after), about=about)
        for one, found in _read(vendor, entity, ranges):
            yield from _rest_of(vendor, entity, one, found)
        # Numbers are spread unevenly, and books grow while they are read: the end is where no more comes.
        beyond, page = Beyond(ranges[-1].upto), None
    for found in prefetched(vendor.follow(entity, beyond, None, first=page)):
        upto = None if found.next is None else str(answers.last_whole(entity, found))
        yield Page(found.records, upto)  # what is announced is of `beyond`, not of all of it


def in_whole_ranges(vendor: Pages, entity: Entity, beyond: Beyond) -> Iterator[Page]:
    """The same where the vendor's order is another one: each range is whole, and put in order,
    before any of it is handed on. Raises Unavailable where the vendor contradicts itself."""
    while True:
        first = vendor.page(entity, beyond, None)
        if first.next is None:
            yield Page(answers.in_key_order(entity, first.records), None)
            return
        lowest, highest = _edges(vendor, entity, beyond)
        cut = _cut(vendor, entity, lowest - 1, highest)
        about: int | None = cut.records
        for one, found in _read(vendor, entity, cut.ranges):
            pages = vendor.follow(entity, one, None, first=found)
            records = (record for page in pages for record in page.records)
            yield Page(answers.in_key_order(entity, records), str(one.upto), about=about)
            about = None
        beyond = Beyond(highest)


def highest(vendor: Pages, entity: Entity, beyond: Beyond) -> int | None:
    """See CutoffSource.highest. Most nights all that is new is on a page."""
    first = vendor.page(entity, beyond, None)
    if first.next is None:
        numbers = (answers.number_in(entity, one) for one in first.records)
        found = max(numbers, default=beyond.number)
        return found if found <= LARGEST else None
    edge = vendor.edge(entity, EVERYTHING, "-")
    if edge is None or edge > LARGEST or not _is_highest(vendor, entity, EVERYTHING, edge):
        return None
    return edge


def _read(vendor: Pages, entity: Entity, ranges: list[Range]) -> Iterator[tuple[Range, Page]]:
    calls: list[Callable[[], Page]] = [partial(vendor.page, entity, one, None) for one in ranges]
    return zip(ranges, in_order(calls), strict=True)


def _ranges(vendor: Pages, entity: Entity, after: int) -> _Cut | None:
    """Ranges from `after` to the highest number; None where they are not worth it, or unknown: it
    is an estimate's input only, and without it the set is read page by page."""
    try:
        highest = vendor.edge(entity, EVERYTHING, "-")
        if (
            highest is None
            or highest > LARGEST
            or not _is_highest(vendor, entity, EVERYTHING, highest)
        ):
            return None
        cut = _cut(vendor, entity, after, highest)
    except (BadResponse, Unavailable):
        return None
    return cut if len(cut.ranges) > 1 else None


def _edges(vendor: Pages, entity: Entity, beyond: Beyond) -> tuple[int, int]:
    """The lowest and the highest number beyond one. What the vendor's order says is checked by counting: one that
    cannot sort would answer with any number, and what lies outside would be crawled for, or lost."""
    lowest, highest = (vendor.edge(entity, beyond, sign) for sign in ("", "-"))
    if lowest is None or highest is None:
        raise Unavailable(f"the vendor has more beyond {beyond.number}, and nothing there")
    is_lowest = not vendor.count(entity, Range(beyond.number, lowest - 1))
    if is_lowest and _is_highest(vendor, entity, beyond, highest):
        return lowest, highest
    log.warning(
        "%s: the vendor does not sort as asked (lowest %s, highest %s); its numbers are counted instead",
        entity.name, lowest, highest,
    )  # fmt: skip
    return (
        _first(lambda n: bool(vendor.count(entity, Range(beyond.number, n))), beyond.number),
        _first(lambda n: not vendor.count(entity, Beyond(n)), beyond.number),
    )


def _is_highest(vendor: Pages, entity: Entity, request: Request, highest: int) -> bool:
    """Whether nothing is beyond it, but for what was booked since it was asked for."""
    return not vendor.count(entity, Beyond(highest)) or vendor.edge(entity, request, "-") != highest


def _first(is_so: Callable[[int], bool], after: int) -> int:
    """The first number beyond one of which something is so that stays so; found by doubling, then by halves."""
    low, step = after, 1
    while not is_so(after + step):
        low, step = after + step, step * 2
        if step > LARGEST:
            raise Unavailable(
                f"the vendor has numbers beyond {LARGEST}, or counts what is not there"
            )
    high = after + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_so(middle) else (middle, high)
    return high


def _cut(vendor: Pages, entity: Entity, after: int, highest: int) -> _Cut:
    left = vendor.count(entity, Range(after, highest)) or 0
    if left <= vendor.page_size:
        return _Cut([Range(after, highest)], left)
    width = max(1, int((highest - after) * vendor.page_size * FILLED / left))
    starts = range(after, highest, width)
    return _Cut([Range(start, min(start + width, highest)) for start in starts], left)


def _rest_of(vendor: Pages, entity: Entity, one: Range, page: Page) -> Iterator[Page]:
    """The pages of a range, of which the first is there; rarely is there another."""
    for found in vendor.follow(entity, one, None, first=page):
        is_last = found.next is None
        upto = one.upto if is_last else answers.last_whole(entity, found)
        yield Page(found.records, str(upto))
