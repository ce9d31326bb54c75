"""What every way of reading works with: pages in, rows down, tombstones, and the watermark beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from psycopg import DataError
from psycopg.errors import UniqueViolation

from saldo import audit, watermark
from saldo.agreement import Agreement
from saldo.entity import Entity
from saldo.errors import BadResponse, DataRejected, Unavailable
from saldo.plan import Wish
from saldo.prefetch import prefetched
from saldo.reading import Page, Read, Source
from saldo.records import Decoder, Row
from saldo.staging import Staging, Tombstones
from saldo.sync_run import Counts, SyncRun
from saldo.warehouse import Connection

#: Pages in one transaction: small enough to hold in memory, large enough to make COPY worth it.
PAGES_PER_CHUNK = 10
#: An unfinished read that is begun anew: until then no window may show what it left in staging.
INCOMPLETE = {"read": "incomplete"}


@dataclass(frozen=True)
class Chunk:
    """Decoded pages. What is asked of all rows is reckoned where they are decoded, since the warehouse
    waits while the thread that feeds it reckons. keys: how many different keys the rows have; newest and
    oldest: their highest and lowest marker, None without markers."""

    rows: list[Row]
    next: str | None
    announced: list[int]
    pages: int
    keys: int
    newest: Any = None
    oldest: Any = None

    @classmethod
    def of(cls, rows: list[Row], next: str | None, announced: list[int], pages: int) -> Chunk:
        markers = [row.marker for row in rows if row.marker is not None]
        newest, oldest = max(markers, default=None), min(markers, default=None)
        keys = len({row.source_key for row in rows})
        return cls(rows, next, announced, pages, keys, newest, oldest)


class Desk:
    """One entity of one agreement; callers hold the entity's lock and open the transactions."""

    def __init__(
        self,
        connection: Connection,
        source: Source,
        agreement: Agreement,
        entity: Entity,
        *,
        wish: Wish,
        sync_run: SyncRun,
    ) -> None:
        self.connection, self.source, self.entity = connection, source, entity
        self.run_id = sync_run.run.run_id
        self.where = f"{agreement.vendor} agreement {agreement.id!r}, entity {entity.name}"
        self.staging = Staging(
            connection,
            agreement.vendor,
            entity,
            agreement.id,
            self.run_id,
            is_thorough=wish.is_repair,
        )
        self._agreement, self._wish, self._sync_run = agreement, wish, sync_run
        self._decoder = Decoder(entity, self.where)

    # --- the watermark ---------------------------------------------------------------------------

    def following_from_here(self, cursor: watermark.Json) -> watermark.Json:
        """Before all of a set is read: what changes meanwhile in the entities it follows or names is followed
        beyond this. One that has not landed yet is left out."""
        named = [other for _, other in self.entity.refers]
        others = [*named, self.entity.follows[1]] if self.entity.follows else named
        if not others or "followed" in cursor:
            return cursor
        found = {other: self.staging.reached(other) for other in others}
        return {**cursor, "followed": {other: at for other, at in found.items() if at}}

    def load(self) -> tuple[watermark.Json, watermark.Json]:
        """(cursor, resume)"""
        return watermark.load(self.connection, self._agreement.id, self.entity.name)

    def save(self, cursor: watermark.Json, resume: watermark.Json | None) -> None:
        """Part of the transaction that holds the rows it speaks of, if one is open."""
        watermark.save(self.connection, self._agreement.id, self.entity.name, cursor, resume)
        self._sync_run.save()

    @contextmanager
    def step(self) -> Iterator[None]:
        """A transaction of a read that goes on. Its commit does not wait for the disk: rows and marker
        are kept or lost together, and the read's last commit waits for all."""
        with self.connection.transaction():
            self.connection.execute("set local synchronous_commit = off")
            yield

    # --- reading and writing ---------------------------------------------------------------------

    def chunks(
        self, read: Read, resume: str | None = None, *, by_number: bool = False
    ) -> Iterator[Chunk]:
        """by_number: the several records of one number come in one chunk."""
        chunks = self._decoded(self.source.pages(self.entity, read, resume=resume))
        if by_number and len(self.entity.key_parts) > 1:
            chunks = _whole_numbers(chunks)
        # The next chunk is decoded while the warehouse takes this one.
        for chunk in prefetched(chunks, ahead=1):
            self._sync_run.counts.pages += chunk.pages
            self._sync_run.counts.read += len(chunk.rows)
            yield chunk

    def _decoded(self, pages: Iterator[Page]) -> Iterator[Chunk]:
        while some := list(islice(pages, PAGES_PER_CHUNK)):
            rows = [row for page in some for row in self._decoder.rows(page)]
            announced = [page.announced for page in some if page.announced is not None]
            yield Chunk.of(rows, some[-1].next, announced, len(some))

    def merge_all(self, read: Read, *, upto: Any) -> int:
        """Merge a read into staging, part of the transaction that is open; records beyond the marker
        `upto` are left to the night that will read them whole. Returns how many keys were new to
        the list of what was seen."""
        seen = 0
        for chunk in self.chunks(read):
            rows = [row for row in chunk.rows if upto is None or row.marker <= upto]
            self.write(rows)
            seen += self.staging.mark_seen(rows)
        return seen

    def write(self, rows: list[Row], *, is_new: bool = False, are_different: bool = False) -> None:
        """Append what cannot be there yet, merge everything else. are_different: no two rows have one
        key."""
        if not rows:
            return
        can_append = are_different and (is_new or self.staging.is_empty())
        try:
            written = self._try_append(rows) if can_append else None
            written = written or self.staging.merge(rows)
        except DataError as error:
            raise BadResponse(
                f"a record cannot be stored ({str(error).splitlines()[0]}). Nothing of its pages was; "
                "correct it at the vendor"
            ) from None
        counts = self._sync_run.counts
        counts.inserted += written.inserted
        counts.updated += written.updated
        counts.unchanged += written.unchanged

    def _try_append(self, rows: list[Row]) -> Counts | None:
        try:
            with self.connection.transaction():
                return self.staging.append(rows)
        except UniqueViolation:
            # A read that was begun anew left them: rare, and merging is right for any rows.
            return None

    # --- tombstones ------------------------------------------------------------------------------

    def tombstone(self, keys: Sequence[str] | None) -> None:
        """Tombstone what the read has not seen: of `keys` only when given, else of the whole set. Who
        confirmed a mass deletion is in ops.audit; raises DataRejected for one nobody did."""
        found = self.staging.missing(keys)
        if not found.missing:
            return
        self._guard(found)
        self._sync_run.counts.deleted += self.staging.tombstone(keys)

    def _guard(self, found: Tombstones) -> None:
        guard = self._agreement.guard
        is_mass = (
            found.missing > guard.min_rows and found.missing > guard.max_delete_share * found.live
        )
        is_all = found.missing == found.live
        if not (is_mass or is_all) or self.entity.drains:
            return
        if not self._wish.confirm_deletes:
            raise DataRejected(
                f"{self.where}: the vendor no longer has {found.missing} of {found.live} records "
                f"(such as {', '.join(found.examples)}). Nothing was deleted. If that is right, start "
                "the DAG again with the parameter confirm_deletes switched on"
            )
        run = self._sync_run.run
        audit.record(
            self.connection,
            audit.Action.DELETES_CONFIRMED,
            actor=run.actor or audit.NOBODY,
            subject=self._agreement.key,
            run=run,
            detail={"entity": self.entity.name, "deleted": found.missing, "of": found.live},
        )

    # --- what is told ----------------------------------------------------------------------------

    def incomplete(self, announced: int, found: int) -> Unavailable:
        return Unavailable(
            f"the vendor announced {announced} records and sent {found}; the set is not whole and was "
            "not used. It is read again"
        )

    def report_drift(self) -> None:
        for name, records in sorted(dict(self._decoder.drift).items()):
            self.connection.execute(
                "insert into ops.drift values (%s, %s, %s, %s, clock_timestamp(), %s, %s) "
                "on conflict do nothing",
                [
                    self._agreement.id, self._agreement.vendor, self.entity.name, name,
                    self.run_id, records,
                ],
            )  # fmt: skip


def _whole_numbers(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The same rows, but the several records of one number always together: else a kill between two
    pages would leave some of them behind the marker, never to be read."""
    kept: list[Row] = []
    for chunk in chunks:
        rows, kept = kept + chunk.rows, []
        if chunk.next is not None and rows:
            last = rows[-1].marker
            kept = [row for row in rows if row.marker == last]
            rows = [row for row in rows if row.marker != last]
        yield Chunk.of(rows, chunk.next, chunk.announced, chunk.pages)
    if kept:
        yield Chunk.of(kept, None, [], 0)


def stamp() -> str:
    """Now, as markers of time are written."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> str:
    return datetime.now(UTC).isoformat()


def without_marker(cursor: watermark.Json) -> watermark.Json:
    return {name: value for name, value in cursor.items() if name != "marker"}
