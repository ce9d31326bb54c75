"""Snapshot: all of it is read, every night; what differs is written, what is missing is gone.

For lists of a page or a few, and for sets in which the vendor marks no changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from .context import LandingContext
from .fallback import MustReadEverything
from .plan import Decision, Planned, ReadEverything, ReadWindow
from .state import Cursor, SetResume, State
from .way import Way


@dataclass(frozen=True)
class Snapshot(Way[Cursor, SetResume]):
    """Read all, compare, tombstone what vanished. State: no more than state.Cursor and state.SetResume."""

    def plan(self, run: Planned, state: State[Cursor, SetResume]) -> Decision:
        return ReadWindow(*run.run_request.window) if run.run_request.window else ReadEverything()

    def read_changes(self, context: LandingContext, state: State[Cursor, SetResume]) -> None:
        raise MustReadEverything(state.cursor)
