"""What a vendor's client is asked for and what it returns: shared by the ways of reading and the
vendors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from .entity import Entity


@dataclass(frozen=True)
class Request:
    """What a source is asked for. A request that only one way of reading makes is declared with
    that way."""


@dataclass(frozen=True)
class Everything(Request):
    """The whole set: what is missing from it is gone."""


#: No number that grows is larger; one that were would hide all that come after it.
LARGEST = 2**62


@dataclass(frozen=True)
class Range(Request):
    """Records with after < number <= upto; the number is their key, or its first part."""

    after: int
    upto: int


@dataclass(frozen=True)
class Days(Request):
    """Records dated first..last in the entity's `window` field, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Keys(Request):
    """Records whose key, or its first part, is one of these."""

    keys: tuple[str, ...]


EVERYTHING = Everything()


#: A record as it came: a piece of the answer it came in, or bytes of its own.
Received = msgspec.Raw | bytes


@dataclass(frozen=True)
class Page:
    """Records as received (raw JSON bytes each), how to go on after them, what the vendor
    announced.

    next: opaque, None on the last page. announced: how many records the whole read holds, if the
    vendor says so. deleted: keys of records the vendor says are gone, joined as landing joins them
    (parts by `|`). No key is both here and among the records of the same page; what a later page
    says wins. stands_at: of a stream of changes, the cursor of what comes after this page, where the vendor's
    pages tell it. of_all: how many records there are without the request's filter, where the vendor's pages say so.
    about: how many records this page and those after it hold, as far as is known; it is shown to people,
    nothing else depends on it.
    """

    records: Sequence[Received]
    next: str | None
    announced: int | None = None
    deleted: tuple[str, ...] = ()
    stands_at: str | None = None
    about: int | None = None
    of_all: int | None = None


class Row(msgspec.Struct, gc=False):
    """A record ready to land: storable payload, hash of the bytes received, and the value of the field
    that its way of reading marks progress by (None where it marks none)."""

    source_key: str
    payload: bytes
    payload_hash: bytes
    marker: Any


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document whose PDF a vendor hands out.

    name: as in mart.dim_document.kind. path: at the vendor, with {number}. number: the column of
    dim_document that holds the number the vendor hands it out by.
    """

    name: str
    path: str
    number: Literal["document_number", "attached_document_number"]


class Usage:
    """What a client has spent so far, in any of its threads: counters of `ops.sync_run`.

    allowed: how many requests it may make at all, None for as many as it likes.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.throttled = 0
        self.bytes_in = 0
        self.allowed: int | None = None
        self._lock = threading.Lock()

    def snapshot(self) -> tuple[int, int, int, int]:
        """requests, retries, throttled, bytes_in"""
        with self._lock:
            return self.requests, self.retries, self.throttled, self.bytes_in

    @property
    def is_spent(self) -> bool:
        """Whether no further request is allowed."""
        return self.allowed is not None and self.requests >= self.allowed

    def add(
        self, *, requests: int = 0, retries: int = 0, throttled: int = 0, bytes_in: int = 0
    ) -> None:
        """Add to the counters."""
        with self._lock:
            self.requests += requests
            self.retries += retries
            self.throttled += throttled
            self.bytes_in += bytes_in


class RequestBudget(Protocol):
    """What spends an agreement's requests.

    daily_calls: requests an agreement may make in 24 hours by the vendor's fair-use rule, None if it
    names none.
    """

    usage: Usage
    daily_calls: int | None


class Source(RequestBudget, Protocol):
    """A vendor's client for one agreement: what every vendor can do. It handles the requests that
    the ways of its own entities make, and no others."""

    def check_identity(self, known: str | None) -> str:
        """The vendor's own id of the company; raises ConfigError when it is not `known`."""

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        """Pages in the vendor's order, from `resume` (a Page.next) on."""

    def sample(self, entity: Entity) -> Page:
        """The beginning of an entity, asked for as a night does and in as few requests as possible:
        shows what the credentials reach and how it is written. Raises as `pages` does."""


@runtime_checkable
class CountingSource(Protocol):
    """A source that counts. Without counts a set is whole when its pages end, and deletions are
    found when everything is read."""

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        """How many records the vendor holds for this request (numbers up to `upto`); None where it
        does not say."""


@runtime_checkable
class CutoffSource(Protocol):
    """A source that says how far an entity with growing numbers goes."""

    def highest(self, entity: Entity, after: int) -> int | None:
        """The highest number there is now, `after` where nothing is beyond it; None where the vendor does
        not say, or what it says cannot be right. Raises as `pages` does."""


@runtime_checkable
class CheckedSource(Protocol):
    """A source that asks for nobody's books but the company's, and so must know which these are."""

    def opens(self, company: str) -> None:
        """The vendor's own id of the company, which this run has checked already."""


@runtime_checkable
class PacedSource(Protocol):
    """A source of a vendor that limits calls, and whose answers do not tell how many are left."""

    def share_pace(self, dsn: str) -> None:
        """Keep the limit together with everything that uses the same credentials; dsn: the warehouse's."""


@runtime_checkable
class LimitedClient(Protocol):
    """A client whose calls may be limited further than its vendor does."""

    def limit(self, limiter: Any) -> None:
        """Keep this limit (saldo.transport.limiter.WindowLimiter) besides the vendor's own."""


@runtime_checkable
class RenewingSource(Protocol):
    """A source whose token may run out, and is renewed by another."""

    def keep_tokens(self, dsn: str) -> None:
        """Keep renewed tokens where the next task finds them; dsn: the warehouse's. Before that none is renewed."""


class Misfit(NamedTuple):
    """What of a declaration does not fit the vendor's schema, in words that name the field. is_fatal: it cannot be
    read so; otherwise it can, as yet."""

    says: str
    is_fatal: bool = True


@runtime_checkable
class SchemaSource(Protocol):
    """A source whose vendor tells its schema."""

    def misfits(self, entity: Entity) -> list[Misfit]:
        """What of an entity's declaration does not fit the schema as it is now. Raises as `pages` does."""

    def lacking(self, entity: Entity) -> tuple[str, ...]:
        """Fields that were not asked for since the schema does not have them, as far as is known by what was asked."""


class DocumentSource(RequestBudget, Protocol):
    """A vendor's client that hands out documents."""

    def document(self, kind: str, number: str, into: BinaryIO) -> None:
        """The whole PDF of a document into a seekable file, positioned at its start afterwards.

        Raises BadResponse (evidence.status 404 when the vendor has none) and what any request raises.
        """
