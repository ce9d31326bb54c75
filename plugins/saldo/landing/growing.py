"""Records that come in order of a growing number: the number is the watermark, and moves with every
chunk."""

from __future__ import annotations

from saldo import watermark
from saldo.reading import Read

from .desk import INCOMPLETE, Chunk, Desk, now, without_marker


def read(desk: Desk, read: Read, cursor: watermark.Json, resume: watermark.Json) -> None:
    """Read what is beyond the marker.

    `resume` remembers where a read began and how many records it holds, so that one that was killed
    is still checked as a whole. Raises Unavailable when the vendor announced another number.
    """
    is_same = resume.get("read") == "since"
    begun = int(resume["from"] if is_same else read.marker or 0)
    rows: int = resume["rows"] if is_same else 0
    marker = int(read.marker or 0)
    if desk.entity.log and "log" not in cursor:
        # What moves while the first load runs is in the log beyond this; after it, all of the log counts.
        cursor = {**cursor, "log": None if read.marker else desk.source.newest(desk.entity)}
    if not read.marker:
        cursor = desk.following_from_here(cursor)
    for chunk in desk.chunks(read, by_number=True):
        is_new = chunk.oldest is not None and chunk.oldest > marker
        with desk.step():
            desk.write(chunk.rows, is_new=is_new, are_different=chunk.keys == len(chunk.rows))
            rows += chunk.keys if is_new else _keys_beyond(marker, chunk)
            marker = max(marker, chunk.newest or 0)
            cursor = {**cursor, "marker": marker}
            desk.save(cursor, {"read": "since", "from": begun, "rows": rows})
    # Where nothing came there is nothing to count: the night's count of all of it tells the rest.
    has_moved = marker > begun or not begun
    announced = (
        desk.source.count(desk.entity, Read.since(begun), upto=marker) if has_moved else rows
    )
    if announced is not None and announced != rows:
        desk.save({**cursor, "marker": begun} if begun else without_marker(cursor), INCOMPLETE)
        raise desk.incomplete(announced, rows)
    if not begun:
        cursor = {**cursor, "full_at": now()}
    desk.save(cursor, None)


def _keys_beyond(marker: int, chunk: Chunk) -> int:
    return len({row.source_key for row in chunk.rows if row.marker > marker})
