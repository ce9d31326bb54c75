"""Append only: records get growing numbers, so what is beyond the highest number landed is new.

The number moves with every chunk, so a read that was killed goes on where it stopped. Old records
may change nevertheless (the entity's silent_changes), or vanish: where the vendor counts, its count
up to the marker is compared every night. Without counts, deletions are found when everything is
read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, LARGEST, Request, Row
from saldo.errors import BadResponse

from . import mismatched_ranges, silent_changes
from .context import Chunk, LandingContext
from .plan import Decision, Planned, ReadChanges
from .state import INCOMPLETE, Cursor, Json, SetResume, State, cursor_of, now, resume_of
from .way import Way


@dataclass(frozen=True)
class Beyond(Request):
    """Records with a higher number, in the order of their numbers; 0: all of them."""

    number: int


class NumberedCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and how far.

        {"marker": 4711, "full_at": "2026-10-25T01:00:00Z"}

    marker: the number up to which every record is landed; absent: the first load has not begun.
    """

    marker: int | None = None


class Increment(msgspec.Struct, frozen=True, rename={"begun": "from"}):
    """`resume` of a read of what is beyond the marker; of a full read it is state.SetResume.

        {"read": "since", "from": 4000, "rows": 711}

    from: the marker when the read began. rows: how many keys beyond it were landed since, so that a read
    that was killed is still checked as a whole.
    """

    begun: int
    rows: int
    read: str = "since"


NumberedState = State[NumberedCursor, SetResume | Increment]


@dataclass(frozen=True)
class AppendOnly(Way[NumberedCursor, "SetResume | Increment"]):
    """Read beyond the highest number landed: the entity's key, or its first part, an integer.

    is_sorted: whether the vendor sends records in the order of that number. Where it does not, its client
    reads ranges of numbers, and puts each in order before it hands it on.
    is_cut_off: whether a run reads no further than what there was when it began, so that what these records
    name (customers, lines, dimensions) is read after them.
    numbered_as: the entity whose number this one carries, since its records are parts of those: where a run
    found that one to go no further than this marker, this one does not either.
    """

    is_sorted: bool = True
    is_cut_off: bool = False
    numbered_as: str | None = None
    finds_silent_changes: ClassVar[bool] = True
    resumes_any_day: ClassVar[bool] = True

    def check(self, entity: Entity) -> None:
        if entity.is_small:
            raise entity.wrong("AppendOnly reads no small set (is_small)")

    def marker_of(self, entity: Entity) -> str:
        return entity.key_parts[0]

    def state(self, cursor: Json, resume: Json) -> NumberedState:
        found: SetResume | Increment | None = resume_of(resume, SetResume)
        if "from" in resume:
            found = resume_of(resume, Increment)
        return State(cursor_of(cursor, NumberedCursor), found)

    def has_begun(self, cursor: NumberedCursor) -> bool:
        return cursor.marker is not None

    def plan(self, run: Planned, state: NumberedState) -> Decision:
        marker = state.cursor.marker
        if run.run_request.mode == "auto" and (
            marker is None or isinstance(state.resume, Increment)
        ):
            return ReadChanges(marker or 0)
        decision = super().plan(run, state)
        return ReadChanges(marker) if isinstance(decision, ReadChanges) else decision

    def read_changes(self, context: LandingContext, state: NumberedState) -> None:
        marker = state.cursor.marker
        cursor = _read_beyond(context, state, self._end(context), is_part=bool(self.numbered_as))
        if marker:
            cursor = _find_silent_changes(context, cursor)
        if (
            marker or state.resume
        ):  # a first load that started over may hold what has vanished since
            _find_deleted(context, cursor)

    def _end(self, context: LandingContext) -> int | None:
        """The number beyond which nothing is when the run begins; None where nobody has asked."""
        return context.cutoff_of(self.numbered_as) if self.numbered_as else context.cutoff

    def span(self, rows: Sequence[Row]) -> tuple[int, int] | None:
        return _span(rows)

    def newest(self, known: int | None, chunk: Chunk) -> int | None:
        return max((n for n in (known, chunk.newest) if n is not None), default=None)

    def upto(self, cursor: NumberedCursor) -> int | None:
        return cursor.marker

    def cut_off_after(self, cursor: NumberedCursor) -> int | None:
        return (cursor.marker or 0) if self.is_cut_off else None

    def finished(
        self, cursor: NumberedCursor, marker: int | None, *, is_everything: bool
    ) -> NumberedCursor:
        return replace(cursor, marker=marker)


def _span(rows: Sequence[Row]) -> tuple[int, int] | None:
    numbers = [row.marker for row in rows]
    if not numbers:
        return None
    lowest, highest = min(numbers), max(numbers)
    if lowest >= -LARGEST and highest <= LARGEST:
        return lowest, highest
    odd = highest if highest > LARGEST else lowest
    raise BadResponse(
        f"a record has the number {str(odd)[:60]}, which no number that grows can be, and those after it would never be "
        "found. Nothing of its page was stored; correct the record at the vendor or the declaration"
    )


def _read_beyond(
    context: LandingContext, state: NumberedState, end: int | None, *, is_part: bool
) -> NumberedCursor:
    """Read what is beyond the marker; returns the cursor, which is saved. end: beyond it is nothing. The marker of
    parts moves up to it.

    Raises Unavailable when the vendor announced another number of records than came: the marker goes back
    to where the read began.
    """
    cursor, resume = state.cursor, state.resume
    marker = cursor.marker or 0
    begun, rows = (resume.begun, resume.rows) if isinstance(resume, Increment) else (marker, 0)
    if not marker:
        cursor = silent_changes.begin(context, cursor)
    context.measure(rows)
    for chunk in _chunks_beyond(context, marker, end):
        is_new = chunk.span is not None and chunk.span[0] > marker
        with context.commit_chunk():
            context.write(chunk, is_new=is_new)
            rows += chunk.keys if is_new else _keys_beyond(marker, chunk)
            marker = max(marker, chunk.newest or 0)
            cursor = replace(cursor, marker=marker)
            context.save(cursor, Increment(begun, rows))
    # Where nothing came there is nothing to count: the night counts all of it anyway.
    has_moved = marker > begun or not begun
    announced = context.count(Beyond(begun), upto=marker) if has_moved else rows
    if announced is not None and announced != rows:
        context.save(replace(cursor, marker=begun or None), INCOMPLETE)
        raise context.incomplete(announced, rows)
    if not begun:
        cursor = replace(cursor, full_at=now())
    if is_part and marker and end is not None:
        # What it belongs to goes further than the last that has any: up to there everything has been read.
        cursor = replace(cursor, marker=max(marker, end))
    context.save(cursor, None)
    return cursor


def _chunks_beyond(context: LandingContext, marker: int, end: int | None) -> Iterator[Chunk]:
    if end is not None and end <= marker:
        return iter(())  # it was asked for when the run began
    arrange = _whole_numbers if len(context.entity.key_parts) > 1 else None
    return context.chunks(Beyond(marker), arrange=arrange)


def _keys_beyond(marker: int, chunk: Chunk) -> int:
    return len({row.source_key for row in chunk.rows if row.marker > marker})


def _find_silent_changes(context: LandingContext, cursor: NumberedCursor) -> NumberedCursor:
    if not context.entity.silent_changes and not context.set_aside():
        return cursor
    with context.transaction():
        context.rows.forget_seen()
        cursor = silent_changes.reread(context, cursor, upto=cursor.marker)
        context.save(cursor, None)
    return cursor


def _find_deleted(context: LandingContext, cursor: NumberedCursor) -> None:
    marker = cursor.marker or 0
    announced, live = context.count(EVERYTHING, upto=marker), context.rows.live()
    if announced is not None and context.is_mass_deletion(live - announced):
        # A count that was wrong once is not gone after.
        announced = context.count(EVERYTHING, upto=marker)
    if announced is None or announced == live:
        return
    found = mismatched_ranges.find(context, cursor, highest=marker, theirs=announced)
    mismatched_ranges.settle(context, found, is_marked=True)


def _whole_numbers(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same rows, but the several records of one number always together: else a kill between two
    pages would leave some of them behind the marker, never to be read."""
    kept: list[Row] = []
    for chunk in chunks:
        rows, kept = kept + chunk.rows, []
        if chunk.next is not None and rows:
            last = rows[-1].marker
            kept = [row for row in rows if row.marker == last]
            rows = [row for row in rows if row.marker != last]
        yield Chunk.of(
            rows, chunk.next, chunk.announced, chunk.pages, deleted=chunk.deleted, span=_span(rows), about=chunk.about,
        )  # fmt: skip
    if kept:
        yield Chunk.of(kept, None, [], 0, span=_span(kept))
