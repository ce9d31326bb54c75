"""Brings the lake of one agreement up to what staging holds.

A file is first owed (its name and its content are decided), then written and checked, then seen under its name, then
registered as published. A kill in between leaves it owed or written: the next run writes the same bytes under the same
name. Nothing here changes staging, core or facts.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
import pyarrow as pa

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.errors import ConfigError, SaldoError
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.runs.meter import Tell, nobody
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, exclusive
from saldo.ways.state import Cursor, cursor_of

from . import parquet
from .columns import described, differences, hash_of, schema_of
from .conversion import Problem
from .looking import Look, look
from .manifest import Content, LakeFile, Manifest
from .plan import OTHER_COLUMNS, NextFile, Standing, next_file
from .records import batches, columns_read, constants, has_changes
from .store import LakeUnavailable, Store

log = logging.getLogger(__name__)


@dataclass
class Written:
    """What a run did: files that were published, and what of their values did not fit."""

    files: list[LakeFile] = field(default_factory=list)
    rows_of: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    misfits: int = 0
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    lost: int = 0

    @property
    def rows(self) -> int:
        return self.rows_of.total()

    @property
    def note(self) -> str:
        """For ops.sync_run."""
        files = (
            f"{len(self.files)} file(s), {self.bytes:,} bytes" if self.files else "nothing is new"
        )
        lost = (
            f"{self.lost} file(s) were gone or changed, and are written again" if self.lost else ""
        )
        return "; ".join(filter(None, (files, lost, _told(self.misfits, self.problems))))

    def add(self, file: LakeFile, content: Content) -> None:
        self.files.append(file)
        self.rows_of[file.entity] += content.rows
        self.bytes += content.bytes
        self.misfits += content.misfits
        self.problems += [(file.entity, problem) for problem in content.problems]


class LakeWriter:
    """One try at the files of one agreement.

    kept_since: what was replaced in staging is kept since then (the rule staging.history); None: for ever. tell: hears entity by entity.
    """

    def __init__(
        self,
        connection: Connection,
        store: Store,
        agreement: Agreement,
        *,
        environment: str,
        run_id: str,
        run_request: RunRequest,
        kept_since: datetime | None,
        now: datetime,
        tell: Tell = nobody,
    ) -> None:
        self._connection, self._store, self._agreement = connection, store, agreement
        self._tell = tell
        self._run_id, self._run_request = run_id, run_request
        # A day more: rows are pruned by the hour they were replaced at, files planned at some other.
        self._kept_since = kept_since + timedelta(days=1) if kept_since else None
        self._now = now
        self.manifest = Manifest(connection, store.url, agreement.vendor, environment, agreement.id)
        self.written = Written()
        self._wanted = VENDORS[agreement.vendor].wanted(agreement)
        self._look = Look()

    def run(self, *, may_be_empty: bool = False) -> list[Exception]:
        """Everything that is owed, of every entity the agreement wants; returns the errors of entities that failed.
        Raises what is about the lake or the warehouse as a whole. may_be_empty: a lake in which no file of many is left is
        filled again."""
        errors: list[Exception] = []
        self.find_lost(may_be_empty=may_be_empty)
        for nth, entity in enumerate(self._wanted):
            self._tell(nth, len(self._wanted), entity.name)
            try:
                self.bring_up_to_date(entity)
            except (LakeUnavailable, ConfigError, psycopg.OperationalError):
                raise
            except SaldoError as error:
                error.args = (f"{self._agreement.id}, entity {entity.name}: {error}",)
                errors.append(error)
            except Exception as error:
                # Whatever it is, it is this entity's: the others are written.
                log.exception("%s, entity %s", self._agreement.id, entity.name)
                errors.append(error)
        return errors

    def find_lost(self, *, may_be_empty: bool = False) -> Look:
        """Let files be owed again that were published and are not there any more. Raises LakeUnavailable: see look."""
        wanted = {entity.name for entity in self._wanted}
        self._look = look(self.manifest, self._store, wanted, may_be_empty=may_be_empty)
        for file in self._look.lost:
            is_gone = file.path not in self._look.seen
            found = "gone from the lake" if is_gone else "changed in the lake"
            self.manifest.owe_again(file, f"it was {found}, and written again")
        self.written.lost = len(self._look.lost)
        return self._look

    def bring_up_to_date(self, entity: Entity) -> None:
        """Write the files that are owed, then the one for what came since. Raises Busy, Damaged, LakeUnavailable and
        ConfigError."""
        with exclusive(self._connection, self._agreement.id, f"the lake's {entity.name}"):
            files = self._settle(entity)
            standing = self._standing(entity)
            if standing is None:
                return
            schema = schema_of(entity.record)
            wanted = next_file(
                files,
                standing,
                hash_of(schema),
                self._agreement,
                self._run_request,
                kept_since=self._kept_since,
                now=self._now,
                foreign=self._look.foreign.get(entity.name),
            )
            if wanted is None:
                return
            file = self.manifest.owe(
                entity.name,
                wanted.kind,
                schema=schema,
                from_seq=wanted.from_seq,
                to_seq=standing.to_seq,
                full_at=standing.full_at if wanted.kind == "full_sync" else None,
                run_id=self._run_id,
                note=self._noted(wanted, files, schema),
                now=self._now,
                after=self._look.foreign.get(entity.name),
            )
            self._write(file, entity)

    def _noted(self, wanted: NextFile, files: list[LakeFile], schema: pa.Schema) -> str | None:
        if wanted.note != OTHER_COLUMNS:
            return wanted.note
        return (
            f"{wanted.note}: {differences(self.manifest.columns_of(files[-1]), described(schema))}"
        )

    def _settle(self, entity: Entity) -> list[LakeFile]:
        """Write what is owed; returns the files there are afterwards."""
        files = self.manifest.files(entity.name)
        owed = [file for file in files if file.state != "published"]
        for file in owed:
            if self._can_write(file, entity):
                self._write(file, entity)
            else:
                # What it held cannot be made again: a new set begins.
                self._give_up(file)
        return self._retire_covered(self.manifest.files(entity.name) if owed else files)

    def _retire_covered(self, files: Sequence[LakeFile]) -> list[LakeFile]:
        """Retire files of changes whose changes a later file holds all; returns the others."""
        rest: list[LakeFile] = []
        for file in files:
            by = next((other for other in files if _covers(other, file)), None)
            if by:
                self.manifest.retire([file], now=self._now, by=by.lake_file_id)
            else:
                rest.append(file)
        return rest

    def _give_up(self, file: LakeFile) -> None:
        """A file that is not owed any more: one that may have been seen under its name is removed in time."""
        if file.sha256 is None:
            self._store.discard(file.path)
            self.manifest.forget(file)
        else:
            self.manifest.retire([file], now=self._now)

    def _can_write(self, file: LakeFile, entity: Entity) -> bool:
        is_kept = self._kept_since is None or file.planned_at >= self._kept_since
        return is_kept and file.schema_hash == hash_of(schema_of(entity.record))

    def compact(self, entity: Entity, chosen: Sequence[LakeFile], stamp: datetime) -> int:
        """Write one file of changes for several that follow each other; they are retired. Returns how many: 0 where what
        they held cannot be made any more. Raises as bring_up_to_date."""
        first, last = chosen[0], chosen[-1]
        if self._kept_since and last.planned_at < self._kept_since:
            return 0
        file = self.manifest.owe(
            entity.name,
            "sync_changes",
            schema=schema_of(entity.record),
            from_seq=first.from_seq,
            to_seq=last.to_seq,
            full_at=None,
            run_id=self._run_id,
            note=f"holds what {len(chosen)} files held",
            now=last.planned_at,
            stamp=stamp,
        )
        self._write(file, entity)
        self._retire_covered(self.manifest.files(entity.name))
        return len(chosen)

    def _standing(self, entity: Entity) -> Standing | None:
        """As far as core has followed: only whole reads. None where none has ended yet."""
        id, name = self._agreement.id, entity.name
        landed = watermark.progress(self._connection, id, "staging").get(name, 0)
        reached = watermark.progress(self._connection, id, "core").get(name, 0)
        full_at = cursor_of(watermark.load(self._connection, id, name)[0], Cursor).full_at
        # What has been read and never held a record is an empty set; what core has not seen is none yet.
        is_whole = reached > 0 or (landed == 0 and full_at is not None)
        # Ahead of core, staging has what no file shows yet: it was not that which was read in full.
        return Standing(reached, full_at if landed <= reached else None) if is_whole else None

    def _write(self, file: LakeFile, entity: Entity) -> None:
        if file.kind == "sync_changes" and not has_changes(self._connection, file):
            self._give_up(file)
            return
        with self._store.spill(file.path) as spilled:
            # Closed also when the writing fails: until then nothing else may use the connection.
            with (
                self._store.spilling(),
                closing(batches(self._connection, file, entity)) as rows,
            ):
                content = parquet.write(
                    spilled,
                    rows,
                    columns_read(file, entity),
                    constants(file),
                    schema_of(entity.record),
                    _metadata(file, entity),
                )
            self.manifest.written(file, content, now=self._now)
            self._store.publish(spilled, file.path, content.sha256)
        self.manifest.published(file)
        self.written.add(file, content)


def _covers(other: LakeFile, file: LakeFile) -> bool:
    both_are_changes = other.kind == file.kind == "sync_changes"
    holds_more = (other.to_seq - other.from_seq) > (file.to_seq - file.from_seq)
    return (
        both_are_changes
        and holds_more
        and other.from_seq <= file.from_seq
        and other.to_seq >= file.to_seq
    )


def _metadata(file: LakeFile, entity: Entity) -> dict[str, str]:
    """What a file says of itself, beside its rows: the same whenever it is written."""
    return {
        "saldo.agreement": file.agreement_id,
        "saldo.vendor": file.vendor,
        "saldo.entity": file.entity,
        "saldo.key": ",".join(entity.key_parts),
        "saldo.kind": file.kind,
        "saldo.schema": file.schema_hash,
        "saldo.from_seq": str(file.from_seq),
        "saldo.to_seq": str(file.to_seq),
        "saldo.run": file.run_id,
    }


def _told(misfits: int, problems: Sequence[tuple[str, Problem]]) -> str:
    """A sentence about values that do not fit, for ops.sync_run; empty where all do."""
    if not misfits:
        return ""
    named = "; ".join(f"{entity} {problem}" for entity, problem in problems[:5])
    return (
        f"{misfits} value(s) do not fit their column in the lake and are empty there: {named}. Correct them at "
        "the vendor; staging has them as received"
    )
