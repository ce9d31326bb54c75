"""What changes at the vendor without a word: old records that settle or move, and those that vanish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from saldo import watermark
from saldo.reading import EVERYTHING, OPEN, Moved, Read

from . import whole
from .desk import Desk, stamp

#: Into how many parts the numbers are cut when deletions are looked for; each is a page or more.
PARTS = 1_000
#: With more parts than this in doubt, reading everything is cheaper than asking on.
MAX_DOUBTS = 20


def settle(desk: Desk) -> None:
    """Read again, in one transaction: records that may still settle and those that could until now,
    those a change log names, and those that name a member which vanished.

    All of it or nothing: a part of it would show vouchers of which one line is new.
    """
    entity = desk.entity
    if not (entity.settles or entity.log or entity.refers):
        return
    cursor, _ = desk.load()
    marker = cursor.get("marker")
    moved = desk.source.moved(entity, cursor.get("log")) if entity.log else Moved((), None)
    if moved is None:
        # More moved than the log tells.
        whole.read(desk, EVERYTHING, {**cursor, "log": desk.source.newest(entity)}, {})
        return
    if moved.marker:
        # A stamp from the future would hide what moves until that day.
        cursor = {**cursor, "log": min(moved.marker, stamp())}
    with desk.connection.transaction():
        desk.staging.forget_seen()
        keys = dict.fromkeys(moved.keys)
        if entity.open_in:
            keys.update(dict.fromkeys(desk.staging.open_otherwise(entity.open_in)))
        elif entity.settles:
            desk.merge_all(OPEN, upto=marker)
            keys.update(dict.fromkeys(desk.staging.unseen_open()))
        named, cursor = naming_vanished(desk, cursor)
        keys.update(dict.fromkeys(named))
        again(desk, tuple(keys), upto=marker)
        desk.save(cursor, None)


def naming_vanished(desk: Desk, cursor: watermark.Json) -> tuple[list[str], watermark.Json]:
    """(numbers of records that name a member which vanished, the cursor that says so)"""
    followed: dict[str, int] = cursor.get("followed", {})
    keys: list[str] = []
    for field, other in desk.entity.refers:
        found, reached = desk.staging.naming_vanished(field, other, since=followed.get(other, 0))
        keys += found
        followed = {**followed, other: reached}
    return keys, {**cursor, "followed": followed} if followed else cursor


def again(desk: Desk, keys: Sequence[str], *, upto: Any) -> None:
    """Read records again by key; what the vendor no longer has is tombstoned, but only what its count
    says is gone: an answer may lack a record."""
    if not keys:
        return
    desk.merge_all(Read.of_keys(keys), upto=upto)
    gone = desk.staging.unseen_among(keys)
    if gone:
        announced = desk.source.count(desk.entity, Read.of_keys(gone))
        seen = desk.staging.seen_among(gone)
        if announced is not None and announced != seen:
            raise desk.incomplete(announced, seen)
        desk.tombstone(gone)


def find_deleted(desk: Desk) -> None:
    """Deletions are announced nowhere: when the vendor's count up to the marker is another one, the
    parts of the numbers where it differs are found by counting halves, and only they are read."""
    cursor, _ = desk.load()
    marker = int(cursor.get("marker") or 0)
    announced = desk.source.count(desk.entity, EVERYTHING, upto=marker)
    if announced is None or announced == desk.staging.live():
        return
    found = doubts(desk, marker, announced)
    if found is None:
        whole.read(desk, EVERYTHING, cursor, {})
    else:
        settle_doubts(desk, found)


def doubts(desk: Desk, highest: int, theirs: int, *, link: str | None = None) -> list[Read] | None:
    """The parts of the numbers up to `highest` in which the vendor, who has `theirs` in all, counts
    otherwise than we do (of rows whose own link holds `link`); None when there are too many of them."""
    width = max(1, -(-highest // PARTS))
    ours = desk.staging.counts_by(width, link)
    found: list[Read] = []
    for part in _differing(desk, ours, width, first=0, end=-(-highest // width), theirs=theirs):
        found.append(Read.range(part * width, min(highest, (part + 1) * width)))
        if len(found) > MAX_DOUBTS:
            return None
    return found


def settle_doubts(desk: Desk, found: list[Read], *, link: str | None = None) -> None:
    """Read parts of the numbers again and tombstone what is missing from them."""
    with desk.connection.transaction():
        desk.staging.forget_seen()
        # One judgement over all that is gone: part by part a mass deletion would look small.
        desk.tombstone([number for doubt in found for number in _gone_from(desk, doubt, link)])


def _differing(
    desk: Desk, ours: dict[int, int], width: int, *, first: int, end: int, theirs: int
) -> Iterator[int]:
    """The parts first..end-1 of the numbers in which the vendor counts otherwise than we do."""
    if theirs == sum(ours.get(part, 0) for part in range(first, end)):
        return
    if end - first <= 1:
        yield first
        return
    middle = (first + end) // 2
    left = desk.source.count(desk.entity, Read.range(first * width, middle * width)) or 0
    yield from _differing(desk, ours, width, first=first, end=middle, theirs=left)
    yield from _differing(desk, ours, width, first=middle, end=end, theirs=theirs - left)


def _gone_from(desk: Desk, doubt: Read, link: str | None) -> list[str]:
    """Read a range of numbers again; returns what is missing from it."""
    seen = desk.merge_all(doubt, upto=doubt.upto if desk.entity.is_key_ordered else None)
    announced = desk.source.count(desk.entity, doubt)
    if announced is not None and announced != seen:
        raise desk.incomplete(announced, seen)
    return desk.staging.unseen_between(int(doubt.marker or 0), int(doubt.upto or 0), link)
