"""What a vendor's list of versions lacks: gone, or not.

Before anything is tombstoned it is asked for by its id, and, where records change their kind, whether it is there as another
kind. What is found neither way is gone. What is there as another kind stays until it has landed as that, so that at no time
it is nowhere; whether it has is asked while nobody else tombstones what the kinds share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Keys
from saldo.errors import Unavailable

from .conditions import Numbered
from .context import LandingContext

#: As many keys are asked for at once.
_FEW = 100


class VersionedSource(Protocol):
    """A source whose vendor lists versions. Both raise the errors of Source.pages."""

    def versions(
        self, entity: Entity, days: Days | None = None
    ) -> Iterator[Sequence[tuple[str, str]]]:
        """The whole list, or that of the records dated so, in parts: key and version; a key may come twice."""

    def elsewhere(self, entity: Entity, others: Sequence[str], keys: Sequence[str]) -> set[str]:
        """Those of an entity's keys under which the vendor holds records of other entities, given by name."""


@dataclass(frozen=True)
class Gone:
    """Keys that may be tombstoned. nowhere: the vendor has them neither here nor as another kind; landed: they have
    landed as another kind, of these entities."""

    nowhere: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    version: str = ""


def among(
    context: LandingContext,
    missing: Sequence[str],
    *,
    others: Sequence[str],
    version: str,
    is_asked: bool = False,
) -> Gone:
    """What of these keys may be tombstoned.

    others: entities whose records share ids with these; those that the agreement lands, and has landed, count.
    version: the field with the version, in all of them. is_asked: the keys have been asked for, and did not come. Raises
    Unavailable where one of them is still there, DataRejected for a mass deletion nobody confirmed.
    """
    if not missing:
        return Gone()
    others = tuple(name for name in others if context.wants(name) and context.rows.reached(name))
    landed = context.rows.live_in(others, missing, version) if others else set()
    asked = [key for key in missing if key not in landed]
    # What is only of another kind now is no deletion: of a few that is asked before anybody is.
    if len(asked) > _FEW or not others:
        _guard(context, asked)
    alive = 0 if is_asked else _count(context, missing)
    if alive:
        raise Unavailable(
            f"the vendor's list lacks {alive} records that are there: it is not whole, and nothing was deleted for "
            "it. It is read again"
        )
    source: VersionedSource = context.source
    moved = source.elsewhere(context.entity, others, asked) if others and asked else set()
    nowhere = tuple(key for key in asked if key not in moved)
    _guard(context, nowhere)
    return Gone(nowhere, tuple(sorted(landed)), others, version)


def _guard(context: LandingContext, keys: Sequence[str]) -> None:
    if keys:
        context.guard_deletion(keys)


def tombstone(context: LandingContext, gone: Gone) -> None:
    """Part of the transaction that is open; empties the list of what was seen."""
    landed: set[str] = set()
    if gone.landed:
        context.rows.lock_with(gone.others)
        landed = context.rows.live_in(gone.others, gone.landed, gone.version)
    if gone.nowhere or landed:
        context.rows.forget_seen()
    if gone.nowhere:
        context.tombstone(Numbered(gone.nowhere))
    if landed:
        context.tombstone(Numbered(sorted(landed)), is_deletion=False)


def _count(context: LandingContext, keys: Sequence[str]) -> int:
    """How many of the keys the vendor holds."""
    return sum(chunk.keys for chunk in context.chunks(Keys(tuple(keys))))
