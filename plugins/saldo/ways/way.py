"""What every way of reading answers, and what all of them do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic

from saldo.declarations.entity import Entity, Index
from saldo.declarations.source import EVERYTHING, Row

from . import full_read, window
from .context import Chunk, LandingContext
from .fallback import MustReadEverything
from .plan import Decision, Planned, ReadChanges, ReadEverything, ReadWindow
from .state import C, Cursor, Json, R, SetResume, State, cursor_of, resume_of


class Way(ABC, Generic[C, R]):
    """A way of reading, declared in Entity.reads; subclasses are frozen dataclasses."""

    #: Whether it looks for changes of old records as the entity's silent_changes say.
    finds_silent_changes: ClassVar[bool] = False
    #: Whether Page.next means the same on another day: a key does, the number of a page does not.
    resumes_any_day: ClassVar[bool] = False

    # --- the declaration ---------------------------------------------------------------------------

    def check(self, entity: Entity) -> None:
        """Raise ValueError where the declaration does not fit the entity."""

    @property
    def watches(self) -> tuple[str, ...]:
        """The entities whose changes decide which records are read again."""
        return ()

    @property
    def compares_with(self) -> tuple[str, ...]:
        """The entities it looks into, which land before."""
        return ()

    @property
    def whole(self) -> str | None:
        """The entity whose records these are parts of, where the way follows it."""
        return None

    @property
    def indexes(self) -> tuple[Index, ...]:
        """What it looks rows up by, beside their key."""
        return ()

    def marker_of(self, entity: Entity) -> str | None:
        """The field whose value becomes Row.marker; None where progress is not in the records."""
        return None

    # --- state and plan ----------------------------------------------------------------------------

    #: What `cursor` of ops.watermark holds.
    cursor_kind: ClassVar[type[Any]] = Cursor
    #: What `resume` holds.
    resume_kind: ClassVar[type[Any]] = SetResume

    def state(self, cursor: Json, resume: Json) -> State[C, R]:
        """The state that ops.watermark holds; both empty when nothing was read yet."""
        return State(cursor_of(cursor, self.cursor_kind), resume_of(resume, self.resume_kind))

    def has_begun(self, cursor: C) -> bool:
        """Whether so much has been read that a window of it may be read again: all of it once, in most ways."""
        return cursor.full_at is not None

    def plan(self, run: Planned, state: State[C, R]) -> Decision:
        """What a run reads; pure. It is not asked for a window of an entity without dates, or before it has begun."""
        if run.run_request.window:
            return ReadWindow(*run.run_request.window)
        is_unfinished = isinstance(state.resume, SetResume) and state.resume.is_everything
        if run.run_request.mode == "full" or is_unfinished or run.is_due(state.cursor.full_at):
            return ReadEverything()
        return ReadChanges()

    def distrusted(self, why: str) -> Json:
        """What is put into the cursor where control totals say that reading changes has missed something, so that
        everything is read next; nothing where that would find no more."""
        return {}

    # --- landing -----------------------------------------------------------------------------------

    def land(
        self,
        context: LandingContext,
        decision: ReadEverything | ReadChanges | ReadWindow,
        state: State[C, R],
    ) -> None:
        """Read what was decided. Raises the errors of the source, Unavailable for a set that is not whole,
        DataRejected for a mass deletion nobody confirmed."""
        resume = state.resume if isinstance(state.resume, SetResume) else None
        match decision:
            case ReadWindow():
                upto = self.upto(state.cursor)
                window.read(context, decision, state.cursor, resume, upto=upto)
            case ReadEverything():
                full_read.read(context, EVERYTHING, state.cursor, resume)
            case ReadChanges():
                try:
                    self.read_changes(context, state)
                except MustReadEverything as must:
                    full_read.read(context, EVERYTHING, must.cursor, None)

    @abstractmethod
    def read_changes(self, context: LandingContext, state: State[C, R]) -> None:
        """Read what changed since the state. Raises MustReadEverything, with no transaction half done,
        where that cannot be found, or costs more than reading everything."""

    # --- what a full read asks ---------------------------------------------------------------------

    def begin(self, context: LandingContext, cursor: C, *, is_everything: bool) -> C:
        """The cursor with which a set is begun: what changes while it is read is found from there on."""
        return cursor

    def gone(self, context: LandingContext) -> Sequence[str]:
        """Keys of rows that a read of changes, of which the list of what was seen is whole, shows to be gone."""
        return ()

    def span(self, rows: Sequence[Row]) -> tuple[Any, Any] | None:
        """The lowest and highest marker of rows; None without rows, or without markers."""
        return None

    def newest(self, known: Any, chunk: Chunk) -> Any:
        """SetResume.marker after a chunk; known: before it."""
        return None

    def upto(self, cursor: C) -> int | None:
        """The number up to which records are counted and compared; None: all of them."""
        return None

    def cut_off_after(self, cursor: C) -> int | None:
        """The number beyond which a run asks at its start how far it will read; None where it reads to the
        end."""
        return None

    def finished(self, cursor: C, marker: Any, *, is_everything: bool) -> C:
        """The cursor when a set was read to its end; marker: the last SetResume.marker. It counts when the
        set is found whole."""
        return cursor
