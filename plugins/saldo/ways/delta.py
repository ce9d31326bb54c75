"""Delta: the vendor keeps a stream of changes, deletions among them, that is read from an opaque
cursor on.

Nothing here looks into a cursor. One is taken before everything is read and used once that read was
whole, so a change in between is read twice rather than never. Where changes are read, their pages may tell
where the stream stands after them; where they do not, a cursor is taken before they are read, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, ClassVar, Protocol

import msgspec
from msgspec.structs import replace

from saldo.declarations.entity import Entity
from saldo.declarations.source import Request
from saldo.errors import BadResponse

from . import full_read
from .context import Chunk, LandingContext
from .fallback import MustReadEverything
from .plan import Decision, Planned, ReadChanges, ReadEverything, ReadWindow
from .state import Cursor, Json, SetResume, State, now
from .way import Way


@dataclass(frozen=True)
class Changes(Request):
    """What changed after a cursor, in the order of the changes; what was deleted is in Page.deleted. An empty
    cursor: all the stream still holds."""

    cursor: str


_NOTHING = "there was nothing the last time"
_NOT_FOLLOWED = "the stream of changes could not be read the last time"


class Unreadable(Exception):
    """Not an error: the stream holds a change that does not say of which record. Everything is read instead."""


class DeltaSource(Protocol):
    """A source whose vendor keeps a stream of changes."""

    def delta_cursor(self, entity: Entity) -> str:
        """The cursor after which the stream holds what changes from now on, empty where it holds nothing now.
        Raises as Source.pages."""


class Taken(msgspec.Struct, frozen=True):
    """A cursor, when it was taken (UTC), the hash of the query it was taken with, and the Airflow run that took it."""

    cursor: str
    since: datetime
    query_hash: str
    run: str = ""


class DeltaCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and the cursor of the stream.

        {"cursor": "WzQ3MTFd", "since": "2026-10-30T01:00:00Z", "query_hash": "9f86d081884c7d65",
         "full_at": "2026-10-25T01:00:00Z", "taken": {"cursor": …, "since": …, "query_hash": …}}

    cursor, since, query_hash: of the last read that was whole: see Taken. told_at: when the vendor told this cursor,
    of one that the pages of changes tell: it stays as it is while nothing changes.
    taken: of the read under way; it takes the place of the three when that read is whole.
    full_run: the Airflow run that has read everything, while what changed meanwhile is still to be read.
    distrusted: why the stream cannot have told everything; everything is read next, and it is forgotten.
    `resume` is state.SetResume, its `read` "everything" or "changes <cursor>", its `marker` where the stream
    stands after the last page, where pages tell it.
    """

    cursor: str | None = None
    since: datetime | None = None
    query_hash: str | None = None
    taken: Taken | None = None
    distrusted: str | None = None
    told_at: datetime | None = None
    full_run: str | None = None


@dataclass(frozen=True)
class Delta(Way[DeltaCursor, SetResume]):
    """Read what the stream holds since its cursor.

    query: the text of the vendor's query; a cursor taken with another one is not used.
    max_age: how old a cursor may be; the vendor forgets older ones, or answers with a gap.
    pages_tell_cursor: pages of changes say where the stream stands after them (Page.stands_at).
    """

    query: str
    max_age: timedelta
    pages_tell_cursor: bool = False
    cursor_kind: ClassVar[type[Any]] = DeltaCursor

    def check(self, entity: Entity) -> None:
        if not self.query or self.max_age <= timedelta(0):
            raise entity.wrong("Delta needs a query and a max_age")

    @property
    def query_hash(self) -> str:
        """What tells this query from earlier ones, in Taken.query_hash."""
        return blake2b(self.query.encode(), digest_size=8).hexdigest()

    def plan(self, run: Planned, state: State[DeltaCursor, SetResume]) -> Decision:
        decision = super().plan(run, state)
        if not isinstance(decision, ReadChanges):
            return decision
        problem = self._problem(state.cursor, run.now)
        if problem:
            return ReadEverything(f"everything was read: {problem}")
        return ReadChanges(state.cursor.cursor)

    def _problem(self, cursor: DeltaCursor, now: datetime) -> str:
        """Why a cursor is not used; empty when it is used."""
        if cursor.distrusted:
            return cursor.distrusted
        if cursor.cursor is None:
            return "there is no cursor of the stream of changes"
        if cursor.query_hash != self.query_hash:
            return "the cursor was taken with another query"
        if cursor.since is None or cursor.since > now:
            return "the age of the cursor is not known"
        if now - cursor.since > self.max_age:
            hours = self.max_age / timedelta(hours=1)
            return f"the cursor is of {cursor.since:%Y-%m-%d %H:%M} UTC, older than {hours:g} hours"
        return ""

    def distrusted(self, why: str) -> Json:
        return {"distrusted": why}

    def read_changes(self, context: LandingContext, state: State[DeltaCursor, SetResume]) -> None:
        changes = Changes(self._place(state.cursor))
        name = f"changes {changes.cursor}"
        try:
            full_read.read(context, changes, state.cursor, state.resume, name=name)
        except Unreadable as why:
            raise MustReadEverything(replace(state.cursor, distrusted=str(why))) from None

    def land(
        self,
        context: LandingContext,
        decision: ReadEverything | ReadChanges | ReadWindow,
        state: State[DeltaCursor, SetResume],
    ) -> None:
        """See Way.land. What changed while everything was read is read right after it, so that the set is whole as of
        one moment; proof knows by its cursor what came later. Where only that fails, a retry of the run goes on there."""
        is_read = isinstance(decision, ReadEverything) and self._is_read(context, state.cursor)
        if not is_read:
            super().land(context, decision, state)
        then = self.state(*context.load())
        if is_read or then.cursor.full_at != state.cursor.full_at:
            self._follow_up(context, then, was_distrusted=state.cursor.distrusted)

    def _is_read(self, context: LandingContext, cursor: DeltaCursor) -> bool:
        """Whether an earlier try of this run has read everything, and the stream still tells what came after."""
        return cursor.full_run == context.run_id and not self._problem(cursor, now())

    def _follow_up(
        self,
        context: LandingContext,
        then: State[DeltaCursor, SetResume],
        *,
        was_distrusted: str | None,
    ) -> None:
        """Read what changed while everything was read. Where the stream cannot be read, what was read counts all the same,
        and the next run reads everything again."""
        if then.cursor.cursor is None:
            return
        if not context.rows.live() and was_distrusted != _NOTHING:
            # It may be so, or the vendor was not well: once more, and it is so.
            context.save(replace(then.cursor, distrusted=_NOTHING, full_run=None), None)
            return
        try:
            self.read_changes(context, then)
        except MustReadEverything as must:
            # It was, a moment ago: the next run tries again.
            context.save(replace(must.cursor, full_run=None), None)
        except BadResponse as error:
            context.note(f"what changed while everything was read could not be: {error}")
            context.save(replace(then.cursor, distrusted=_NOT_FOLLOWED, full_run=None), None)

    def _place(self, cursor: DeltaCursor) -> str:
        """Where changes are read from. A cursor at which nothing has happened for so long that the vendor may have
        forgotten it is not sent: all that the stream still holds came after it."""
        if self.pages_tell_cursor and (
            cursor.told_at is None or now() - cursor.told_at > self.max_age
        ):
            return ""
        return cursor.cursor or ""

    def begin(
        self, context: LandingContext, cursor: DeltaCursor, *, is_everything: bool
    ) -> DeltaCursor:
        source: DeltaSource = context.source
        since = now()  # before it is asked for: a cursor is rather older than younger
        if is_everything or not self.pages_tell_cursor:
            stands_at = source.delta_cursor(context.entity)
        else:
            stands_at = self._place(cursor)
        return replace(cursor, taken=Taken(stands_at, since, self.query_hash, context.run_id))

    def newest(self, known: Any, chunk: Chunk) -> Any:
        return chunk.stands_at or known

    def finished(self, cursor: DeltaCursor, marker: Any, *, is_everything: bool) -> DeltaCursor:
        taken = cursor.taken
        if taken is None:
            return cursor
        return replace(
            cursor,
            # Pages of everything tell no place in the stream.
            cursor=taken.cursor if is_everything else marker or taken.cursor,
            since=taken.since,
            query_hash=taken.query_hash,
            taken=None,
            distrusted=None if is_everything else cursor.distrusted,
            told_at=taken.since if is_everything or marker else cursor.told_at,
            full_run=taken.run if is_everything else None,
        )
