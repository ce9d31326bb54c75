"""Open amounts: old records change a number until it is 0 (what an invoice still lacks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from saldo.declarations.entity import Entity, Index
from saldo.declarations.source import Request

from .conditions import NotZero
from .context import LandingContext
from .reread import merge
from .silent_changes import SilentChange
from .state import C


@dataclass(frozen=True)
class OpenItems(Request):
    """Records whose field is a number other than 0."""

    field: str


@dataclass(frozen=True)
class OpenAmounts(SilentChange):
    """Records where `field` is not 0 are read every night, and by number those where it was not until now.

    listed_in: the entity that lists what is open, under the same keys, where the vendor has no filter for
    it: records whose `field` differs there are read by number; those where it is not 0, where the agreement leaves
    that entity out.
    """

    field: str
    listed_in: str | None = None

    def check(self, entity: Entity) -> None:
        entity.require(self.field, says=f"OpenAmounts.field={self.field!r}")

    @property
    def compares_with(self) -> tuple[str, ...]:
        return (self.listed_in,) if self.listed_in else ()

    @property
    def indexes(self) -> tuple[Index, ...]:
        is_open = "deleted_at is null and (payload ->> {field})::numeric <> 0"
        return (Index("open", self.field, "agreement_id, source_key", is_open),)

    def find(
        self, context: LandingContext, cursor: C, *, upto: int | None
    ) -> tuple[Sequence[str], C]:
        if self.listed_in and context.wants(self.listed_in):
            return context.rows.differing_in(self.listed_in, self.field), cursor
        if self.listed_in:
            # What was landed of the list once is as it was then.
            return context.rows.unseen(NotZero(self.field)), cursor
        merge(context, OpenItems(self.field), upto=upto)
        return context.rows.unseen(NotZero(self.field)), cursor
