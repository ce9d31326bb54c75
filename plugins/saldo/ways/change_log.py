"""A change log: the vendor's own list of records that changed silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import UNSET
from msgspec.structs import replace

from saldo.declarations.entity import Entity

from .context import LandingContext
from .fallback import MustReadEverything
from .silent_changes import SilentChange
from .state import C, stamp


@dataclass(frozen=True)
class Moved:
    """What a change log says: keys of records that changed silently, and the stamp up to which it
    was read (UTC, whole seconds; None when it is empty)."""

    keys: tuple[str, ...]
    marker: str | None


class LoggingSource(Protocol):
    """A source whose vendor keeps a change log. Both raise the errors of Source.pages."""

    def newest(self, log: ChangeLog) -> str | None:
        """The stamp of the newest line of the log, by the vendor's clock."""

    def moved(self, log: ChangeLog, marker: str | None) -> Moved | None:
        """What the log says since `marker`, with an overlap; None where it does not reach back that
        far."""


@dataclass(frozen=True)
class ChangeLog(SilentChange):
    """Records that the vendor's log names are read again by number. path: the vendor's path of the log.

    Its stamp is in Cursor.log.
    """

    path: str

    def check(self, entity: Entity) -> None:
        if not self.path:
            raise entity.wrong("ChangeLog.path is empty")

    def begin(self, context: LandingContext, cursor: C) -> C:
        if cursor.log is not UNSET:
            return cursor
        source: LoggingSource = context.source
        return replace(cursor, log=source.newest(self))

    def find(
        self, context: LandingContext, cursor: C, *, upto: int | None
    ) -> tuple[Sequence[str], C]:
        source: LoggingSource = context.source
        known = None if cursor.log is UNSET else cursor.log
        moved = source.moved(self, known)
        if moved is None:
            # More moved than the log holds.
            newest = source.newest(self)
            raise MustReadEverything(replace(cursor, log=newest))
        # A stamp from the future would hide what moves until that day.
        log = min(moved.marker, stamp()) if moved.marker else cursor.log
        return moved.keys, replace(cursor, log=log)
