"""What would become of the files of a configuration: each is read and judged as a run does it, and nothing of it is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from saldo.errors import SaldoError
from saldo.graph.errors import TooLarge
from saldo.warehouse.connection import Connection, WarehouseUnavailable, translated
from saldo.workbooks import Problem, Rejected

from . import register
from .choice import KINDS
from .companies import Companies
from .configuration import FileConfiguration
from .judging import Misfit
from .kinds import BooksMissing, Staged
from .places.source import File, FileSource, on_disk
from .register import Reading, Record
from .together import settle
from .totals import Total, totals_of


@dataclass(frozen=True)
class Tried:
    """A file that would be accepted, unless it has one of: rejected, what is wrong with it; trouble, what keeps it from being
    read or judged now."""

    file: File
    staged: Staged | None = None
    totals: Sequence[Total] = ()
    rejected: Rejected | None = None
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        return self.staged is not None


@dataclass(eq=False)
class _Try:
    """number: stands for the file in staging where nobody has looked at it: no file has it, and none is used up."""

    file: File
    path: Path
    number: int
    result: Tried


class Trial:
    """names: agreement id -> name."""

    def __init__(
        self,
        connection: Connection,
        configuration: FileConfiguration,
        source: FileSource,
        companies: Companies,
        names: Mapping[str, str],
    ) -> None:
        self._connection, self._configuration, self._source = connection, configuration, source
        self._companies, self._names = companies, names
        self._kind = KINDS[configuration.kind]

    def files(self, listed: Sequence[File]) -> Iterator[Tried]:
        """Try all files of the source, one after the other. Raises WarehouseUnavailable."""
        with tempfile.TemporaryDirectory(prefix="saldo_trial_") as folder, translated():
            tries = (self._fetched(file, n, Path(folder)) for n, file in enumerate(listed, 1))
            if self._kind.meets_others:
                yield from self._beside_each_other(list(tries))
                return
            for one in tries:
                yield self._alone(one)
                one.path.unlink(missing_ok=True)

    # --- files that nobody else's matter to ------------------------------------------------------

    def _alone(self, one: _Try) -> Tried:
        if one.result.trouble or one.result.rejected:
            return one.result
        with self._connection.transaction(force_rollback=True):
            return self._judged(one)

    # --- files that refuse each other ------------------------------------------------------------

    def _beside_each_other(self, tries: Sequence[_Try]) -> list[Tried]:
        """Those that are good count until the end, as they would after a run."""
        readable = [one for one in tries if not (one.result.trouble or one.result.rejected)]
        with self._connection.transaction(force_rollback=True):
            self._begin([one.file for one in tries])
            refused = [one for one in readable if not self._fits(one)]
            misfits = [one for one in refused if isinstance(one.result.rejected, Misfit)]
            settle(misfits, self._fits, self._fit_together)
        return [one.result for one in tries]

    def _begin(self, listed: Sequence[File]) -> None:
        """What the run before left is held, and what is gone counts no more."""
        counting = register.in_force(self._connection, self._configuration)
        versions = [(found.file_id, found.version) for found in counting.values()]
        self._kind.hold(self._connection, versions, self._companies.ids)
        if self._configuration.when_gone != "keep":
            for id in counting.keys() - {file.id for file in listed}:
                register.step_back(self._connection, counting[id].file_id)

    def _fits(self, one: _Try) -> bool:
        one.result = self._judged(one)
        return one.result.is_good

    def _fit_together(self, group: Sequence[_Try]) -> list[_Try]:
        with self._connection.transaction():
            for one in group:
                register.step_back(self._connection, self._reading(one).file_id)
            results = [(one, self._judged(one)) for one in group]
            refused = [one for one, result in results if not result.is_good]
            if refused:
                raise psycopg.Rollback
        if not refused:
            for one, result in results:
                one.result = result
        return refused

    # --- one file --------------------------------------------------------------------------------

    def _fetched(self, file: File, number: int, folder: Path) -> _Try:
        # A folder for each: its own name may say the year, and its ending how it is read.
        path = folder / str(number) / on_disk(file.name)
        path.parent.mkdir()

        def fetch() -> Tried:
            with path.open("w+b") as into:
                got = self._source.fetch(file, into, max_bytes=self._configuration.max_bytes)
            return Tried(got)

        result = _caught(file, fetch)
        return _Try(result.file, path, -number, result)

    def _reading(self, one: _Try) -> Reading:
        found = register.known(self._connection, self._configuration, one.file)
        return found or Reading(one.number, 1)

    def _judged(self, one: _Try) -> Tried:
        return _caught(one.file, lambda: self._counted(one))

    def _counted(self, one: _Try) -> Tried:
        """It counts from now on, until the caller's transaction is rolled back. Raises Rejected, BooksMissing."""
        connection, of = self._connection, self._configuration
        with connection.transaction():
            reading = self._reading(one)
            staged = self._kind.stage(connection, one.path, reading, of, self._companies)
            totals = totals_of(connection, of.kind, reading.file_id, reading.version, self._names)
            what = Record("accepted", staged.rows)
            register.record(
                connection, of, one.file, reading, what, run_id="check", now=datetime.now(UTC)
            )
        return Tried(one.file, staged, totals)


def _caught(file: File, do: Callable[[], Tried]) -> Tried:
    try:
        return do()
    except Rejected as error:
        return Tried(file, rejected=error)
    except TooLarge as error:
        problem = Problem("", "", "a file that is too large", str(error), "Make it smaller")
        return Tried(file, rejected=Rejected([problem]))
    except (WarehouseUnavailable, psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except (SaldoError, BooksMissing) as error:
        return Tried(file, trouble=str(error))
    except Exception as error:
        return Tried(file, trouble=f"it cannot be read ({type(error).__name__}: {error})")
