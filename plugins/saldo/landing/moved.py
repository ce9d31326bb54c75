"""What moves between the lists of an entity, and the parts of what changed: cost follows both, not history.

A record may move without a mark, so the lists it can leave are read whole; the last one, which grows for
ever, is counted, and where its count is another one its numbers are searched by halves.
"""

from __future__ import annotations

from saldo import watermark
from saldo.reading import EVERYTHING, OPEN, SETTLED, Read

from . import silent, whole
from .desk import Desk

#: More changed records than this, and reading all parts is cheaper than asking for theirs.
MAX_FOLLOWED = 4_000
#: Beyond any number a vendor gives.
LAST_NUMBER = 2**31 - 1


def read(desk: Desk, cursor: watermark.Json) -> None:
    """Read what moved since the last night, in one transaction."""
    if desk.entity.follows:
        _follow(desk, cursor, *desk.entity.follows)
    else:
        _through_lists(desk, cursor)
        _find_in_the_last(desk)


def _follow(desk: Desk, cursor: watermark.Json, field: str, other: str) -> None:
    followed: dict[str, int] = cursor.get("followed", {})
    since = followed.get(other, 0)
    keys, reached = desk.staging.changed_in(other, since=since)
    cursor = {**cursor, "followed": {**followed, other: reached}}
    # Parts may have been read before there was anything to follow: of what had vanished by then no change tells.
    is_first = since == 0 and reached > 0
    if is_first or len(keys) > MAX_FOLLOWED:
        whole.read(desk, EVERYTHING, cursor, {})
        return
    with desk.connection.transaction():
        desk.staging.forget_seen()
        if keys:
            parts = Read.parts_of(keys)
            seen = desk.merge_all(parts, upto=None)
            announced = desk.source.count(desk.entity, parts)
            if announced is not None and announced != seen:
                raise desk.incomplete(announced, seen)
            gone = desk.staging.unseen_parts(field, keys)
            if gone:
                desk.tombstone(gone)
        desk.save(cursor, None)


def _through_lists(desk: Desk, cursor: watermark.Json) -> None:
    with desk.connection.transaction():
        desk.staging.forget_seen()
        seen, announced = 0, None
        for chunk in desk.chunks(OPEN):
            desk.write(chunk.rows, are_different=chunk.keys == len(chunk.rows))
            seen += desk.staging.mark_seen(chunk.rows)
            announced = chunk.announced[-1] if chunk.announced else announced
        if announced is None:
            announced = desk.source.count(desk.entity, OPEN)
        if announced is not None and announced != seen:
            raise desk.incomplete(announced, seen)
        named, cursor = silent.naming_vanished(desk, cursor)
        keys = dict.fromkeys([*desk.staging.unseen_outside(_last(desk)), *named])
        silent.again(desk, tuple(keys), upto=None)
        desk.save(cursor, None)


def _find_in_the_last(desk: Desk) -> None:
    """What came into the last list past the others, or is gone from it."""
    theirs, link = desk.source.count(desk.entity, SETTLED), _last(desk)
    if theirs is None or theirs == desk.staging.live(link):
        return
    highest = desk.staging.highest()
    beyond = desk.source.count(desk.entity, Read.range(highest, LAST_NUMBER)) or 0
    doubts = silent.doubts(desk, highest, theirs - beyond, link=link)
    if doubts is None:
        cursor, _ = desk.load()
        whole.read(desk, EVERYTHING, cursor, {})
        return
    if beyond:
        doubts.append(Read.range(highest, LAST_NUMBER))
    silent.settle_doubts(desk, doubts, link=link)


def _last(desk: Desk) -> str:
    """What the link of a record in the last list holds."""
    return f"/{desk.entity.path.format(list=desk.entity.lists[-1])}/"
