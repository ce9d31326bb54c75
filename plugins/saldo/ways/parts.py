"""Parts: records that belong to a record of another entity (lines of an order) and are read when it
changes.

The changes of the other entity in staging say whose parts are read again; what is set aside is read again, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from saldo.declarations.entity import Entity, Index
from saldo.declarations.source import Request

from .conditions import Keyed, Numbered, OneOf
from .context import LandingContext
from .fallback import MustReadEverything
from .reread import merge
from .state import Cursor, SetResume, State
from .way import Way

#: More changed records than this, and reading all parts is cheaper than asking for theirs.
MAX_PARENTS = 4_000


@dataclass(frozen=True)
class PartsOf(Request):
    """Records whose `field` is one of the keys."""

    field: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Parts(Way[Cursor, SetResume]):
    """Read the parts of what changed in the entity `of`, whose key is in `field`.

    State: state.Cursor, whose `followed` says up to which change; state.SetResume.
    """

    of: str
    field: str

    def check(self, entity: Entity) -> None:
        entity.require(self.field, says=f"Parts.field={self.field!r}")

    @property
    def whole(self) -> str | None:
        return self.of

    @property
    def watches(self) -> tuple[str, ...]:
        return (self.of,)

    @property
    def indexes(self) -> tuple[Index, ...]:
        return (Index("of", self.field, "agreement_id, (payload ->> {field})"),)

    def read_changes(self, context: LandingContext, state: State[Cursor, SetResume]) -> None:
        followed = {} if state.cursor.followed is UNSET else state.cursor.followed
        since = followed.get(self.of, 0)
        keys, reached = context.rows.changed_in(self.of, since=since)
        cursor = replace(state.cursor, followed={**followed, self.of: reached})
        # Parts may have been read before there was anything to follow: what had vanished by then is in no
        # change.
        is_first = since == 0 and reached > 0
        if is_first or len(keys) > MAX_PARENTS:
            raise MustReadEverything(cursor)
        if aside := context.set_aside():
            keys = sorted({*keys, *context.rows.values(self.field, Keyed(aside))})
        with context.transaction():
            context.rows.forget_seen()
            if keys:
                self._read(context, keys)
            context.save(cursor, None)

    def _read(self, context: LandingContext, keys: list[str]) -> None:
        parts = PartsOf(self.field, tuple(keys))
        seen = merge(context, parts)
        announced = context.count(parts)
        if announced is not None and announced != seen:
            raise context.incomplete(announced, seen)
        gone = context.rows.unseen(OneOf(self.field, keys))
        if gone:
            context.tombstone(Numbered(gone))
