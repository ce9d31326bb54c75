"""One agreement's rows of one staging table: appended by COPY, merged set-based, tombstoned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from psycopg import sql

from . import copy_binary, watermark
from .records import Row
from .staged_rows import StagedRows, Tombstones
from .staging_sql import INCOMING, MERGE, TOMBSTONE
from .sync_run import Counts

__all__ = ["Staging", "Tombstones"]


class Staging(StagedRows):
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
                what=sql.Literal(f"{self._entity.name} of {self._vendor}, as received."),
            )
            if self._entity.settles:
                self._run(
                    "create index if not exists {index} on {t} (agreement_id, source_key) "
                    "where deleted_at is null and (payload ->> {field})::numeric <> 0",
                    index=sql.Identifier(f"{self._vendor}_{self._entity.name}_open"),
                    field=sql.Literal(self._entity.settles),
                )
            if self._is_composite:
                self._run(
                    "create index if not exists {index} on {t} "
                    "(agreement_id, split_part(source_key, '|', 1))",
                    index=sql.Identifier(f"{self._vendor}_{self._entity.name}_number"),
                )

            if self._entity.follows:
                self._run(
                    "create index if not exists {index} on {t} (agreement_id, (payload ->> {field}))",
                    index=sql.Identifier(f"{self._vendor}_{self._entity.name}_of"),
                    field=sql.Literal(self._entity.follows[0]),
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
        self._note(change)
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
        row = self._run(
            MERGE,
            parameters={
                **self._who(),
                "change_seq": change,
                "is_thorough": self._is_thorough,
            },
        ).fetchone()
        distinct, inserted, updated = row or (0, 0, 0)
        if inserted or updated:
            self._note(change)
        self._connection.execute("drop table pg_temp.incoming")
        return Counts(inserted=inserted, updated=updated, unchanged=distinct - inserted - updated)

    def _copy(self, into: sql.SQL | sql.Composed, blocks: Iterable[bytes]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for block in blocks:
                copy.write(block)

    # --- what a read has seen --------------------------------------------------------------------

    def forget_seen(self) -> None:
        self._run(
            "delete from staging.seen where agreement_id = %(agreement_id)s and entity = %(entity)s",
            parameters=self._who(),
        )

    def mark_seen(self, rows: Sequence[Row]) -> int:
        """Returns how many of the rows' keys were not on the list yet."""
        keys = list(dict.fromkeys(row.source_key for row in rows))
        return self._run(
            "insert into staging.seen (agreement_id, entity, source_key) "
            "select %(agreement_id)s, %(entity)s, k from unnest(%(keys)s::text[]) as k "
            "on conflict do nothing",
            parameters={**self._who(), "keys": keys},
        ).rowcount

    def tombstone(self, keys: Sequence[str] | None = None) -> int:
        """Mark what `missing` counts as deleted, its payload copied to history; returns how many."""
        change = self._next_change()
        row = self._run(
            TOMBSTONE.replace("{among}", self._among(keys)),
            parameters={
                **self._who(),
                "keys": None if keys is None else list(keys),
                "change_seq": change,
            },
        ).fetchone()
        self._note(change)
        return int(row[0]) if row else 0

    def touch_window(self, start: date, end: date) -> None:
        """Let core see the rows dated start..end again, changed or not, gone or not: how a window is
        repaired."""
        change = self._next_change()
        self._run(
            "update {t} as s set change_seq = %(change_seq)s where s.agreement_id = %(agreement_id)s "
            "and left(s.payload ->> {field}, 10) between %(start)s and %(end)s",
            parameters={
                **self._who(),
                "change_seq": change,
                "start": start.isoformat(),
                "end": end.isoformat(),
            },
            field=sql.Literal(self._entity.window),
        )
        self._note(change)

    def _note(self, change: int) -> None:
        """Tell core that something changed; part of the transaction that changed it."""
        watermark.save_progress(
            self._connection, self._agreement_id, "staging", {self._entity.name: change}
        )

    def _next_change(self) -> int:
        return self._one("select nextval('staging.change_seq')", [])
