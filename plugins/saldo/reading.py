"""What a run reads of an entity, and what a vendor's client hands back: the words both sides share."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Literal, Protocol

import msgspec

from .entity import Entity


@dataclass(frozen=True)
class Read:
    """One decision of the plan.

    nothing: `reason` says why. everything: the whole set; what is missing from it is gone.
    since: records whose change marker is beyond `marker` (at it, where markers are not unique).
    range: records with marker < key <= upto. window: records dated start..end, both included.
    open: records that may still settle, or all lists but the last. settled: the last of them.
    keys: records whose key (its first part) is one of these. parts: those of these, by what they follow.
    moved: what moved between the lists of an entity, or parts of what changed; a decision only, which
    is read as open, keys and parts.

    Of an entity with lists a range is one of the last list.
    """

    kind: Literal[
        "nothing",
        "everything",
        "since",
        "range",
        "window",
        "open",
        "settled",
        "keys",
        "parts",
        "moved",
    ]
    marker: str | int | None = None
    upto: int | None = None
    start: date | None = None
    end: date | None = None
    keys: tuple[str, ...] = ()
    reason: str = ""

    @classmethod
    def nothing(cls, reason: str) -> Read:
        return cls("nothing", reason=reason)

    @classmethod
    def since(cls, marker: str | int) -> Read:
        return cls("since", marker=marker)

    @classmethod
    def range(cls, after: int, upto: int) -> Read:
        return cls("range", marker=after, upto=upto)

    @classmethod
    def window(cls, start: date, end: date) -> Read:
        return cls("window", start=start, end=end)

    @classmethod
    def of_keys(cls, keys: Sequence[str]) -> Read:
        return cls("keys", keys=tuple(keys))

    @classmethod
    def parts_of(cls, keys: Sequence[str]) -> Read:
        return cls("parts", keys=tuple(keys))


EVERYTHING = Read("everything")
OPEN = Read("open")
SETTLED = Read("settled")
MOVED = Read("moved")


@dataclass(frozen=True)
class Moved:
    """What a change log says: keys of records that changed in silence, and how far it was read."""

    keys: tuple[str, ...]
    marker: str | None


@dataclass(frozen=True)
class Page:
    """Records as received (raw JSON bytes each), how to go on after them, what the vendor announced.

    next: opaque, None on the last page. announced: how many records the whole read holds, if told.
    """

    records: list[msgspec.Raw]
    next: str | None
    announced: int | None = None


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

    def spent(self) -> tuple[int, int, int, int]:
        """requests, retries, throttled, bytes_in"""
        with self._lock:
            return self.requests, self.retries, self.throttled, self.bytes_in

    @property
    def is_spent(self) -> bool:
        return self.allowed is not None and self.requests >= self.allowed

    def add(
        self, *, requests: int = 0, retries: int = 0, throttled: int = 0, bytes_in: int = 0
    ) -> None:
        with self._lock:
            self.requests += requests
            self.retries += retries
            self.throttled += throttled
            self.bytes_in += bytes_in


class Metered(Protocol):
    """What spends an agreement's requests.

    daily_calls: requests an agreement may make in 24 hours by the vendor's fair-use rule, None if it
    names none.
    """

    usage: Usage
    daily_calls: int | None


class Source(Metered, Protocol):
    """A vendor's client for one agreement."""

    def check_identity(self, known: str | None) -> str:
        """The vendor's own id of the company; raises ConfigError when it is not `known`."""

    def pages(self, entity: Entity, read: Read, *, resume: str | None = None) -> Iterator[Page]:
        """Pages in the vendor's order, from `resume` (a Page.next) on."""

    def sample(self, entity: Entity) -> Page:
        """The beginning of an entity, asked for as a night does and in as few requests as will do: a look
        at what the credentials reach and how it is written. Raises as `pages` does."""

    def count(self, entity: Entity, read: Read, *, upto: int | None = None) -> int | None:
        """How many records the vendor holds for this read (keys up to `upto`); None if it can't say."""

    def newest(self, entity: Entity) -> str | None:
        """The stamp of the last thing the entity's change log tells, by the vendor's clock."""

    def moved(self, entity: Entity, marker: str | None) -> Moved | None:
        """What the entity's change log says since `marker`; None when it cannot tell it all."""


class DocumentSource(Metered, Protocol):
    """A vendor's client that hands out documents."""

    def document(self, kind: str, number: str, into: BinaryIO) -> None:
        """The whole PDF of a document into a seekable file, which stands at its start after it.

        Raises BadResponse (evidence.status 404 when the vendor has none) and what any request raises.
        """
