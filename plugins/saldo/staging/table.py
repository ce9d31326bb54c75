"""One agreement's rows of one staging table: appended by COPY, merged set-based, tombstoned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
from psycopg import sql

from saldo.declarations.entity import Index
from saldo.declarations.source import Row
from saldo.runs import watermark
from saldo.runs.sync_run import Counts
from saldo.ways.conditions import Condition, Keyed

from . import copy_binary
from .listed import ListedRows
from .rows import Tombstones
from .statements import INCOMING, MERGE, TOMBSTONE

__all__ = ["Staging", "Tombstones"]


class Staging(ListedRows):
    """Writes rows of (vendor, entity, agreement). Callers hold the entity's lock and open the
    transaction."""

    def ensure_table(self) -> None:
        """Make the table like staging.template when an entity lands for the first time."""
        row = self._connection.execute("select to_regclass(%s)", [self._name]).fetchone()
        if row and row[0]:
            return
        with self._connection.transaction():
            self._connection.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [self._name]
            )
            self._run("create table if not exists {t} (like staging.template including all)")
            self._run(
                "comment on table {t} is {what}",
                {"what": sql.Literal(f"{self._entity.name} of {self._vendor}, as received.")},
            )
            if self._is_composite:
                self._make(Index("number", "", "agreement_id, split_part(source_key, '|', 1)"))
            for index in self._entity.indexes:
                self._make(index)

    def _make(self, index: Index) -> None:
        where = f" where {index.where}" if index.where else ""
        self._run(
            f"create index if not exists {{index}} on {{t}} ({index.on}){where}",
            {
                "index": sql.Identifier(f"{self._vendor}_{self._entity.name}_{index.name}"),
                "field": sql.Literal(index.field),
            },
        )

    # --- writing ---------------------------------------------------------------------------------

    def append(self, rows: Sequence[Row]) -> Counts:
        """COPY rows none of which is there yet; raises UniqueViolation when one is."""
        change = self._next_change()
        before = (copy_binary.text(self._agreement_id),)
        after = (
            copy_binary.instant(datetime.now(UTC)),
            copy_binary.text(self._run_id),
            copy_binary.bigint(change),
        )
        into = sql.SQL(
            "copy {t} (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq) "
            "from stdin (format binary)"
        ).format(t=self._table)
        self._copy(into, copy_binary.stream(rows, before=before, after=after))
        self._note_change(change)
        return Counts(inserted=len(rows))

    def merge(self, rows: Sequence[Row]) -> Counts:
        """Insert what is new, replace what differs (the old payload goes to history), leave the rest.

        Of several rows with one key the latest wins.
        """
        self._connection.execute(INCOMING)
        into = sql.SQL(
            "copy pg_temp.incoming (source_key, payload, payload_hash) from stdin (format binary)"
        )
        self._copy(into, copy_binary.stream(rows))
        change = self._next_change()
        row = self._run(MERGE, change_seq=change, is_thorough=self._is_thorough).fetchone()
        distinct, inserted, updated = row or (0, 0, 0)
        if inserted or updated:
            self._note_change(change)
        self._connection.execute("drop table pg_temp.incoming")
        return Counts(inserted=inserted, updated=updated, unchanged=distinct - inserted - updated)

    def _copy(self, into: sql.SQL | sql.Composed, blocks: Iterable[bytes]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for block in blocks:
                copy.write(block)

    # --- what a read has seen --------------------------------------------------------------------

    def forget_seen(self) -> None:
        """Empty the list."""
        self._run(
            "delete from staging.seen where agreement_id = %(agreement_id)s and entity = %(entity)s"
        )

    def unsee(self, keys: Sequence[str]) -> int:
        """Take keys off the list: what was seen is gone after all. Returns how many were on it."""
        return self._run(
            "delete from staging.seen as s where s.agreement_id = %(agreement_id)s "
            "and s.entity = %(entity)s and {where}",
            among=[Keyed(keys)],
        ).rowcount

    def mark_seen(self, rows: Sequence[Row]) -> int:
        """Returns how many of the rows' keys were not on the list yet."""
        # As JSON, since a list of so many costs the driver ten times as much.
        keys = msgspec.json.encode([row.source_key for row in rows]).decode()
        return self._run(
            "insert into staging.seen (agreement_id, entity, source_key) "
            "select %(agreement_id)s, %(entity)s, k from jsonb_array_elements_text(%(keys)s::jsonb) as k "
            "on conflict do nothing",
            keys=keys,
        ).rowcount

    def tombstone(self, *among: Condition) -> int:
        """Mark what `missing` counts as deleted, its payload copied to history; returns how many."""
        change = self._next_change()
        with self.compared_by_hash():
            deleted = self._one(TOMBSTONE, among=among, change_seq=change)
        self._note_change(change)
        return deleted

    def repair(self, among: Condition) -> None:
        """Let core write these rows again, changed or not, gone or not: how a window is repaired.
        For whoever follows changes nothing has changed."""
        change = self._next_change()
        self._run(
            "update {t} as s set repair_seq = %(change_seq)s "
            "where s.agreement_id = %(agreement_id)s and {where}",
            among=[among],
            change_seq=change,
        )
        self._note_change(change)

    def _note_change(self, change: int) -> None:
        """Tell core that there is something to write; part of the transaction that changed it."""
        watermark.save_progress(
            self._connection, self._agreement_id, "staging", {self._entity.name: change}
        )

    def _next_change(self) -> int:
        return self._one("select nextval('staging.change_seq')")
