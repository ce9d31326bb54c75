"""The files there are and those that are owed: ops.lake_file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import pyarrow as pa
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection

from .columns import described, hash_of
from .conversion import Problem

FileKind = Literal["full_sync", "sync_changes"]
State = Literal["owed", "written", "published"]
#: The rows of one agreement in one place: its environment is part of the folder.
_OWN = "agreement_id = %s and lake = %s and starts_with(path, %s)"
_COLUMNS = (
    "lake_file_id, agreement_id, vendor, entity, kind, path, stamp, schema_hash, from_seq, to_seq, full_at, "
    "run_id, state, planned_at, rows, bytes, sha256, note"
)


@dataclass(frozen=True)
class Content:
    """What was written: how many rows in how many bytes. misfits: values that do not fit; problems: the first of
    them."""

    rows: int
    bytes: int
    sha256: str
    misfits: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class LakeFile:
    """A row of ops.lake_file. path: below the lake."""

    lake_file_id: int
    agreement_id: str
    vendor: str
    entity: str
    kind: FileKind
    path: str
    stamp: datetime
    schema_hash: str
    from_seq: int
    to_seq: int
    full_at: datetime | None
    run_id: str
    state: State
    planned_at: datetime
    rows: int | None
    bytes: int | None
    sha256: str | None
    note: str | None


def folder_of(vendor: str, environment: str, agreement_id: str) -> str:
    """The folder of all files of an agreement, below the lake. A container of Azure takes no underscores in its
    name."""
    return f"{vendor.replace('_', '-')}-{environment}/{agreement_id}"


def with_files(connection: Connection) -> set[str]:
    """Ids of agreements that have files in any lake."""
    rows = connection.execute(
        "select distinct agreement_id from ops.lake_file where removed_at is null"
    )
    return {id for (id,) in rows}


class Manifest:
    """What one lake holds of one agreement. lake: its address, as SALDO_LAKE_URL says it."""

    def __init__(
        self, connection: Connection, lake: str, vendor: str, environment: str, agreement_id: str
    ) -> None:
        self._connection, self._lake = connection, lake
        self._vendor, self.agreement_id = vendor, agreement_id
        self.folder = folder_of(vendor, environment, agreement_id)
        self._own = (agreement_id, lake, f"{self.folder}/")

    # --- reading ---------------------------------------------------------------------------------

    def files(self, entity: str | None = None) -> list[LakeFile]:
        """Those that are neither retired nor removed, of an entity or all, the oldest first."""
        return self._select(
            "(%s::text is null or entity = %s) and retired_at is null and removed_at is null",
            [entity, entity],
        )

    def columns_of(self, file: LakeFile) -> list[list[str]]:
        """[[name, type], ...]"""
        row = self._connection.execute(
            "select columns from ops.lake_schema where schema_hash = %s", [file.schema_hash]
        ).fetchone()
        return list(row[0]) if row else []

    def entities(self) -> list[str]:
        """Those that have files."""
        return list(dict.fromkeys(file.entity for file in self.files()))

    def unknown(self, paths: Collection[str]) -> set[str]:
        """Those of these paths that no row has, whatever became of its file."""
        rows = self._connection.execute(
            "select path from ops.lake_file where lake = %s and path = any(%s)",
            [self._lake, list(paths)],
        )
        return set(paths) - {path for (path,) in rows}

    # --- writing ---------------------------------------------------------------------------------

    def owe(
        self,
        entity: str,
        kind: FileKind,
        *,
        schema: pa.Schema,
        from_seq: int,
        to_seq: int,
        full_at: datetime | None,
        run_id: str,
        note: str | None,
        now: datetime,
        stamp: datetime | None = None,
        after: datetime | None = None,
    ) -> LakeFile:
        """Decide on a file: its name and what it holds do not change any more. Commits.

        now: the moment its content is of. stamp: the time in its name, where it is not the next one.
        after: a time that it must be later than."""
        with self._connection.transaction():
            self._connection.execute(
                "insert into ops.lake_schema (schema_hash, columns) values (%s, %s) on conflict do nothing",
                [hash_of(schema), Jsonb(described(schema))],
            )
            stamp = stamp or self._next_stamp(entity, now, after)
            return self._insert(
                entity, kind, stamp, hash_of(schema), from_seq, to_seq, full_at, run_id, note, now
            )

    def _insert(
        self, entity: str, kind: FileKind, stamp: datetime, schema_hash: str, from_seq: int,
        to_seq: int, full_at: datetime | None, run_id: str, note: str | None, now: datetime,
    ) -> LakeFile:  # fmt: skip
        with self._connection.cursor(row_factory=class_row(LakeFile)) as cursor:
            found = cursor.execute(
                "insert into ops.lake_file (agreement_id, vendor, entity, kind, lake, path, stamp, schema_hash, "
                "from_seq, to_seq, full_at, run_id, state, planned_at, note) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'owed', %s, %s) "
                f"returning {_COLUMNS}".encode(),
                [
                    self.agreement_id, self._vendor, entity, kind, self._lake,
                    self.path_of(entity, kind, stamp), stamp, schema_hash, from_seq, to_seq, full_at,
                    run_id, now, note,
                ],
            ).fetchone()  # fmt: skip
        assert found
        return found

    def path_of(self, entity: str, kind: FileKind, stamp: datetime) -> str:
        """Where a file lies, below the lake."""
        return f"{self.folder}/{entity}/{kind}-{stamp:%Y%m%d_%H_%M_%S}-{entity}.parquet"

    def _next_stamp(self, entity: str, now: datetime, after: datetime | None) -> datetime:
        """Now, and later than any before it, and than `after`: names stay ordered when a clock goes back."""
        row = self._connection.execute(
            f"select max(stamp) from ops.lake_file where {_OWN} and entity = %s".encode(),
            [*self._own, entity],
        ).fetchone()
        before = [stamp for stamp in (row and row[0], after) if stamp]
        return max([now.replace(microsecond=0), *(one + timedelta(seconds=1) for one in before)])

    def written(self, file: LakeFile, content: Content, *, now: datetime) -> None:
        """What is to be seen under its name was written and checked. Commits."""
        problems = [
            {"key": problem.key, "field": problem.field, "value": problem.value}
            for problem in content.problems
        ]
        self._connection.execute(
            "update ops.lake_file set state = 'written', written_at = %s, rows = %s, bytes = %s, sha256 = %s, "
            "problems = %s where lake_file_id = %s",
            [
                now, content.rows, content.bytes, content.sha256,
                Jsonb(problems) if problems else None, file.lake_file_id,
            ],
        )  # fmt: skip

    def published(self, file: LakeFile) -> None:
        """It is whole under its name. Commits."""
        self._connection.execute(
            "update ops.lake_file set state = 'published' where lake_file_id = %s",
            [file.lake_file_id],
        )

    def owe_again(self, file: LakeFile, why: str) -> None:
        """A file that was published is not there any more, unless it was retired meanwhile. Commits."""
        self._connection.execute(
            "update ops.lake_file set state = 'owed', note = %s "
            "where lake_file_id = %s and retired_at is null",
            [why, file.lake_file_id],
        )

    def forget(self, file: LakeFile) -> None:
        """A file that nobody has seen is not owed any more. Commits."""
        self._connection.execute(
            "delete from ops.lake_file where lake_file_id = %s", [file.lake_file_id]
        )

    def retire(self, files: Sequence[LakeFile], *, now: datetime, by: int | None = None) -> None:
        """Another holds what these held (by: which one), or nobody needs them any more: they are removed after a time
        of grace. Commits."""
        self._connection.execute(
            "update ops.lake_file set retired_at = %s, replaced_by = %s where lake_file_id = any(%s)",
            [now, by, [file.lake_file_id for file in files]],
        )

    def removable(self, *, before: datetime) -> list[LakeFile]:
        """Retired before then, and still there."""
        return self._select("retired_at < %s and removed_at is null", [before])

    def removed(self, file: LakeFile, *, now: datetime) -> None:
        """It is not in the lake any more. Commits."""
        self._connection.execute(
            "update ops.lake_file set removed_at = %s where lake_file_id = %s",
            [now, file.lake_file_id],
        )

    def _select(self, where: str, values: Sequence[object]) -> list[LakeFile]:
        with self._connection.cursor(row_factory=class_row(LakeFile)) as cursor:
            return cursor.execute(
                f"select {_COLUMNS} from ops.lake_file where {_OWN} and {where} order by entity, stamp".encode(),
                [*self._own, *values],
            ).fetchall()
