"""A window of dates, read again: all of it or nothing, and no marker moves."""

from __future__ import annotations

from saldo import watermark
from saldo.reading import Read

from .desk import Desk
from .silent import again


def read(desk: Desk, read: Read, cursor: watermark.Json, resume: watermark.Json) -> None:
    """Read a window by date; rows gone from it are looked up by key.

    What lies beyond the marker is left to the night: a window could hold one line of a voucher whose
    others are dated outside. Core is to see all of the window again, changed or not. A whole read that
    is unfinished (`resume`) has lost its list of what it saw, and begins anew.
    """
    upto = cursor.get("marker") if desk.entity.is_key_ordered else None
    with desk.connection.transaction():
        desk.staging.forget_seen()
        seen = desk.merge_all(read, upto=upto)
        announced = desk.source.count(desk.entity, read, upto=upto)
        if announced is not None and announced != seen:
            raise desk.incomplete(announced, seen)
        if read.start and read.end:
            again(desk, desk.staging.unseen_in_window(read.start, read.end), upto=upto)
            desk.staging.touch_window(read.start, read.end)
        if "seen" in resume:
            desk.save(cursor, {**resume, "seen": -1})
