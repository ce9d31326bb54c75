"""Modified since: the vendor stamps every record it changes, and can be asked for what is stamped later.

Deletions leave no stamp. They are found the same night where the vendor counts: another count than ours,
and everything is read. Without counts they are found when everything is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from msgspec.structs import replace

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Request, Row

from . import full_read
from .context import Chunk, LandingContext
from .fallback import MustReadEverything
from .plan import Decision, Planned, ReadChanges, ReadEverything
from .state import Cursor, SetResume, State, now, stamp
from .way import Way

#: So long after a moment nothing is marked with it any more: a day until a change is committed, as overlaps allow
#: for, and a day by which the vendor's clock and ours may differ.
_SETTLED_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Since(Request):
    """Records whose marker is at `moment` or later; the source adds the overlap that its vendor needs.

    is_settled: all that is marked up to that moment has been seen long after it: only what is later is wanted, and
    the source need not overlap.
    """

    moment: str
    is_settled: bool = False


class MarkedCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and the newest marker landed.

        {"marker": "2026-10-29T13:02:11Z", "full_at": "2026-10-25T01:00:00Z"}

    marker: UTC in ISO 8601, whole seconds (or a date), so that two compare as text; never later than the
    read that saw it. is_told_wrong: whether the vendor's pages have once said another number of records than its count.
    begun_at: when the read that is under way, or was the last, began. read_at: when the last one that was whole began.
    `resume` is state.SetResume, its `read` "everything" or "since <marker>".
    """

    marker: str | None = None
    is_told_wrong: bool = False
    begun_at: datetime | None = None
    read_at: datetime | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing can be marked with the marker, or before it, that was not there when it was last read. Never where the
        vendor's answers have contradicted each other: the last may have been one that was not whole."""
        if self.marker is None or self.read_at is None or self.is_told_wrong:
            return False
        try:
            marked = datetime.fromisoformat(self.marker)
        except ValueError:
            return False
        marked = marked if marked.tzinfo else marked.replace(tzinfo=UTC)
        return self.read_at >= marked + _SETTLED_AFTER


@dataclass(frozen=True)
class ModifiedSince(Way[MarkedCursor, SetResume]):
    """Read what was stamped since the newest stamp landed. marker: the record's field with the stamp.

    together: fields of which all records with the same values come together or not at all: of values that came, a
    record that did not come is gone.
    """

    marker: str
    together: tuple[str, ...] = ()
    cursor_kind: ClassVar[type[Any]] = MarkedCursor

    def check(self, entity: Entity) -> None:
        for field in (self.marker, *self.together):
            entity.require(field, says=f"ModifiedSince.marker={field!r}")

    def marker_of(self, entity: Entity) -> str:
        return self.marker

    def plan(self, run: Planned, state: State[MarkedCursor, SetResume]) -> Decision:
        marker, resume = state.cursor.marker, state.resume
        if run.run_request.window is None and marker is None:
            return ReadEverything()
        if (
            run.run_request.mode == "auto"
            and resume is not None
            and resume.read == f"since {marker}"
        ):
            return ReadChanges(marker)
        decision = super().plan(run, state)
        return ReadChanges(marker) if isinstance(decision, ReadChanges) else decision

    def read_changes(self, context: LandingContext, state: State[MarkedCursor, SetResume]) -> None:
        if self.together and context.set_aside():
            # Such a marker is no stamp of a change: what is corrected keeps it.
            raise MustReadEverything(state.cursor)
        since = Since(state.cursor.marker or "", state.cursor.is_settled)
        name = f"since {since.moment}"
        told = full_read.read(context, since, state.cursor, state.resume, name=name)
        live = context.rows.live()
        if told == live and not state.cursor.is_told_wrong:
            return  # the pages said beside it how many there are in all
        announced = context.count(EVERYTHING)
        cursor = self.state(*context.load()).cursor
        if None not in (told, announced) and told != announced and not cursor.is_told_wrong:
            cursor = replace(cursor, is_told_wrong=True)
            context.save(cursor, None)
        if announced is not None and announced != live:
            raise MustReadEverything(cursor)

    def gone(self, context: LandingContext) -> Sequence[str]:
        return context.rows.beside_seen(self.together) if self.together else ()

    def span(self, rows: Sequence[Row]) -> tuple[Any, Any] | None:
        markers = [row.marker for row in rows if row.marker is not None]
        return (min(markers), max(markers)) if markers else None

    def newest(self, known: str | None, chunk: Chunk) -> str | None:
        newest = chunk.newest
        if newest is None:
            return known
        text = newest.isoformat() if isinstance(newest, date) else str(newest)
        return text if known is None else max(known, text)

    def begin(
        self, context: LandingContext, cursor: MarkedCursor, *, is_everything: bool
    ) -> MarkedCursor:
        return replace(cursor, begun_at=now())

    def finished(
        self, cursor: MarkedCursor, marker: str | None, *, is_everything: bool
    ) -> MarkedCursor:
        before = None if is_everything else cursor.marker
        markers = [one for one in (before, marker) if one is not None]
        # A stamp from the future would hide every change until that day.
        newest = min(max(markers), stamp()) if markers else None
        return replace(cursor, marker=newest, read_at=cursor.begun_at)
