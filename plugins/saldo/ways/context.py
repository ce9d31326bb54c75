"""What landing offers a way of reading: pages in, rows down, tombstones, and the watermark beside
them.

A way says what to read and when it counts; these protocols hide how it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import msgspec

from saldo.declarations.entity import Entity
from saldo.declarations.source import Request, Row
from saldo.errors import Unavailable

from .conditions import Condition, Dated, OneOf
from .state import Cursor, Json


@dataclass(frozen=True)
class Chunk:
    """Decoded pages, landed in one transaction.

    next: Page.next of the last of them. announced: what its pages announced. keys: how many different
    keys the rows have. deleted: keys the vendor says are gone; no row here has one of them. span: the
    lowest and highest marker, of ways that mark progress by what can be compared (Way.span). stands_at: as
    Page has it, of the last page that tells it. about: as Page has it, of its first page. of_all: as Page has it, where
    all of its pages say the same.

    Keys and span are computed in the thread that decodes, while the warehouse takes the chunk before.
    """

    rows: list[Row]
    next: str | None
    announced: list[int]
    pages: int
    keys: int
    deleted: tuple[str, ...] = ()
    span: tuple[Any, Any] | None = None
    stands_at: str | None = None
    about: int | None = None
    of_all: int | None = None

    @classmethod
    def of(
        cls,
        rows: list[Row],
        next: str | None,
        announced: list[int],
        pages: int,
        *,
        deleted: tuple[str, ...] = (),
        span: tuple[Any, Any] | None = None,
        stands_at: str | None = None,
        about: int | None = None,
        of_all: int | None = None,
    ) -> Chunk:
        """A chunk of the rows of these pages; counts its keys."""
        keys = len({row.source_key for row in rows})
        return cls(rows, next, announced, pages, keys, deleted, span, stands_at, about, of_all)

    @property
    def newest(self) -> Any:
        """Its highest marker; None without markers."""
        return self.span and self.span[1]


class Written(NamedTuple):
    """What a chunk's deletions did. unseen: keys that went off the list of what was seen; deleted: rows
    that were tombstoned."""

    unseen: int = 0
    deleted: int = 0


class Rows(Protocol):
    """The rows of one entity of one agreement in staging, and the list of the keys that a read has seen.

    `among`: only rows for which all of the conditions hold. A number is a key, or its first part.
    """

    def live(self, *among: Condition) -> int:
        """How many rows are not tombstoned."""

    def highest(self) -> int:
        """The highest number there is a row of; 0 without rows."""

    def counts_by(self, width: int, *among: Condition) -> dict[int, int]:
        """How many live rows have their number in (part * width, (part + 1) * width], by part."""

    def forget_seen(self) -> None:
        """Empty the list."""

    def mark_seen(self, rows: Sequence[Row]) -> int:
        """Put keys on the list; returns how many of them were not on it yet."""

    def seen(self) -> int:
        """How many keys are on the list."""

    def seen_among(self, numbers: Sequence[str]) -> int:
        """How many keys with these numbers are on the list."""

    def unseen(self, *among: Condition) -> list[str]:
        """The numbers of live rows whose keys are not on the list, each once."""

    def values(self, field: str, *among: Condition) -> list[str]:
        """The values of a field in live rows, each once."""

    def dated_in(self, other: str, days: Dated) -> list[str]:
        """Keys of live rows of another entity of the same agreement, dated so."""

    def beside_seen(self, fields: Sequence[str]) -> list[str]:
        """Keys of live rows that are not on the list, and have the same in all of these fields as one that is."""

    def repair(self, among: Condition) -> None:
        """Let core write these rows again, changed or not, gone or not."""

    def reached(self, other: str) -> int:
        """The last change in staging of an entity of the same agreement; 0 before it first lands."""

    def changed_in(self, other: str, *, since: int) -> tuple[list[str], int]:
        """(keys of rows of the entity `other` that changed or went after `since`, its last change)"""

    def differing_in(self, other: str, field: str) -> list[str]:
        """Keys of live rows that the entity `other`, under the same keys, shows with another value of a
        numeric field, or does not show although it is not 0."""

    def are_shown(
        self,
        other: str,
        *,
        among: OneOf,
        number: str,
        amount: str,
        also: Sequence[tuple[str, str]],
    ) -> bool:
        """Whether the live rows are, one by one, what the entity `other` shows; see snapshot.Shown."""

    def text_of(self, other: str, key: str) -> str | None:
        """A record of another entity as a text that is another one when it differs; None where it is not there."""

    def naming_vanished(self, other: str, field: str, *, since: int) -> tuple[list[str], int]:
        """(numbers of rows not on the list whose `field` names a member of the entity `other` that was
        tombstoned after the change `since`, the last change of `other`).

        since 0: the entity had not landed when these rows were first read. They may name members that
        vanished before it did: then every member that is not there counts.
        """

    # --- a list of versions ------------------------------------------------------------------------

    def list_versions(
        self,
        listed: Iterable[Sequence[tuple[str, str]]],
        field: str,
        *,
        is_everything: bool,
        doubtful: tuple[int, int] | None,
    ) -> None:
        """Take a vendor's list (key, version; a key may come twice) for this try, and compare: wanted is what has no
        live row, or one whose `field` has another version; where is_everything, also what is not on the list of what
        was seen; and what has a version from doubtful[0] to doubtful[1]."""

    def wanted(self, *, after: str, limit: int) -> list[str]:
        """The next keys that are wanted and were not delivered, in their order."""

    def mark_delivered(self, keys: Sequence[str]) -> None:
        """These were landed."""

    def undelivered(self) -> int:
        """How many keys were wanted and not delivered."""

    def still_listed(self, listed: Iterable[Sequence[tuple[str, str]]]) -> list[str]:
        """Those of these that another list names, too, which takes the place of the one before."""

    def unlisted(self) -> list[str]:
        """Keys of live rows that the list does not name."""

    def live_in(self, others: Sequence[str], keys: Sequence[str], field: str) -> set[str]:
        """Those of the keys under which other entities of the same agreement have live rows whose `field`, a version,
        is not below that of the row here."""

    def lock_with(self, others: Sequence[str]) -> None:
        """Until the transaction ends nobody else who locks these together goes on."""


class LandingContext(Protocol):
    """One try at one entity of one agreement; its lock is held. Transactions are opened by the way."""

    entity: Entity
    run_id: str
    #: The highest number this run reads (AppendOnly.is_cut_off); None: all there are. `chunks` leaves out what is
    #: beyond it.
    cutoff: int | None

    @property
    def rows(self) -> Rows:
        """Its rows in staging."""

    def transaction(self) -> AbstractContextManager[Any]:
        """All of what is done within it, or nothing."""

    def commit_chunk(self) -> AbstractContextManager[None]:
        """A transaction of a read that goes on. Its commit does not wait for the disk: rows and watermark
        are kept or lost together, and the read's last commit waits for all."""

    def load(self) -> tuple[Json, Json]:
        """(cursor, resume) as stored; empty when the entity was never read, or no read is unfinished."""

    def save(self, cursor: Cursor, resume: msgspec.Struct | None) -> None:
        """Part of the transaction that holds the rows it is about, if one is open."""

    def measure(self, done: int, total: int | None = None, *, is_known_about: bool = False) -> None:
        """A set is read from here on, of which earlier tries have committed so many records; total: how many it holds, where
        that is known; is_known_about: it holds about as many as there are here. What `write` writes is counted, for people who
        look on; nothing else depends on it."""

    def chunks(
        self,
        request: Request,
        resume: str | None = None,
        *,
        arrange: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None,
    ) -> Iterator[Chunk]:
        """What the source sends, decoded, the next chunk while the warehouse takes one. arrange: cuts
        chunks otherwise. Raises the errors of the source, and BadResponse for a record not as declared."""

    def count(self, request: Request, *, upto: int | None = None) -> int | None:
        """See CountingSource.count; None where the source does not count."""

    @property
    def source(self) -> Any:
        """The vendor's client, for what only one way or silent change asks of it; each declares what it
        asks as a protocol of its own."""

    def write(self, chunk: Chunk, *, is_new: bool = False, deleted_before: int = 0) -> Written:
        """Write the rows of a chunk, then tombstone what it says is deleted.

        is_new: none of the rows can be there yet. deleted_before: rows that earlier chunks of the same read
        tombstoned; the guard judges them together. Raises BadResponse for a record that cannot be stored,
        DataRejected as tombstone.
        """

    def merge(self, rows: list[Row]) -> None:
        """Write rows that are there already, most of them unchanged. Raises as `write` does."""

    def tombstone(self, *among: Condition, is_deletion: bool = True) -> None:
        """Tombstone live rows whose keys are not on the list of what was seen. Raises DataRejected for a
        mass deletion that nobody confirmed. is_deletion: False for what has landed as another entity."""

    def is_mass_deletion(self, missing: int) -> bool:
        """Whether to tombstone so many rows would need somebody's word, given or not."""

    def guard_deletion(self, keys: Sequence[str]) -> None:
        """Raises DataRejected where to tombstone all of these would be a mass deletion that nobody confirmed."""

    def wants(self, other: str) -> bool:
        """Whether the agreement's file asks for another entity."""

    def cutoff_of(self, other: str) -> int | None:
        """The highest number of another entity that this run reads; None: all there are."""

    def has_landed(self, other: str) -> bool:
        """Whether another entity has landed in this very run, not long ago."""

    def set_aside(self) -> list[str]:
        """Keys of records that core could not hold, for ways that no mark of the vendor's tells of a correction. A hundred of
        them where they are more; another run gets others."""

    def note(self, words: str) -> None:
        """A sentence for whoever looks at the run: what was left out although nothing failed."""

    def incomplete(self, announced: int, found: int) -> Unavailable:
        """The error of a set that does not hold what the vendor announced."""
