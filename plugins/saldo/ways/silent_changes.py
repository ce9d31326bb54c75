"""Changes of old records that a way of reading does not see by itself: each kind is a module of its
own.

An entity names them in `silent_changes`; they are looked for in that order. Each finds which
records are read again by number; what it must remember is in the cursor (state.Cursor).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from msgspec import UNSET
from msgspec.structs import replace

from saldo.declarations.entity import Entity, Index

from .conditions import Keyed
from .context import LandingContext
from .reread import again
from .state import C


class SilentChange(ABC):
    """One kind of silent change, declared in Entity.silent_changes; subclasses are frozen dataclasses."""

    @abstractmethod
    def check(self, entity: Entity) -> None:
        """Raise ValueError where the declaration does not fit the entity."""

    @property
    def watches(self) -> tuple[str, ...]:
        """The entities whose changes it follows, in Cursor.followed."""
        return ()

    @property
    def compares_with(self) -> tuple[str, ...]:
        """The entities it looks into, which land before."""
        return ()

    @property
    def indexes(self) -> tuple[Index, ...]:
        """What it looks rows up by."""
        return ()

    def begin(self, context: LandingContext, cursor: C) -> C:
        """Before everything is read: what changes meanwhile is found from here on, where the cursor does
        not say from where already."""
        return cursor

    @abstractmethod
    def find(
        self, context: LandingContext, cursor: C, *, upto: int | None
    ) -> tuple[Sequence[str], C]:
        """(numbers of records to be read again, the cursor when they were). It may read records itself.

        upto: the marker of numbered records. Raises MustReadEverything.
        """


def begin(context: LandingContext, cursor: C) -> C:
    """Before all of a set is read: the cursor from which silent changes are followed."""
    for change in context.entity.silent_changes:
        cursor = change.begin(context, cursor)
    watched = context.entity.watches
    if not watched or cursor.followed is not UNSET:
        return cursor
    # One that has not landed yet is left out: it is followed from its beginning.
    reached = {other: context.rows.reached(other) for other in watched}
    return replace(cursor, followed={other: at for other, at in reached.items() if at})


def reread(
    context: LandingContext,
    cursor: C,
    *,
    also: Sequence[str] = (),
    upto: int | None = None,
) -> C:
    """Read again what changed silently, the records with the numbers `also`, and what is set aside: whoever corrects
    it need not move any mark. Returns the cursor.

    Within the caller's transaction, all of it or nothing: a part would show vouchers of which one
    line is new. Raises MustReadEverything.
    """
    numbers = dict.fromkeys(also)
    for change in context.entity.silent_changes:
        found, cursor = change.find(context, cursor, upto=upto)
        numbers.update(dict.fromkeys(found))
    if aside := context.set_aside():
        numbers.update(dict.fromkeys(context.rows.unseen(Keyed(aside))))
    again(context, tuple(numbers), upto=upto)
    return cursor
