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
    entity: Entity,
    land: Callable[[str], Counts],
    *,
    wanted: Collection[str],
    is_retry: bool = False,
) -> None:
    """Land an entity, and where it is a part of something (Entity.whole) that has changed meanwhile, both again.

    land: lands one entity in this run, by name; returns what it counted. wanted: the entities the agreement lands:
    one it excludes is not landed for its parts. is_retry: an earlier try of this run may have written some of it.
    """
    counts = land(entity.name)
    for _ in range(ROUNDS - 1):
        # Parts that are as they were before this run, or of which none was asked for, fit the whole that was read
        # before them.
        is_moved = bool(counts.pages) and (counts.changed or is_retry)
        if entity.whole not in wanted or not is_moved or not land(entity.whole or "").changed:
            return
        counts = land(entity.name)
