"""What a run reads of an entity, and what a vendor's client hands back: the words both sides share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import msgspec

from .entity import Entity


@dataclass(frozen=True)
class Read:
    """One decision of the plan.

    nothing: `reason` says why. everything: the whole set; what is missing from it is gone.
    since: records whose change marker is beyond `marker` (at it, where markers are not unique).
    window: records dated start..end, both included. open: records that may still settle.
    keys: just these source keys.
    """

    kind: Literal["nothing", "everything", "since", "window", "open", "keys"]
    marker: str | int | None = None
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
    def window(cls, start: date, end: date) -> Read:
        return cls("window", start=start, end=end)

    @classmethod
    def of_keys(cls, keys: Sequence[str]) -> Read:
        return cls("keys", keys=tuple(keys))


EVERYTHING = Read("everything")
OPEN = Read("open")


@dataclass(frozen=True)
class Page:
    """Records as received (raw JSON bytes each), how to go on after them, what the vendor announced.

    next: opaque, None on the last page. announced: how many records the whole read holds, if told.
    """

    records: list[msgspec.Raw]
    next: str | None
    announced: int | None = None


class Usage:
    """What a client has spent so far: counters of `ops.sync_run`."""

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.throttled = 0
        self.bytes_in = 0


class Source(Protocol):
    """A vendor's client for one agreement."""

    usage: Usage

    def check_identity(self, known: str | None) -> str:
        """The vendor's own id of the company; raises ConfigError when it is not `known`."""

    def pages(self, entity: Entity, read: Read, *, resume: str | None = None) -> Iterator[Page]:
        """Pages in the vendor's order, from `resume` (a Page.next) on."""

    def count(self, entity: Entity, read: Read, *, upto: int | None = None) -> int | None:
        """How many records the vendor holds for this read (keys up to `upto`); None if it can't say."""
