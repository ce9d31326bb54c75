"""A whole and its parts: read until the whole has stood still while its parts were read.

Orders, quotes and drafts are edited. One that changes between the reads of its header and of its lines would show the
lines of one version under the header of another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from saldo.declarations.entity import Entity
from saldo.runs.sync_run import Counts

#: How often parts are read at most; what moves faster than that is left to the next night.
ROUNDS = 3


def land_together(
    entity: Entity, land: Callable[[str], Counts], *, wanted: Collection[str]
) -> None:
    """Land an entity, and where it is a part of something (Entity.whole) that has changed meanwhile, both again.

    land: lands one entity in this run, by name; returns what it counted. wanted: the entities the agreement lands:
    one it excludes is not landed for its parts.
    """
    counts = land(entity.name)
    for _ in range(ROUNDS - 1):
        # Without a page nothing was asked for, and so nothing can have been read beside its whole.
        if entity.whole not in wanted or not counts.pages or not land(entity.whole or "").changed:
            return
        counts = land(entity.name)
