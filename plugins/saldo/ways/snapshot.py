"""Snapshot: all of it is read, every night; what differs is written, what is missing is gone.

For lists of a page or a few, and for sets in which the vendor marks no changes. A long one may be left out on a
night on which another entity shows that it is as we hold it, record by record (Shown), and the vendor's own totals of
it are those from before it was last read. Where either says something else, or has not been read tonight, the set is
read. So it is as often as the agreement reads everything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from msgspec.structs import replace

from saldo.declarations.entity import Entity

from .conditions import OneOf
from .context import LandingContext
from .fallback import MustReadEverything
from .plan import Decision, Planned, ReadEverything, ReadWindow
from .state import Cursor, SetResume, State
from .way import Way


@dataclass(frozen=True)
class Shown:
    """Where else the records of a set stand, one by one, because the vendor makes the two of the same thing.

    entity: the other one; it lands before, and of it all records whose `amount` is not 0 are read every night. among:
    those of its records that are of this kind. number: its field with our key. amount: a numeric field, the
    same in both. also: our field -> its field, compared as texts (a moment by its day) where it has one.
    totals: an entity, and its key, under which the vendor says what the set comes to; it lands before, too.
    """

    entity: str
    among: OneOf
    number: str
    amount: str
    also: tuple[tuple[str, str], ...]
    totals: tuple[str, str]


class ShownCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and what the vendor said the set came to before it was last read; None: it did not."""

    stood_at: str | None = None


@dataclass(frozen=True)
class Snapshot(Way[ShownCursor, SetResume]):
    """Read all, compare, tombstone what vanished. State: ShownCursor and state.SetResume.

    unless: what shows that it need not be read.
    """

    unless: Shown | None = None
    cursor_kind: ClassVar[type[Any]] = ShownCursor

    def check(self, entity: Entity) -> None:
        if self.unless:
            entity.require(self.unless.amount, says=f"Shown.amount={self.unless.amount!r}")
            for ours, _ in self.unless.also:
                entity.require(ours.partition(".")[0], says=f"Shown.also={ours!r}")

    @property
    def compares_with(self) -> tuple[str, ...]:
        return (self.unless.entity, self.unless.totals[0]) if self.unless else ()

    def plan(self, run: Planned, state: State[ShownCursor, SetResume]) -> Decision:
        if self.unless and state.resume is None:
            return super().plan(run, state)
        return ReadWindow(*run.run_request.window) if run.run_request.window else ReadEverything()

    def read_changes(self, context: LandingContext, state: State[ShownCursor, SetResume]) -> None:
        if (
            not self.unless
            or context.set_aside()  # what is corrected there need not be what is shown elsewhere
            or not _is_shown(context, self.unless, state.cursor)
        ):
            raise MustReadEverything(state.cursor)
        context.note(
            f"not read: {self.unless.entity} show every record as it is here, and the vendor's totals stand still"
        )

    def begin(
        self, context: LandingContext, cursor: ShownCursor, *, is_everything: bool
    ) -> ShownCursor:
        """The totals are those from before the set is read: what moves meanwhile differs the next night."""
        return replace(cursor, stood_at=_totals(context, self.unless)) if self.unless else cursor


def _is_shown(context: LandingContext, shown: Shown, cursor: ShownCursor) -> bool:
    return (
        context.has_landed(shown.entity)
        and cursor.stood_at is not None
        and cursor.stood_at == _totals(context, shown)
        and context.rows.are_shown(
            shown.entity,
            among=shown.among,
            number=shown.number,
            amount=shown.amount,
            also=shown.also,
        )
    )


def _totals(context: LandingContext, shown: Shown) -> str | None:
    entity, key = shown.totals
    return context.rows.text_of(entity, key) if context.has_landed(entity) else None
