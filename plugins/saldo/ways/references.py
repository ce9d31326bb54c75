"""References: a member gets another number, on old records too, and the number they named vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from saldo.declarations.entity import Entity

from .context import LandingContext
from .silent_changes import SilentChange
from .state import C


@dataclass(frozen=True)
class References(SilentChange):
    """Records whose `fields` name a member of the entity `to` are read again when that member vanishes.

    A field of a field is written with a dot.
    """

    to: str
    fields: tuple[str, ...]

    def check(self, entity: Entity) -> None:
        for field in self.fields:
            entity.require(field.partition(".")[0], says=f"References.fields={field!r}")

    @property
    def watches(self) -> tuple[str, ...]:
        return (self.to,)

    def find(
        self, context: LandingContext, cursor: C, *, upto: int | None
    ) -> tuple[Sequence[str], C]:
        followed = {} if cursor.followed is UNSET else cursor.followed
        since = reached = followed.get(self.to, 0)
        numbers: list[str] = []
        for field in self.fields:
            found, reached = context.rows.naming_vanished(self.to, field, since=since)
            numbers += found
        return numbers, replace(cursor, followed={**followed, self.to: reached})
