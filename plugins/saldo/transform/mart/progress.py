"""What has changed since the mart last looked: which files have something to do, and their
parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from .declaration import Declaration

Bound = str | date
ALL_TIME: tuple[Bound, Bound] = ("-infinity", "infinity")
NO_TIME: tuple[Bound, Bound] = ("infinity", "-infinity")


@dataclass
class Progress:
    """since and reached: core table (with its schema) -> change sequence, of the last refresh and now.

    window: first and last day to be rewritten whatever changed. written: tables of the mart that this
    refresh has looked at so far; new: those of them it rewrites whole.
    """

    since: Mapping[str, int]
    reached: Mapping[str, int]
    window: tuple[Bound, Bound] = NO_TIME
    written: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)

    def has_changed(self, table: str) -> bool:
        """Whether a table of core changed since the last refresh, or this one has written a table
        of the mart."""
        if table in self.reached:
            return self.reached[table] > self.since[table]
        return table in self.written

    def is_new(self, table: str) -> bool:
        """Whether nothing of the table was looked at before, or all of it is rewritten."""
        return self.since[table] == 0 if table in self.since else table in self.new

    def is_everything(self, file: Declaration) -> bool:
        """Whether a file writes all of its rows: it does not say which, or all rows they come from
        are new."""
        if file.rows is None:
            return True
        return all(map(self.is_new, file.rows.tables)) or any(
            again.is_everything and any(map(self.has_changed, again.tables)) for again in file.again
        )

    def is_due(self, file: Declaration) -> bool:
        """Whether a file could write anything."""
        is_windowed = bool(file.rows and file.rows.dated) and self.window != NO_TIME
        return (
            is_windowed
            or file.whole is not None
            or any(map(self.has_changed, file.follows))
            or self._is_due_whole(file)
        )

    def _is_due_whole(self, file: Declaration) -> bool:
        if file.rows is None and file.again:
            return any(self.is_new(table) and self._has_rows(table) for table in file.follows)
        has_rows = file.rows is None or any(map(self._has_rows, file.rows.tables))
        return has_rows and self.is_everything(file)

    def _has_rows(self, table: str) -> bool:
        """Not where the vendor has nothing of the kind: such a table is new for ever."""
        return self.reached.get(table, 1) > 0

    def parameters(self, file: Declaration) -> dict[str, object]:
        """since_<table> of every core table, 0 for those whose rows are all written again."""
        again = set(file.rows.tables) if file.rows and self.is_everything(file) else set()
        return {
            "window_start": self.window[0],
            "window_end": self.window[1],
            **{
                f"since_{table.removeprefix('core.')}": 0 if table in again else since
                for table, since in self.since.items()
            },
        }

    def note_written(self, file: Declaration) -> None:
        """So that those who follow the file's table have something to do."""
        self.written.add(file.target)
        if self.is_everything(file):
            self.new.add(file.target)
