"""Landing: pages of one entity into staging, rows and marker in one transaction per chunk, then core.

A kill at any instant leaves whole chunks and a marker that fits them; the next try goes on from there.
A set that is not what the vendor announced never counts as whole: it tombstones nothing, its marker
goes back to where the read began, and core (and so every fact) does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from psycopg.errors import UniqueViolation

from . import watermark
from .config import Agreement
from .core import to_core
from .entity import Entity
from .errors import DataRejected, Unavailable, VendorError
from .plan import Wish, parse_state, plan
from .reading import EVERYTHING, OPEN, Page, Read, Source
from .records import Decoder, Row
from .staging import Staging, Tombstones
from .sync_run import Counts, SyncRun
from .warehouse import Connection, exclusive

#: Pages in one transaction: small enough to hold in memory, large enough to make COPY worth it.
PAGES_PER_CHUNK = 10


_HELD_BACK = (
    "the window is staged, but an earlier read is unfinished: facts show it when a night has read the "
    "whole set"
)


@dataclass(frozen=True)
class Chunk:
    rows: list[Row]
    next: str | None
    announced: list[int]


class Landing:
    """One try at one entity of one agreement; the entity's lock is held throughout."""

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
        self._connection, self._source = connection, source
        self._agreement, self._entity = agreement, entity
        self._wish, self._sync_run = wish, sync_run
        self._where = f"{agreement.vendor} agreement {agreement.id!r}, entity {entity.name}"
        self._staging = Staging(
            connection, agreement.vendor, entity, agreement.id, sync_run.run.run_id
        )
        self._decoder = Decoder(entity, self._where)

    def run(self, *, now: datetime) -> Read:
        """Land what the plan says and bring core up to date; returns what was read.

        Raises the errors of transport.get; BadResponse for a record not as declared; Unavailable for
        a set that is incomplete; DataRejected for a mass deletion nobody confirmed.
        """
        self._sync_run.watch(self._source.usage)
        agreement = self._agreement
        with exclusive(self._connection, agreement.id, self._entity.name):
            cursor, resume = watermark.load(self._connection, agreement.id, self._entity.name)
            read = plan(
                self._entity,
                self._wish,
                parse_state(cursor, resume),
                full_refresh=agreement.full_refresh,
                now=now,
            )
            if read.kind == "nothing":
                self._sync_run.skip(read.reason)
                return read
            self._check_identity()
            self._staging.ensure_table()
            try:
                self._read(read, cursor, resume)
            except VendorError as error:
                raise error.within(self._where) from None
            finally:
                self._report_drift()
            if read.kind == "window" and resume:
                self._sync_run.note = _HELD_BACK
            else:
                self._to_core(everything=self._wish.mode == "full")
        return read

    def _read(self, read: Read, cursor: watermark.Json, resume: watermark.Json) -> None:
        if read.kind == "window":
            self._window(read, cursor)
        elif read.kind == "since" and self._entity.is_key_ordered:
            marker = self._growing(read, cursor, resume)
            if self._entity.settles and read.marker:
                self._settling(marker)
        elif read.kind == "since":
            self._set(read, cursor, resume)
            self._find_deleted()
        else:
            self._set(read, cursor, resume)

    def _check_identity(self) -> None:
        """Another company's tokens would load another company's books: look before anything lands."""
        row = self._connection.execute(
            "select agreement_number from core.agreement where agreement_id = %s",
            [self._agreement.id],
        ).fetchone()
        self._source.check_identity(row[0] if row else None)

    # --- sets in key order -----------------------------------------------------------------------

    def _growing(self, read: Read, cursor: watermark.Json, resume: watermark.Json) -> Any:
        """Records beyond the marker, in key order: the marker moves with every chunk; returns the last.

        `resume` remembers where a read began and how many records it holds, so that one that was
        killed is still checked as a whole.
        """
        is_same = resume.get("read") == "since"
        begun = resume["from"] if is_same else read.marker or 0
        rows: int = resume["rows"] if is_same else 0
        marker: Any = read.marker or 0
        for chunk in self._chunks(read, None):
            fresh = {row.marker for row in chunk.rows if row.marker > marker}
            with self._connection.transaction():
                self._write(chunk.rows, in_order=_is_growing(chunk.rows, marker))
                marker, rows = max(fresh, default=marker), rows + len(fresh)
                cursor = {**cursor, "marker": marker}
                self._save(cursor, {"read": "since", "from": begun, "rows": rows})
        announced = self._source.count(self._entity, Read.since(begun), upto=marker)
        if announced is not None and announced != rows:
            self._save({**cursor, "marker": begun} if begun else _without_marker(cursor), None)
            raise self._incomplete(announced, rows)
        if not begun:
            cursor = {**cursor, "full_at": _now()}
        self._save(cursor, None)
        return marker

    def _settling(self, marker: Any) -> None:
        """Old records that change in silence: read those that are open, and those that were. All of it
        or nothing: a part of it would show vouchers of which one line is new."""
        with self._connection.transaction():
            self._staging.forget_seen()
            self._merge_all(OPEN, upto=marker)
            self._again(self._staging.unseen_open(), upto=marker)

    def _again(self, keys: Sequence[str], *, upto: Any) -> None:
        """Read records again by key; what the vendor no longer has is tombstoned."""
        if keys:
            self._merge_all(Read.of_keys(keys), upto=upto)
            self._tombstone(keys)

    # --- sets in any order -----------------------------------------------------------------------

    def _set(self, read: Read, cursor: watermark.Json, resume: watermark.Json) -> None:
        """A whole set (or what changed in it): marker and tombstones only at its end."""
        what = f"{read.kind} {read.marker}"
        seen = self._staging.seen()
        run_id = self._sync_run.run.run_id
        # A page number means nothing a day later; a key does.
        is_fresh = resume.get("run") == run_id or self._entity.is_key_ordered
        goes_on = resume.get("read") == what and resume["seen"] == seen and is_fresh
        if not goes_on:
            resume = {"read": what, "run": run_id, "next": None, "marker": None, "seen": 0}
            with self._connection.transaction():
                self._staging.forget_seen()
        announced: int | None = resume.get("announced")
        for chunk in self._chunks(read, resume["next"]):
            announced = self._unchanged(announced, chunk)
            with self._connection.transaction():
                self._write(chunk.rows, in_order=False)
                self._staging.mark_seen(chunk.rows)
                resume = {
                    **resume,
                    "next": chunk.next,
                    "marker": _newest(resume["marker"], chunk.rows),
                    "seen": self._staging.seen(),
                    "announced": announced,
                }
                self._save(cursor, resume)
        self._finish_set(read, cursor, resume, announced)

    def _unchanged(self, announced: int | None, chunk: Chunk) -> int | None:
        """Offset paging has no snapshot: a set whose size changes while it is read has shifted, and a
        record may have slipped from one page to another unseen."""
        for found in chunk.announced:
            if announced is not None and found != announced:
                self._restart()
                raise Unavailable(
                    f"the vendor announced {announced} records, then {found}: the set changed while it "
                    "was read. It is read again from its start"
                )
            announced = found
        return announced

    def _restart(self) -> None:
        """Forget an unfinished read: the next try begins at its start."""
        cursor, _ = watermark.load(self._connection, self._agreement.id, self._entity.name)
        self._save(cursor, None)

    def _finish_set(
        self, read: Read, cursor: watermark.Json, resume: watermark.Json, announced: int | None
    ) -> None:
        if announced is None:
            upto = resume["marker"] if self._entity.is_key_ordered else None
            announced = self._source.count(self._entity, read, upto=upto)
        if announced is not None and announced != resume["seen"]:
            self._save(cursor, None)
            raise self._incomplete(announced, resume["seen"])
        with self._connection.transaction():
            if read.kind == "everything":
                self._tombstone(None)
                cursor = {**_without_marker(cursor), "full_at": _now()}
            markers = [m for m in (cursor.get("marker"), resume["marker"]) if m is not None]
            if markers:
                newest = max(markers)
                # A stamp from the future would hide every change until that day.
                is_instant = isinstance(newest, str)
                cursor = {**cursor, "marker": min(newest, _stamp()) if is_instant else newest}
            self._staging.forget_seen()
            self._save(cursor, None)

    def _find_deleted(self) -> None:
        """Deletions are announced nowhere: when the vendor's count is another one, read all keys."""
        announced = self._source.count(self._entity, EVERYTHING)
        if announced is not None and announced != self._staging.live():
            cursor, _ = watermark.load(self._connection, self._agreement.id, self._entity.name)
            self._set(EVERYTHING, cursor, {})

    # --- windows ---------------------------------------------------------------------------------

    def _window(self, read: Read, cursor: watermark.Json) -> None:
        """Read a window again by date, all of it or nothing; rows gone from it are looked up by key.

        No marker moves, and what lies beyond the marker is left to the night: a window could hold one
        line of a voucher whose others are dated outside.
        """
        upto = cursor.get("marker") if self._entity.is_key_ordered else None
        with self._connection.transaction():
            self._staging.forget_seen()
            self._merge_all(read, upto=upto)
            announced = self._source.count(self._entity, read, upto=upto)
            seen = self._staging.seen()
            if announced is not None and announced != seen:
                raise self._incomplete(announced, seen)
            if read.start and read.end:
                self._again(self._staging.unseen_in_window(read.start, read.end), upto=upto)
            self._staging.touch_seen()

    # --- chunks ----------------------------------------------------------------------------------

    def _chunks(self, read: Read, resume: str | None) -> Iterator[Chunk]:
        pages = self._source.pages(self._entity, read, resume=resume)
        while some := list(islice(pages, PAGES_PER_CHUNK)):
            yield self._decoded(some)

    def _decoded(self, pages: list[Page]) -> Chunk:
        rows = [row for page in pages for row in self._decoder.rows(page)]
        self._sync_run.counts.pages += len(pages)
        self._sync_run.counts.read += len(rows)
        announced = [page.announced for page in pages if page.announced is not None]
        return Chunk(rows, pages[-1].next, announced)

    def _merge_all(self, read: Read, *, upto: Any) -> None:
        """Merge a read into staging, part of the transaction that is open; records beyond the marker
        `upto` are left to the night that will read them whole."""
        for chunk in self._chunks(read, None):
            rows = [row for row in chunk.rows if upto is None or row.marker <= upto]
            self._write(rows, in_order=False)
            self._staging.mark_seen(rows)

    def _write(self, rows: list[Row], *, in_order: bool) -> None:
        """Append what cannot be there yet, merge everything else."""
        if not rows:
            return
        can_append = in_order or (_are_different(rows) and self._staging.is_empty())
        written = self._try_append(rows) if can_append else None
        written = written or self._staging.merge(rows)
        counts = self._sync_run.counts
        counts.inserted += written.inserted
        counts.updated += written.updated
        counts.unchanged += written.unchanged

    def _try_append(self, rows: list[Row]) -> Counts | None:
        try:
            with self._connection.transaction():
                return self._staging.append(rows)
        except UniqueViolation:
            # A window read it before the night did: rare, and merging is right for any rows.
            return None

    # --- ends ------------------------------------------------------------------------------------

    def _tombstone(self, keys: Sequence[str] | None) -> None:
        found = self._staging.missing(keys)
        if not found.missing:
            return
        self._guard(found, whole=keys is None)
        self._sync_run.counts.deleted += self._staging.tombstone(keys)

    def _guard(self, found: Tombstones, *, whole: bool) -> None:
        guard = self._agreement.guard
        is_mass = (
            found.missing > guard.min_rows and found.missing > guard.max_delete_share * found.live
        )
        is_all = whole and found.missing == found.live
        if (is_mass or is_all) and not self._wish.confirm_deletes:
            raise DataRejected(
                f"{self._where}: the vendor no longer has {found.missing} of {found.live} records "
                f"(such as {', '.join(found.examples)}). Nothing was deleted. If that is right, start "
                "the DAG again with the parameter confirm_deletes switched on"
            )

    def _incomplete(self, announced: int, found: int) -> Unavailable:
        return Unavailable(
            f"the vendor announced {announced} records and sent {found}; the set is not whole and was "
            "not used. It is read again"
        )

    def _save(self, cursor: watermark.Json, resume: watermark.Json | None) -> None:
        watermark.save(self._connection, self._agreement.id, self._entity.name, cursor, resume)
        self._sync_run.save()

    def _report_drift(self) -> None:
        for name, records in sorted(self._decoder.drift.items()):
            self._connection.execute(
                "insert into ops.drift values (%s, %s, %s, %s, clock_timestamp(), %s, %s) "
                "on conflict do nothing",
                [
                    self._agreement.id, self._agreement.vendor, self._entity.name, name,
                    self._sync_run.run.run_id, records,
                ],
            )  # fmt: skip

    # --- core ------------------------------------------------------------------------------------

    def _to_core(self, *, everything: bool) -> None:
        to_core(
            self._connection,
            self._agreement.vendor,
            self._entity,
            self._agreement.id,
            everything=everything,
        )


def _is_growing(rows: Sequence[Row], marker: Any) -> bool:
    """Whether the rows are in key order, all beyond the marker."""
    for row in rows:
        if row.marker <= marker:
            return False
        marker = row.marker
    return True


def _are_different(rows: Sequence[Row]) -> bool:
    return len({row.source_key for row in rows}) == len(rows)


def _newest(marker: Any, rows: Sequence[Row]) -> Any:
    markers = [row.marker for row in rows if row.marker is not None]
    return max([*markers, *([] if marker is None else [marker])], default=None)


def _without_marker(cursor: watermark.Json) -> watermark.Json:
    return {name: value for name, value in cursor.items() if name != "marker"}


def _stamp() -> str:
    """Now, as markers of time are written."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _now() -> str:
    return datetime.now(UTC).isoformat()
