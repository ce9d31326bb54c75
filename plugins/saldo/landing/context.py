"""What landing offers a way of reading, on the warehouse: see saldo.ways.context."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import msgspec
from psycopg.errors import UniqueViolation

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import (
    CountingSource,
    Everything,
    Request,
    Row,
    SchemaSource,
    Source,
)
from saldo.errors import Unavailable, VendorError
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.runs.sync_run import Counts, SyncRun
from saldo.staging.records import Decoder
from saldo.staging.table import Staging, Tombstones
from saldo.transform.set_aside import UNSTORABLE
from saldo.transport.prefetch import prefetched
from saldo.vendors import entity_of
from saldo.warehouse.connection import Connection
from saldo.ways.append_only import Beyond
from saldo.ways.conditions import Condition, Keyed
from saldo.ways.context import Chunk, Written
from saldo.ways.modified_since import Since
from saldo.ways.state import Cursor, Json, as_json

from . import cutoffs
from .chunks import chunks_of
from .deletions import DeletionGuard
from .unstorable import refused

#: As many records that are set aside are read again in a run: a request or two.
_SET_ASIDE_AT_ONCE = 100


class WarehouseContext:
    """A LandingContext on the warehouse: one try at one entity of one agreement, whose lock the
    caller holds. LandingContext says what its methods promise."""

    def __init__(
        self,
        connection: Connection,
        source: Source,
        agreement: Agreement,
        entity: Entity,
        *,
        run_request: RunRequest,
        sync_run: SyncRun,
    ) -> None:
        self.source, self.entity = source, entity
        self._connection = connection
        self.run_id = sync_run.run.run_id
        self.where = f"{agreement.vendor} agreement {agreement.id!r}, entity {entity.name}"
        self.rows = Staging(
            connection,
            agreement.vendor,
            entity,
            agreement.id,
            self.run_id,
            is_thorough=run_request.is_repair,
        )
        self._agreement, self._sync_run = agreement, sync_run
        self._guard = DeletionGuard(
            connection, agreement, entity, run_request=run_request, run=sync_run.run
        )
        self._decoder = Decoder(entity, self.where)
        self._is_known_about = False
        #: Whether there was no row of the agreement when the first chunk came; None before it comes.
        self._is_first_load: bool | None = None
        self.cutoff = cutoffs.of_run(connection, agreement.id, entity, sync_run.run)

    # --- the watermark ---------------------------------------------------------------------------

    def load(self) -> tuple[Json, Json]:
        return watermark.load(self._connection, self._agreement.id, self.entity.name)

    def save(self, cursor: Cursor, resume: msgspec.Struct | None) -> None:
        watermark.save(
            self._connection,
            self._agreement.id,
            self.entity.name,
            as_json(cursor),
            as_json(resume) if resume else None,
        )
        self._sync_run.save()

    def transaction(self) -> AbstractContextManager[Any]:
        return self._connection.transaction()

    @contextmanager
    def commit_chunk(self) -> Iterator[None]:
        with self._sync_run.meter.undone(), self.transaction():
            self._connection.execute("set local synchronous_commit = off")
            yield

    # --- reading and writing ---------------------------------------------------------------------

    def measure(self, done: int, total: int | None = None, *, is_known_about: bool = False) -> None:
        self._sync_run.meter.begin(done=done, total=total)
        self._is_known_about = is_known_about

    def chunks(
        self,
        request: Request,
        resume: str | None = None,
        *,
        arrange: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None,
    ) -> Iterator[Chunk]:
        chunks = chunks_of(
            self.source.pages(self.entity, request, resume=resume), self._decoder, upto=self.cutoff
        )
        if arrange:
            chunks = arrange(chunks)
        # The next chunk is decoded while the warehouse takes this one.
        for nth, chunk in enumerate(prefetched(chunks, ahead=1)):
            if nth == 1:
                self._look_up_total(request)
            self._sync_run.counts.pages += chunk.pages
            self._sync_run.counts.read += len(chunk.rows)
            self._expect(chunk)
            yield chunk

    def _look_up_total(self, request: Request) -> None:
        """Of a set that has more than a chunk, which few have, and whose pages do not say how many it holds."""
        meter = self._sync_run.meter
        if meter.begun is None or meter.total is not None:
            return
        if self._is_known_about:
            meter.expect(self.rows.live(), is_estimate=True)
        elif isinstance(request, Everything | Since | Beyond):
            with suppress(VendorError):  # nothing depends on it
                found = self.count(request, upto=self.cutoff)
                # Beyond a number is what is left; the others are whole sets, wherever their reading goes on.
                before = meter.begun if isinstance(request, Beyond) else 0
                if found is not None:
                    meter.expect(before + found, is_estimate=True)

    def _expect(self, chunk: Chunk) -> None:
        """What is announced is of the whole set, what it is about of what is left of it."""
        meter = self._sync_run.meter
        if chunk.announced:
            meter.expect(chunk.announced[-1])
        elif chunk.about is not None:
            meter.expect((meter.done or 0) + chunk.about, is_estimate=True)

    def count(self, request: Request, *, upto: int | None = None) -> int | None:
        if not isinstance(self.source, CountingSource):
            return None
        return self.source.count(self.entity, request, upto=upto)

    def write(self, chunk: Chunk, *, is_new: bool = False, deleted_before: int = 0) -> Written:
        if self._is_first_load is None:
            self._is_first_load = self.rows.is_empty()
        are_different = chunk.keys == len(chunk.rows)
        self._put(chunk.rows, can_append=are_different and (is_new or self._is_first_load))
        self._sync_run.meter.add(chunk.keys)
        if not chunk.deleted:
            return Written()
        unseen = self.rows.unsee(chunk.deleted)
        # Judged together with earlier pages: page by page a mass deletion would look small.
        return Written(unseen, self._tombstone([Keyed(chunk.deleted)], before=deleted_before))

    def merge(self, rows: list[Row]) -> None:
        self._put(rows, can_append=False)

    def _put(self, rows: list[Row], *, can_append: bool) -> None:
        if not rows:
            return
        with self.transaction():
            try:
                written = self._try_append(rows) if can_append else None
                written = written or self._merge(rows)
            except UNSTORABLE as error:
                raise refused(
                    self._connection, self.entity, rows, error, store=self.rows.merge
                ) from None
        counts = self._sync_run.counts
        counts.inserted += written.inserted
        counts.updated += written.updated
        counts.unchanged += written.unchanged

    def _merge(self, rows: list[Row]) -> Counts:
        with self.transaction():
            return self.rows.merge(rows)

    def _try_append(self, rows: list[Row]) -> Counts | None:
        try:
            with self.transaction():
                return self.rows.append(rows)
        except UniqueViolation:
            # A read that started over has left them, or a page has them again: rare, and merging is right for any rows.
            self._is_first_load = False
            return None

    # --- tombstones ------------------------------------------------------------------------------

    def tombstone(self, *among: Condition, is_deletion: bool = True) -> None:
        """See LandingContext.tombstone. Who confirmed a mass deletion is in ops.audit."""
        if is_deletion:
            self._tombstone(among)
        else:
            self._sync_run.counts.deleted += self.rows.tombstone(*among)

    def _tombstone(self, among: Sequence[Condition], *, before: int = 0) -> int:
        """Returns how many. before: how many were tombstoned already that count as the same deletion."""
        found = self.rows.missing(*among)
        if not found.missing:
            return 0
        kept = "Nothing more was deleted" if before else "Nothing was deleted"
        found_so_far = Tombstones(found.missing + before, found.live + before, found.examples)
        self._guard.check(found_so_far, kept, is_done=True)
        deleted = self.rows.tombstone(*among)
        self._sync_run.counts.deleted += deleted
        return deleted

    def wants(self, other: str) -> bool:
        return self._agreement.wants(other)

    def cutoff_of(self, other: str) -> int | None:
        entity = entity_of(self._agreement.vendor, other)
        return cutoffs.of_run(self._connection, self._agreement.id, entity, self._sync_run.run)

    def has_landed(self, other: str) -> bool:
        return self._sync_run.has_succeeded(other)

    def is_mass_deletion(self, missing: int) -> bool:
        """See LandingContext.is_mass_deletion."""
        return missing > 0 and self._guard.is_mass(Tombstones(missing, self.rows.live(), ()))

    def guard_deletion(self, keys: Sequence[str]) -> None:
        """See LandingContext.guard_deletion."""
        found = Tombstones(len(keys), self.rows.live(), tuple(keys[:5]))
        self._guard.check(found, "Nothing was deleted")

    # --- what is reported ------------------------------------------------------------------------

    def set_aside(self) -> list[str]:
        """See LandingContext.set_aside."""
        rows = self._connection.execute(
            "select source_key from ops.set_aside where agreement_id = %s and entity = %s "
            "order by hashtext(source_key || %s), source_key limit %s",
            [self._agreement.id, self.entity.name, self.run_id, _SET_ASIDE_AT_ONCE],
        )
        return [key for (key,) in rows]

    def note(self, words: str) -> None:
        """See LandingContext.note."""
        self._sync_run.note = "; ".join(filter(None, (self._sync_run.note, words)))

    def incomplete(self, announced: int, found: int) -> Unavailable:
        return Unavailable(
            f"the vendor announced {announced} records and sent {found}; the set is not whole and was "
            "not used. It is read again"
        )

    def report_drift(self) -> None:
        """What the vendor's records have that the declaration does not know, and what they no longer have."""
        lacking = self.source.lacking(self.entity) if isinstance(self.source, SchemaSource) else ()
        if lacking:
            self.note(f"the vendor's schema has no {', '.join(lacking)}: empty in what was read")
        for name, records in sorted(dict(self._decoder.drift).items()):
            self._connection.execute(
                "insert into ops.drift (agreement_id, vendor, entity, field, first_seen_at, run_id, records) "
                "values (%s, %s, %s, %s, clock_timestamp(), %s, %s) on conflict do nothing",
                [
                    self._agreement.id, self._agreement.vendor, self.entity.name, name,
                    self.run_id, records,
                ],
            )  # fmt: skip
