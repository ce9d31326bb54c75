"""What owners of files hear: that one is refused, that it is good again, and that one is gone; silence in between."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from saldo.warehouse.connection import Connection
from saldo.workbooks import Rejected, marked_copy

from ..configuration import FileConfiguration
from ..kinds import Staged
from ..layouts import layout_of
from ..outcome import Listener
from ..places.source import File
from ..register import Reading
from ..totals import totals_of
from .notices import post_accepted, post_gone, post_rejected, post_waiting
from .texts import About, Acceptance, Rejection, Waiting
from .waiting import Wait


class Feedback(Listener):
    """Mails to the owners of one configuration's files. names: agreement id -> name; run_url: of this run."""

    def __init__(
        self,
        connection: Connection,
        configuration: FileConfiguration,
        *,
        now: datetime,
        names: Mapping[str, str],
        timezone: str = "UTC",
        run_url: str = "",
    ) -> None:
        self._connection, self._configuration, self._now = connection, configuration, now
        self._names, self._timezone, self._run_url = names, timezone, run_url

    def rejected(self, file: File, reading: Reading, error: Rejected, path: Path | None) -> None:
        """A mail where something is wrong that was not wrong before."""
        if reading.was_rejected and not reading.has_new(error.problems):
            return
        rejection = Rejection(
            self._about(file), error.problems, error.more, self._saved_at(reading, reading.in_force)
        )
        with tempfile.TemporaryDirectory(prefix="saldo_marked_") as folder:
            copy = None
            if path is not None:
                copy = marked_copy(
                    path, error.problems, Path(folder), more=error.more, layout=layout_of(self._configuration)
                )  # fmt: skip
            post_rejected(self._connection, rejection, copy=copy, now=self._now)

    def accepted(
        self, file: File, reading: Reading, staged: Staged, effects: Sequence[str]
    ) -> None:
        """A mail where the look before had refused it, or where it does something to other files."""
        if not (reading.was_rejected or effects):
            return
        replaced = self._saved_at(reading, reading.in_force)
        totals = totals_of(
            self._connection,
            self._configuration.kind,
            reading.file_id,
            staged.version,
            self._names,
        )
        acceptance = Acceptance(
            self._about(file), self._now, staged.rows, totals, replaced, effects
        )
        post_accepted(self._connection, acceptance, now=self._now)

    def gone(self, file: File, reading: Reading, *, was_in_force: bool) -> None:
        """A mail where it counted until now."""
        if was_in_force:
            post_gone(self._connection, self._about(file), now=self._now)

    def waiting(self, waits: Sequence[Wait]) -> None:
        """A mail to each owner about all of theirs."""
        by_saver: defaultdict[str, list[Wait]] = defaultdict(list)
        for wait in waits:
            by_saver["" if self._configuration.owner_mail else wait.file.modified_by].append(wait)
        for theirs in by_saver.values():
            waiting = Waiting(
                [(self._about(one.file), one.reason) for one in theirs], theirs[0].since
            )
            post_waiting(self._connection, waiting, now=self._now)

    def _about(self, file: File) -> About:
        return About(self._configuration, file, self._timezone, self._run_url)

    def _saved_at(self, reading: Reading, version: int | None) -> datetime | None:
        row = self._connection.execute(
            "select coalesce(modified_at, read_at) from ops.file where file_id = %s and version = %s",
            [reading.file_id, version],
        ).fetchone()
        return row[0] if row else None
