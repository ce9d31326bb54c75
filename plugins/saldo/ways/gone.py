"""What a vendor's list of versions lacks: gone, or not.

Before anything is tombstoned it is asked for by its id, and, where records change their kind, whether it is there as another
kind. What is found neither way is gone. What is there as another kind stays until it has landed as that, so that at no time
it is nowhere; whether it has is asked while nobody else tombstones what the kinds share. What is handed out by its id is there,
whatever the list says: it is landed as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Keys

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
    landed as another kind, of these entities. alive: keys that may not, since the vendor handed their records out."""

    nowhere: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    version: str = ""
    alive: tuple[str, ...] = ()


def among(
    context: LandingContext,
    missing: Sequence[str],
    *,
    others: Sequence[str],
    version: str,
    judge: Callable[[Sequence[str]], None] | None = None,
) -> Gone:
    """What of these keys may be tombstoned.

    others: entities whose records share ids with these; those that the agreement lands, and has landed, count.
    version: the field with the version, in all of them. judge: is given the keys that are still there, which have been
    landed, and raises where the list cannot be used; None: the keys have been asked for, and did not come. Raises
    DataRejected for a mass deletion nobody confirmed.
    """
    if not missing:
        return Gone()
    others = tuple(name for name in others if context.wants(name) and context.rows.reached(name))
    landed = context.rows.live_in(others, missing, version) if others else set()
    asked = [key for key in missing if key not in landed]
    # What is only of another kind now is no deletion: of a few that is asked before anybody is.
    if len(asked) > _FEW or not others:
        _guard(context, asked)
    alive = _landed_again(context, missing) if judge else ()
    if alive and judge:
        judge(alive)
        landed, asked = landed.difference(alive), [key for key in asked if key not in {*alive}]
    source: VersionedSource = context.source
    moved = source.elsewhere(context.entity, others, asked) if others and asked else set()
    nowhere = tuple(key for key in asked if key not in moved)
    _guard(context, nowhere)
    return Gone(nowhere, tuple(sorted(landed)), others, version, alive)


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


def _landed_again(context: LandingContext, keys: Sequence[str]) -> tuple[str, ...]:
    """Those of the keys that the vendor hands out; they are landed as they came."""
    found: set[str] = set()
    for chunk in context.chunks(Keys(tuple(keys))):
        with context.commit_chunk():
            context.merge(chunk.rows)
        found.update(row.source_key for row in chunk.rows)
    return tuple(sorted(found))
