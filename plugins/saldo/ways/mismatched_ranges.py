"""Deletions that the vendor does not announce. Where its count differs from ours, halves of the
numbers are counted until the ranges that differ are known, and only they are read. For vendors
that count."""

from __future__ import annotations

from collections.abc import Iterator

from saldo.declarations.source import Range

from .conditions import Between, Condition, Numbered
from .context import LandingContext
from .fallback import MustReadEverything
from .reread import merge
from .state import Cursor

#: Into how many parts the numbers are cut; each is a page or more.
PARTS = 1_000
#: With more mismatched ranges than this, reading everything is cheaper than asking on.
MAX_RANGES = 20


def find(
    context: LandingContext,
    cursor: Cursor,
    *,
    highest: int,
    theirs: int,
    kind: type[Range] = Range,
    among: tuple[Condition, ...] = (),
) -> list[Range]:
    """The ranges, up to the number `highest`, in which the vendor has another count than we have.

    theirs: its count of all of them. kind: how such a range is asked for. among: which of our rows
    are compared. Raises MustReadEverything when there are too many ranges, Unavailable where so much is missing that
    its count is doubted, and a range shows that it is wrong.
    """
    width = max(1, -(-highest // PARTS))
    ours = context.rows.counts_by(width, *among)
    is_doubtful = context.is_mass_deletion(sum(ours.values()) - theirs)
    found: list[Range] = []
    search = _Search(context, kind, width, ours)
    for part in search.differing(first=0, end=-(-highest // width), theirs=theirs):
        found.append(kind(part * width, min(highest, (part + 1) * width)))
        if is_doubtful and len(found) == 1:
            _check(context, found[0])
        if len(found) > MAX_RANGES:
            raise MustReadEverything(cursor)
    return found


def _check(context: LandingContext, one: Range) -> None:
    """Raises Unavailable where the vendor sends other records of a range than it counts: to follow such a count would cost a
    read of everything, by every try, which the same count would call incomplete."""
    sent = {row.source_key for chunk in context.chunks(one) for row in chunk.rows}
    announced = context.count(one)
    if announced is not None and announced != len(sent):
        raise context.incomplete(announced, len(sent))


class _Search:
    """Counting halves. ours: part of the numbers -> how many live rows we have in it."""

    def __init__(
        self, context: LandingContext, kind: type[Range], width: int, ours: dict[int, int]
    ) -> None:
        self._context, self._kind, self._width, self._ours = context, kind, width, ours

    def differing(self, *, first: int, end: int, theirs: int) -> Iterator[int]:
        """The parts first..end-1 of the numbers in which the vendor has another count than we have."""
        if theirs == sum(self._ours.get(part, 0) for part in range(first, end)):
            return
        if end - first <= 1:
            yield first
            return
        middle = (first + end) // 2
        half = self._kind(first * self._width, middle * self._width)
        left = self._context.count(half) or 0
        yield from self.differing(first=first, end=middle, theirs=left)
        yield from self.differing(first=middle, end=end, theirs=theirs - left)


def settle(
    context: LandingContext,
    found: list[Range],
    *,
    is_marked: bool = False,
    among: tuple[Condition, ...] = (),
) -> None:
    """Read ranges again and tombstone what is missing from them. is_marked: records are marked by their
    number. Raises Unavailable for a range that is not whole, DataRejected for a mass deletion."""
    with context.transaction():
        context.rows.forget_seen()
        # All that is gone is judged together: range by range a mass deletion would look small.
        gone = [number for one in found for number in _gone_from(context, one, is_marked, among)]
        context.tombstone(Numbered(gone))


def _gone_from(
    context: LandingContext, one: Range, is_marked: bool, among: tuple[Condition, ...]
) -> list[str]:
    """Read a range of numbers again; returns what is missing from it."""
    seen = merge(context, one, upto=one.upto if is_marked else None)
    announced = context.count(one)
    if announced is not None and announced != seen:
        raise context.incomplete(announced, seen)
    return context.rows.unseen(Between(one.after, one.upto), *among)
