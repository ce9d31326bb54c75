"""One look at the files of a configuration: those that changed are read, and count as a whole or not at all.

What a source showed is kept before any file is read, with each file owed; a file's rows, its row in ops.file and that it is
owed no more commit together. So a look can be killed at any moment, and the next one goes on.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from saldo.errors import SaldoError
from saldo.graph.errors import TooLarge
from saldo.runs.meter import Tell, nobody
from saldo.warehouse.connection import Connection, WarehouseUnavailable, exclusive, is_trouble
from saldo.workbooks import Problem, Rejected

from . import register, state
from .choice import KINDS
from .companies import Companies
from .configuration import FileConfiguration
from .excerpting import keep_excerpts
from .judging import Misfit
from .kinds import BooksMissing, Kind, Staged
from .leaving import Leaving
from .mails.waiting import overdue
from .outcome import Listener, Outcome
from .places.source import Changes, File, FileGone, FileSource, Seen, on_disk
from .register import Reached, Reading, Record
from .together import Held, settle
from .versions import Versions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Taken:
    """A file that is good. kept: what is seen from then on."""

    file: File
    staged: Staged
    is_same: bool
    kept: Seen


class Intake:
    """The looks of one configuration. run_id, now: of this one. usage: what it asks of the place of its files."""

    daily_calls: int | None = None

    def __init__(
        self,
        connection: Connection,
        configuration: FileConfiguration,
        source: FileSource,
        companies: Companies,
        *,
        run_id: str,
        now: datetime,
        listener: Listener | None = None,
        known: Collection[str] = (),
        tell: Tell = nobody,
    ) -> None:
        """tell: hears file by file. known: ids of all configurations; a file of one that is none of them is taken over by who reads it now."""
        self._connection, self._configuration, self._source = connection, configuration, source
        self.usage = source.usage
        self._companies, self._now, self._tell_file = companies, now, tell
        self._listener = listener or Listener()
        self._kind: Kind = KINDS[configuration.kind]
        self._versions = Versions(
            connection, configuration, self._kind, run_id=run_id, now=now, known=known
        )
        self._is_asked, self._reached = False, Reached({}, 0)
        self._held: list[Held] = []
        self._holds = False
        self._waiting: list[tuple[File, str]] = []
        self.outcome = Outcome()

    def run(self, *, again: bool = False, confirm_deletes: bool = False) -> Outcome:
        """Look, and read what changed; again: all files. A file that is refused is in the outcome, and so is what keeps
        one from being read now. confirm_deletes: it is meant that the place is empty. Raises what the source raises when it
        cannot be asked, DataRejected where all files are gone at once, and Busy."""
        self._is_asked = again
        id = self._configuration.id
        with exclusive(self._connection, f"file {id}", "its files", said=f"file {id!r}"):
            before, has_moved = state.load(self._connection, self._configuration)
            self._reached = register.reached(
                self._connection, self._configuration, self._companies.fingerprint
            )
            ids = register.to_judge_again(self._connection, self._configuration, self._reached)
            ids += register.to_settle_again(self._connection, self._configuration)
            changes = self._source.changes(before.owing(None if again else ids))
            if self._kind.meets_others and changes.changed:
                # A change that takes several files is not always seen in one look.
                misfits = register.misfits(self._connection, self._configuration)
                changes = changes.beside(misfits)
                self._holds = len(changes.changed) > 1
            leaving = Leaving(self._connection, self._configuration, changes)
            if not (has_moved or confirm_deletes or self._kind.outlasts_files):
                leaving.check()
            with self._connection.transaction():
                if has_moved:
                    leaving.keep()
                else:
                    self._take_away_all(leaving, leaving.gone)
                state.save(self._connection, self._configuration, changes.seen)
            self.outcome.as_before = changes.unchanged
            seen = changes.seen
            is_ready = self._has_books(changes)
            for nth, file in enumerate(changes.changed if is_ready else ()):
                self._tell_file(nth, len(changes.changed), file.name)
                seen = self._read(file, seen)
            seen = self._read_held(seen)
            if leaving.renamed:
                with self._connection.transaction():
                    self._take_away_all(leaving, [*leaving.renamed])
            self._tell_waiting(seen)
        return self.outcome

    # --- files that wait -------------------------------------------------------------------------

    def _has_books(self, changes: Changes) -> bool:
        """Else all of them wait, and none is downloaded."""
        fixed = self._configuration.agreement
        try:
            if fixed is not None and changes.changed:
                self._kind.need_books(self._connection, [fixed])
        except BooksMissing as error:
            for file in changes.changed:
                self._wait(file, error)
            return False
        return True

    def _wait(self, file: File, error: BooksMissing) -> None:
        self.outcome.waiting[file.name] = str(error)
        self._waiting.append((file, str(error)))

    def _tell_waiting(self, seen: Seen) -> None:
        with self._connection.transaction():
            late = overdue(self._connection, self._configuration, self._waiting, seen, self._now)
            if late:
                self._listener.waiting(late)
        self.outcome.late = [wait.file.name for wait in late]

    # --- one file --------------------------------------------------------------------------------

    def _read(self, file: File, seen: Seen) -> Seen:
        """Returns what is seen now: the file is owed no more, unless it must be read later."""
        with tempfile.TemporaryDirectory(prefix="saldo_file_") as folder:
            # Its own name: it may say the year, and its ending how it is read.
            path = Path(folder) / on_disk(file.name)
            try:
                fetched = self._fetch(file, path)
                path = path.rename(path.with_name(on_disk(fetched.name)))
                return self._take(fetched, path, seen)
            except FileGone as error:
                self.outcome.waiting[file.name] = str(error)
            except BooksMissing as error:
                self._wait(file, error)
            except TooLarge as error:
                problem = Problem("", "", "a file that is too large", str(error), "Make it smaller")
                return self._refuse(file, Rejected([problem]), None, seen)
            except WarehouseUnavailable:
                raise
            except SaldoError as error:
                log.error("%s: %s", file.name, error)
                self.outcome.errors.append(error)
            except Exception as error:
                if is_trouble(self._connection, error):
                    raise
                # Whatever it is, it is this file's: the others are read, and it is tried again with the next look.
                log.exception("%s", file.name)
                self.outcome.errors.append(
                    SaldoError(
                        f"{file.name!r} cannot be read ({type(error).__name__}: {error}); see the log"
                    )
                )
        return seen

    def _fetch(self, file: File, path: Path) -> File:
        with path.open("w+b") as into:
            return self._source.fetch(file, into, max_bytes=self._configuration.max_bytes)

    def _take(self, file: File, path: Path, seen: Seen) -> Seen:
        try:
            taken = self._taken(file, path, seen)
        except Misfit as error:
            if self._holds:
                self._held.append(Held.of(file, path, error))
                return seen
            return self._refuse(file, error, path, seen)
        except Rejected as error:
            return self._refuse(file, error, path, seen)
        return self._tell(taken)

    def _taken(
        self, file: File, path: Path, seen: Seen, withdrawn: Reading | None = None
    ) -> _Taken:
        """Raises Rejected. withdrawn: this look at it, where what it said before was taken back for it."""
        connection = self._connection
        with connection.transaction():
            reading = withdrawn or self._versions.begin(file)
            file = reading.as_saved(file)
            self._versions.take_over(file)
            staged = self._kind.stage(
                connection, path, reading, self._configuration, self._companies
            )
            is_same = withdrawn is None and self._versions.says_the_same(file, reading, staged.rows)
            kept = seen.dealt_with(file)
            if is_same:
                self._versions.record(file, reading, Record("unchanged", staged.rows))
                effects = self._versions.renew(file, reading)
            else:
                effects = self._versions.accept(file, reading, staged)
            said = effects.sentences(staged.rows)
            if said:
                self.outcome.effects[file.name] = said
            self._listener.accepted(file, reading, staged, said)
            if is_same:
                self._versions.drop(reading)
            state.save(connection, self._configuration, kept)
        return _Taken(file, staged, is_same, kept)

    def _tell(self, taken: _Taken) -> Seen:
        done = self.outcome.unchanged if taken.is_same else self.outcome.accepted
        done.append(taken.file.name)
        if not taken.is_same:
            self.outcome.rows += taken.staged.rows
            self.outcome.agreements |= taken.staged.agreements
        return taken.kept

    def _refuse(self, file: File, error: Rejected, path: Path | None, seen: Seen) -> Seen:
        """A new version, and news; but for what is only judged again, and comes to the same."""
        connection, kept = self._connection, seen.dealt_with(file)
        with connection.transaction():
            reading = self._versions.begin(file)
            judged = None
            if isinstance(error, Misfit):
                fixed = self._configuration.agreement
                judged = self._reached.of([fixed] if fixed is not None else error.agreements)
            is_still = reading.is_still(file, error.problems) and not self._is_asked
            if is_still:
                register.judged_again(connection, reading, self._now, judged)
            else:
                what = Record("rejected", None, error.problems, error.more, judged)
                self._versions.record(file, reading, what)
                keep_excerpts(connection, self._configuration, reading, error, path, self._now)
                self._listener.rejected(file, reading, error, path)
            if isinstance(error, Misfit):
                register.keep_about(connection, self._configuration, file, error.agreements)
            state.save(connection, self._configuration, kept)
        if is_still:
            self.outcome.still_rejected.append(file.name)
        else:
            self.outcome.rejected[file.name] = error
        return kept

    # --- files that refuse each other ------------------------------------------------------------

    def _read_held(self, seen: Seen) -> Seen:
        """Of all that were refused, those are taken that fit what the others say now."""

        def alone(one: Held) -> bool:
            nonlocal seen
            try:
                seen = self._tell(self._taken(one.file, one.path, seen))
            except Rejected as error:
                one.error = error
                return False
            return True

        def together(group: Sequence[Held]) -> list[Held]:
            nonlocal seen
            kept, taken, refused = seen, list[_Taken](), list[Held]()
            with self._connection.transaction():
                files = [one.file for one in group]
                readings = self._versions.withdraw_all(files, self._companies.ids)
                for one, reading in zip(group, readings, strict=True):
                    try:
                        taken.append(self._taken(one.file, one.path, kept, reading))
                        kept = taken[-1].kept
                    except Rejected:
                        refused.append(one)
                if refused:
                    raise psycopg.Rollback
            if not refused:
                for one_of_them in taken:
                    seen = self._tell(one_of_them)
            return refused

        try:
            for one in settle(self._held, alone, together):
                seen = self._refuse(one.file, one.error, one.path, seen)
        finally:
            for one in self._held:
                one.forget()
        return seen

    def _take_away_all(self, leaving: Leaving, files: Sequence[File]) -> None:
        """Files that are gone; those, too, that were kept when they went, and are so no more."""
        withdrawn = leaving.withdrawn(files)
        self._kind.hold(self._connection, [(f.file_id, f.version) for f in withdrawn.values()])
        for file in files:
            was_in_force = withdrawn.pop(file.id, None) is not None
            # It may have been refused under its new name.
            is_told = leaving.renamed.get(file) not in self.outcome.accepted
            self._take_away(file, withdraws=was_in_force, is_told=is_told)
        for found in withdrawn.values():
            self._versions.withdraw(found.file_id, found.version)
            self.outcome.gone.append(found.name)

    def _take_away(self, file: File, *, withdraws: bool, is_told: bool) -> None:
        reading = self._versions.begin(file)
        if reading.version == 1:
            return  # nobody has ever read it
        self._versions.record(file, reading, Record("gone"))
        if withdraws and reading.in_force is not None:
            effects = self._versions.withdraw(reading.file_id, reading.in_force)
            if said := effects.sentences():
                self.outcome.effects[file.name] = said
        counted = withdraws and is_told and not self._kind.outlasts_files
        self._listener.gone(file, reading, was_in_force=counted)
        self.outcome.gone.append(file.name)
