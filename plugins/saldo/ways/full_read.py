"""A set in any order, read to its end: resumed where it stopped, and used only when it is whole.

Rows are committed chunk by chunk. The cursor moves, and tombstones fall, only at the end.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from saldo.declarations.source import Everything, Request
from saldo.errors import Unavailable

from . import silent_changes, slips
from .conditions import Keyed
from .context import Chunk, LandingContext
from .state import INCOMPLETE, Cursor, SetResume, now

#: A page that is told by its place is gone on from for so long: a task that is cleared on another day reads from the start.
_LASTS = timedelta(hours=20)


def read(
    context: LandingContext,
    request: Request,
    cursor: Cursor,
    resume: SetResume | None,
    *,
    name: str = "everything",
) -> int | None:
    """Read a set, going on where an earlier try of the same run stopped.

    name: what is read, as in SetResume.read; another name is another set. Returns how many records there are in all,
    as the last pages said beside those they were asked for; None where they did not. Raises Unavailable for a set that
    is not whole: the cursor stays, and the next try starts over.
    """
    way = context.entity.reads
    reading = _resumed(context, name, resume)
    if reading is None:
        with context.transaction():
            context.rows.forget_seen()
        deleted = _deleted_before(name, resume)
        reading = SetResume(name, run=context.run_id, deleted=deleted, begun_at=now())
        cursor = way.begin(context, cursor, is_everything=isinstance(request, Everything))
    cursor = silent_changes.begin(context, cursor)
    is_again = isinstance(request, Everything) and cursor.full_at is not None
    of_all: int | None = None
    pages = 0 if reading.next is None else 1
    context.measure(reading.seen, reading.announced, is_known_about=is_again)
    for chunk in context.chunks(request, reading.next):
        announced, of_all = _unchanged(context, reading.announced, chunk, cursor), chunk.of_all
        pages += chunk.pages
        with context.commit_chunk():
            written = context.write(chunk, deleted_before=reading.deleted)
            reading = replace(
                reading,
                next=chunk.next,
                marker=way.newest(reading.marker, chunk),
                seen=reading.seen + context.rows.mark_seen(chunk.rows) - written.unseen,
                announced=announced,
                deleted=reading.deleted + written.deleted,
            )
            context.save(cursor, reading)
    # Pages that say how many records there are in all are told by their place.
    may_have_shifted = pages > 1 and reading.announced is not None
    _finish(context, request, cursor, reading, may_have_shifted=may_have_shifted)
    return of_all


def _resumed(context: LandingContext, name: str, resume: SetResume | None) -> SetResume | None:
    """Where an unfinished read of the same set goes on; None when it starts over."""
    seen = context.rows.seen()
    if resume is None or resume.is_incomplete or resume.seen != seen:
        return None
    is_same = resume.read == name or (name == "everything" and resume.is_everything)
    is_recent = resume.begun_at is not None and now() - resume.begun_at < _LASTS
    is_fresh = context.entity.reads.resumes_any_day or (resume.run == context.run_id and is_recent)
    return resume if is_same and is_fresh else None


def _deleted_before(name: str, resume: SetResume | None) -> int:
    """What earlier tries of the same read tombstoned: it stays, and counts with what this one finds."""
    return resume.deleted if resume is not None and resume.read == name else 0


def _unchanged(
    context: LandingContext, announced: int | None, chunk: Chunk, cursor: Cursor
) -> int | None:
    """Offset paging has no snapshot: a set whose size changes while it is read has shifted, and a
    record may have slipped from one page to another unseen."""
    for found in chunk.announced:
        if announced is not None and found != announced:
            context.save(cursor, INCOMPLETE)
            raise Unavailable(
                f"the vendor announced {announced} records, then {found}: the set changed while it "
                "was read. It is read again from its start"
            )
        announced = found
    return announced


def _finish(
    context: LandingContext,
    request: Request,
    cursor: Cursor,
    reading: SetResume,
    *,
    may_have_shifted: bool,
) -> None:
    way, is_everything = context.entity.reads, isinstance(request, Everything)
    finished = way.finished(cursor, reading.marker, is_everything=is_everything)
    announced = reading.announced
    if announced is None:
        upto = way.upto(finished)
        announced = context.count(request, upto=context.cutoff if upto is None else upto)
    if announced is not None and announced != reading.seen:
        context.save(cursor, INCOMPLETE)
        raise context.incomplete(announced, reading.seen)
    with context.transaction():
        if is_everything:
            if may_have_shifted:
                slips.recover(context)
            context.tombstone()
            finished = replace(finished, full_at=now())
        elif gone := way.gone(context):
            context.tombstone(Keyed(gone))
        context.rows.forget_seen()
        context.save(finished, None)
