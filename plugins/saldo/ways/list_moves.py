"""List moves: the vendor keeps records in several lists, through which they move in an order, marked or not.

A record may move without a mark, so the lists it can leave are read whole every night, and what left them is
read again by number. The last list, which grows for ever, is only counted; where its count is another one,
its numbers are searched by halves. Without counts, what happens in the last list alone is found when
everything is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from saldo.declarations.entity import Entity
from saldo.declarations.source import Range, Request

from . import mismatched_ranges, silent_changes
from .conditions import Containing
from .context import LandingContext
from .state import Cursor, SetResume, State
from .way import Way

#: Beyond any number a vendor gives.
LAST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class OpenLists(Request):
    """All lists but the last."""


@dataclass(frozen=True)
class LastList(Request):
    """The last list."""


@dataclass(frozen=True)
class LastListRange(Range):
    """A range of numbers of the last list."""


@dataclass(frozen=True)
class ListMoves(Way[Cursor, SetResume]):
    """Read all lists but the last, and what left them.

    lists: their names, in the order in which records move; each takes the place of {list} in the entity's path.
    link: the record's field in which the vendor writes that path. State: state.Cursor, state.SetResume.
    """

    lists: tuple[str, ...]
    link: str
    finds_silent_changes: ClassVar[bool] = True

    def check(self, entity: Entity) -> None:
        if len(self.lists) < 2 or "{list}" not in entity.path:
            raise entity.wrong("ListMoves needs two lists, and {list} in the path")
        entity.require(self.link, says=f"ListMoves.link={self.link!r}")

    def read_changes(self, context: LandingContext, state: State[Cursor, SetResume]) -> None:
        cursor = self._through_the_open(context, state.cursor)
        self._find_in_the_last(context, cursor)

    def _through_the_open(self, context: LandingContext, cursor: Cursor) -> Cursor:
        with context.transaction():
            context.rows.forget_seen()
            seen, announced = 0, None
            for chunk in context.chunks(OpenLists()):
                context.write(chunk)
                seen += context.rows.mark_seen(chunk.rows)
                announced = chunk.announced[-1] if chunk.announced else announced
            if announced is None:
                announced = context.count(OpenLists())
            if announced is not None and announced != seen:
                raise context.incomplete(announced, seen)
            left = context.rows.unseen(self._last(context.entity, is_contained=False))
            cursor = silent_changes.reread(context, cursor, also=left)
            context.save(cursor, None)
        return cursor

    def _find_in_the_last(self, context: LandingContext, cursor: Cursor) -> None:
        """What came into the last list past the others, or is gone from it."""
        theirs, last = context.count(LastList()), self._last(context.entity)
        if theirs is None or theirs == context.rows.live(last):
            return
        highest = context.rows.highest()
        beyond = LastListRange(highest, LAST_NUMBER)
        new = context.count(beyond) or 0
        found = mismatched_ranges.find(
            context, cursor, highest=highest, theirs=theirs - new, kind=LastListRange, among=(last,)
        )
        mismatched_ranges.settle(context, [*found, beyond] if new else found, among=(last,))

    def _last(self, entity: Entity, *, is_contained: bool = True) -> Containing:
        """The rows that are in the last list, or those that are not."""
        return Containing(self.link, f"/{entity.path.format(list=self.lists[-1])}/", is_contained)
