"""Versions: the vendor lists the id and version of every record, and hands out records by id.

What the list has and we have not is new; what has another version has changed; what the list lacks is gone. A night that
finds nothing new costs the list alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from saldo.declarations.entity import Entity

from .context import LandingContext
from .fallback import MustReadEverything
from .state import Cursor, SetResume, State
from .way import Way


@dataclass(frozen=True)
class Versions(Way[Cursor, SetResume]):
    """Compare the vendor's list with what is landed.

    version: the record's field with its version. shares_ids_with: entities whose records have the same ids, of one that
    changes its kind: it leaves one list and is in the other.
    """

    version: str
    shares_ids_with: tuple[str, ...] = ()

    def check(self, entity: Entity) -> None:
        entity.require(self.version, says=f"Versions.version={self.version!r}")

    def read_changes(self, context: LandingContext, state: State[Cursor, SetResume]) -> None:
        raise MustReadEverything(state.cursor)
