"""What changes at the vendor without a word: old records that settle or move, and those that vanish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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
    followed: dict[str, int] = cursor.get("followed", {})
    with desk.connection.transaction():
        desk.staging.forget_seen()
        keys = dict.fromkeys(moved.keys)
        if entity.settles:
            desk.merge_all(OPEN, upto=marker)
            keys.update(dict.fromkeys(desk.staging.unseen_open()))
        for field, other in entity.refers:
            found, reached = desk.staging.naming_vanished(
                field, other, since=followed.get(other, 0)
            )
            keys.update(dict.fromkeys(found))
            followed = {**followed, other: reached}
        again(desk, tuple(keys), upto=marker)
        desk.save({**cursor, "followed": followed} if followed else cursor, None)


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
    width = max(1, -(-marker // PARTS))
    ours = desk.staging.counts_by(width)
    doubts: list[Read] = []
    for part in _differing(desk, ours, width, first=0, end=-(-marker // width), theirs=announced):
        doubts.append(Read.range(part * width, min(marker, (part + 1) * width)))
        if len(doubts) > MAX_DOUBTS:
            whole.read(desk, EVERYTHING, cursor, {})
            return
    with desk.connection.transaction():
        desk.staging.forget_seen()
        # One judgement over all that is gone: part by part a mass deletion would look small.
        desk.tombstone([number for doubt in doubts for number in _gone_from(desk, doubt)])


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


def _gone_from(desk: Desk, doubt: Read) -> list[str]:
    """Read a range of numbers again; returns what is missing from it."""
    seen = desk.merge_all(doubt, upto=doubt.upto)
    announced = desk.source.count(desk.entity, doubt)
    if announced is not None and announced != seen:
        raise desk.incomplete(announced, seen)
    return desk.staging.unseen_between(int(doubt.marker or 0), int(doubt.upto or 0))
