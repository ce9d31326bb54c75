"""What would become of the files of a configuration: each is read and judged as a run does it, and nothing of it is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from saldo.errors import SaldoError
from saldo.graph.errors import TooLarge
from saldo.warehouse.connection import Connection, WarehouseUnavailable, translated
from saldo.workbooks import Problem, Rejected, read

from .companies import Companies
from .configuration import FileConfiguration
from .intake import safe_name
from .kinds import KINDS, BooksMissing, Staged
from .layouts import layout_of
from .register import Reading
from .source import File, FileSource
from .totals import Total, totals_of

#: A file's number in staging while it is tried: no file has it, and none is used up.
_NOBODYS = Reading(-1, 1)


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

    def files(self, listed: Sequence[File]) -> Iterator[Tried]:
        """Try these files of the source, one after the other. Raises WarehouseUnavailable."""
        for file in listed:
            with tempfile.TemporaryDirectory(prefix="saldo_trial_") as folder, translated():
                yield self._tried(file, Path(folder) / safe_name(file.name))

    def _tried(self, file: File, path: Path) -> Tried:
        try:
            with path.open("w+b") as into:
                file = self._source.fetch(file, into, max_bytes=self._configuration.max_bytes)
            return self._judged(file, path)
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

    def _judged(self, file: File, path: Path) -> Tried:
        of, kind = self._configuration, KINDS[self._configuration.kind]
        with self._connection.transaction(force_rollback=True):
            with read(path, layout_of(of)) as book:
                staged = kind.stage(self._connection, book, _NOBODYS, of, self._companies)
            totals = totals_of(
                self._connection, of.kind, _NOBODYS.file_id, _NOBODYS.version, self._names
            )
        return Tried(file, staged, totals)
