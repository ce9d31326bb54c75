"""Versions of a configuration's files: which of them count, and what that does to others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from psycopg import sql

from saldo.warehouse import catalogue
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection

from . import register
from .configuration import FileConfiguration
from .effects import Effects
from .in_force import renew
from .kinds import Kind, Staged
from .places.source import File
from .register import Reading, Record


class Versions:
    """Those that one look writes down. run_id, now: of that look. known: ids of all configurations. Every method is a part of its
    caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        configuration: FileConfiguration,
        kind: Kind,
        *,
        run_id: str,
        now: datetime,
        known: Collection[str],
    ) -> None:
        self._connection, self._configuration, self._kind = connection, configuration, kind
        self._run_id, self._now, self._known = run_id, now, known

    def begin(self, file: File) -> Reading:
        """A look at a file, as the next version of it."""
        return register.begin(self._connection, self._configuration, file)

    def accept(self, file: File, reading: Reading, staged: Staged) -> Effects:
        """It counts from now on, instead of the one that did."""
        self.record(file, reading, Record("accepted", staged.rows))
        versions = [reading.version]
        if reading.in_force is not None:
            versions.append(reading.in_force)
        return self._bring_into_force(reading.file_id, versions)

    def renew(self, file: File, reading: Reading) -> Effects:
        """Of rivals the one that was saved last counts, whether it says something new or not."""
        if register.saved_again(self._connection, reading, file) and reading.in_force is not None:
            return self._bring_into_force(reading.file_id, [reading.in_force])
        return Effects()

    def withdraw(self, file_id: int, version: int) -> Effects:
        """It counts no more, nor does another of that file."""
        register.step_back(self._connection, file_id)
        return self._bring_into_force(file_id, [version])

    def withdraw_all(self, files: Sequence[File], companies: Collection[str]) -> list[Reading]:
        """For all of them to be read anew beside each other. companies: ids of all, which they may mean."""
        readings = [self.begin(file) for file in files]
        before = [(one.file_id, one.in_force) for one in readings if one.in_force is not None]
        self._kind.hold(self._connection, before, companies)
        for file_id, version in before:
            self.withdraw(file_id, version)
        return readings

    def take_over(self, file: File) -> None:
        """What counts of this very file under the name of a configuration that is no more, as after it was renamed."""
        if not self._known:
            return
        path = register.path_of(self._configuration, file)
        for found in register.left_behind(self._connection, path, self._known):
            self._kind.hold(self._connection, [(found.file_id, found.version)])
            self.withdraw(found.file_id, found.version)

    def record(self, file: File, reading: Reading, what: Record) -> None:
        """Its row in ops.file."""
        register.record(
            self._connection, self._configuration, file, reading, what, run_id=self._run_id, now=self._now
        )  # fmt: skip

    def _bring_into_force(self, file_id: int, versions: Sequence[int]) -> Effects:
        return renew(self._connection, self._kind, file_id, versions)

    def says_the_same(self, file: File, reading: Reading, rows: int) -> bool:
        """Whether a version has the name and the rows of the one in force, to the cell, and means them so."""
        before = self._connection.execute(
            "select f.name, f.sign, f.rows from ops.file as f where f.file_id = %s and f.version = %s",
            [reading.file_id, reading.in_force],
        ).fetchone()
        if before != (file.name, self._configuration.sign, rows):
            return False
        return self._sum_of(reading.file_id, reading.version) == self._sum_of(
            reading.file_id, reading.in_force
        )

    def _sum_of(self, file_id: int, version: int | None) -> Decimal:
        """A hash of all rows of a version, whatever their order."""
        names = [
            n for n in catalogue.table(self._connection, self._kind.table).names if n != "version"
        ]
        statement = sql.SQL(
            "select coalesce(sum(hashtextextended(row({})::text, 0)), 0) from {} as s where file_id = %s and version = %s"
        ).format(columns_in(names, "s"), sql.Identifier(*self._kind.table.split(".")))
        [(total,)] = self._connection.execute(statement, [file_id, version]).fetchall()
        return Decimal(total)

    def drop(self, reading: Reading) -> None:
        """The rows of a version that says what another has said."""
        self._connection.execute(
            f"delete from {self._kind.table} where file_id = %s and version = %s".encode(),
            [reading.file_id, reading.version],
        )
