"""Records that come in order of a growing number: the number is the watermark, and moves with every
chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from saldo import watermark
from saldo.reading import Read
from saldo.records import Row

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
    for chunk in _whole_numbers(desk, desk.chunks(read)):
        fresh = {row.source_key for row in chunk if row.marker > marker}
        is_new = all(row.marker > marker for row in chunk)
        with desk.step():
            desk.write(chunk, is_new=is_new)
            marker = max((row.marker for row in chunk if row.source_key in fresh), default=marker)
            rows += len(fresh)
            cursor = {**cursor, "marker": marker}
            desk.save(cursor, {"read": "since", "from": begun, "rows": rows})
    announced = desk.source.count(desk.entity, Read.since(begun), upto=marker)
    if announced is not None and announced != rows:
        desk.save({**cursor, "marker": begun} if begun else without_marker(cursor), INCOMPLETE)
        raise desk.incomplete(announced, rows)
    if not begun:
        cursor = {**cursor, "full_at": now()}
    desk.save(cursor, None)


def _whole_numbers(desk: Desk, chunks: Iterable[Chunk]) -> Iterator[list[Row]]:
    """The rows of the chunks, but the several records of one number always together: else a kill
    between two pages would leave some of them behind the marker, never to be read."""
    kept: list[Row] = []
    for chunk in chunks:
        rows = kept + chunk.rows
        kept = []
        if chunk.next is not None and rows and len(desk.entity.key_parts) > 1:
            last = rows[-1].marker
            kept = [row for row in rows if row.marker == last]
            rows = [row for row in rows if row.marker != last]
        yield rows
    if kept:
        yield kept
