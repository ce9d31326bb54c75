"""Sets in any order, or what changed in them: the marker moves, and tombstones fall, only at the end."""

from __future__ import annotations

from datetime import date
from typing import Any

from saldo import watermark
from saldo.errors import Unavailable
from saldo.reading import EVERYTHING, Read

from .desk import INCOMPLETE, Chunk, Desk, now, stamp, without_marker


def read(desk: Desk, read: Read, cursor: watermark.Json, resume: watermark.Json) -> None:
    """Read a set, going on where an earlier try of the same run stopped."""
    resume = _resumed(desk, read, resume)
    if desk.entity.log and "log" not in cursor:
        # What moves while the set is read is in the log beyond this.
        cursor = {**cursor, "log": desk.source.newest(desk.entity)}
    cursor = desk.following_from_here(cursor)
    announced: int | None = resume.get("announced")
    for chunk in desk.chunks(read, resume["next"]):
        announced = _unchanged(desk, announced, chunk, cursor)
        with desk.step():
            desk.write(chunk.rows, are_different=chunk.keys == len(chunk.rows))
            resume = {
                **resume,
                "next": chunk.next,
                "marker": _newest(resume["marker"], chunk),
                "seen": resume["seen"] + desk.staging.mark_seen(chunk.rows),
                "announced": announced,
            }
            desk.save(cursor, resume)
    _finish(desk, read, cursor, resume, announced)


def find_deleted(desk: Desk) -> None:
    """Deletions are announced nowhere: when the vendor's count is another one, read all keys."""
    announced = desk.source.count(desk.entity, EVERYTHING)
    if announced is not None and announced != desk.staging.live():
        cursor, _ = desk.load()
        read(desk, EVERYTHING, cursor, {})


def _resumed(desk: Desk, read: Read, resume: watermark.Json) -> watermark.Json:
    what, seen = f"{read.kind} {read.marker}", desk.staging.seen()
    # A page number means nothing a day later; a key does.
    is_fresh = resume.get("run") == desk.run_id or desk.entity.is_key_ordered
    if resume.get("read") == what and resume["seen"] == seen and is_fresh:
        return resume
    with desk.connection.transaction():
        desk.staging.forget_seen()
    return {"read": what, "run": desk.run_id, "next": None, "marker": None, "seen": 0}


def _unchanged(
    desk: Desk, announced: int | None, chunk: Chunk, cursor: watermark.Json
) -> int | None:
    """Offset paging has no snapshot: a set whose size changes while it is read has shifted, and a
    record may have slipped from one page to another unseen."""
    for found in chunk.announced:
        if announced is not None and found != announced:
            desk.save(cursor, INCOMPLETE)
            raise Unavailable(
                f"the vendor announced {announced} records, then {found}: the set changed while it "
                "was read. It is read again from its start"
            )
        announced = found
    return announced


def _finish(
    desk: Desk, read: Read, cursor: watermark.Json, resume: watermark.Json, announced: int | None
) -> None:
    if announced is None:
        upto = resume["marker"] if desk.entity.is_key_ordered else None
        announced = desk.source.count(desk.entity, read, upto=upto)
    if announced is not None and announced != resume["seen"]:
        desk.save(cursor, INCOMPLETE)
        raise desk.incomplete(announced, resume["seen"])
    with desk.connection.transaction():
        if read.kind == "everything":
            desk.tombstone(None)
            cursor = {**without_marker(cursor), "full_at": now()}
        markers = [m for m in (cursor.get("marker"), resume["marker"]) if m is not None]
        if markers:
            newest = max(markers)
            # A stamp from the future would hide every change until that day.
            cursor = {**cursor, "marker": min(newest, stamp()) if _is_instant(newest) else newest}
        desk.staging.forget_seen()
        desk.save(cursor, None)


def _is_instant(marker: Any) -> bool:
    return isinstance(marker, str)


def _newest(marker: Any, chunk: Chunk) -> Any:
    newest = chunk.newest.isoformat() if isinstance(chunk.newest, date) else chunk.newest  # JSON
    return max((m for m in (marker, newest) if m is not None), default=None)
