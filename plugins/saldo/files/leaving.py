"""Files that are there no more: which of them stop counting, and when nobody may be believed."""

from __future__ import annotations

from collections.abc import Sequence

from saldo.errors import DataRejected
from saldo.warehouse.connection import Connection

from . import register
from .configuration import FileConfiguration
from .places.source import Changes, File
from .register import InForce

#: So many files that count do not go at once, unless somebody says so.
_AT_ONCE = 2


class AllGone(DataRejected):
    """A place that is empty all of a sudden: a share that is not mounted looks the same."""

    @property
    def family(self) -> str:
        """See SaldoError.family."""
        return "DataRejected"


class Leaving:
    """Of one look. renamed: files of a folder that lie there under another name now, and that name; gone: the others that are
    gone."""

    def __init__(
        self, connection: Connection, configuration: FileConfiguration, changes: Changes
    ) -> None:
        self._connection, self._configuration = connection, configuration
        self._seen = changes.seen
        self._known = register.in_force(connection, configuration)
        new = {(one.version, one.size): one.name for one in changes.changed}
        self.renamed: dict[File, str] = {}
        # A second mapping that has the same rules is refused while the first one counts.
        if configuration.kind == "budget":
            self.renamed = {
                one: new[one.version, one.size]
                for one in changes.gone
                if one.id == one.name and (one.version, one.size) in new
            }
        self.gone = [file for file in changes.gone if file not in self.renamed]

    @property
    def missing(self) -> dict[str, InForce]:
        """What counts, and is not there."""
        return {id: found for id, found in self._known.items() if id not in self._seen.files}

    def check(self) -> None:
        """Raises AllGone."""
        missing = self.missing
        if self._seen.files or len(missing) < _AT_ONCE or self._configuration.when_gone == "keep":
            return
        raise AllGone(
            f"file {self._configuration.id!r}: all {len(missing)} files that count are gone at once, and their place is empty; "
            "nothing was withdrawn. See whether the folder is the right one, and mounted. If they were meant to go, start "
            "saldo_files with Confirm deletes, or write when_gone: keep to let them count on"
        )

    def keep(self) -> None:
        """The configuration looks elsewhere now, such as into next year's folder: what counts counts on."""
        register.keep(self._connection, [found.file_id for found in self.missing.values()])

    def withdrawn(self, files: Sequence[File]) -> dict[str, InForce]:
        """Which stop counting. files: those that are taken away now; beside them what was kept when it went, and is so no more."""
        if self._configuration.when_gone == "keep":
            return {}
        now = {file.id for file in files}
        later = {file.id for file in (*self.gone, *self.renamed)} - now
        return {id: found for id, found in self.missing.items() if id not in later}
