"""What a request and its answer are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Caller:
    """Who is calling, for messages: they name the vendor, the agreement and its connection."""

    vendor: str
    agreement: str
    connection: str

    @property
    def name(self) -> str:
        return f"{self.vendor} agreement {self.agreement!r}"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Download:
    """is_measured: whether the answer told its own length, so that a shorter one was noticed."""

    size: int
    is_measured: bool


class Bearer(Protocol):
    """A token that runs out: fetched when it is needed, and again when the vendor refuses it."""

    def token(self) -> str:
        """One that lasts a while yet; raises what any request raises."""

    def drop(self, refused: str) -> None:
        """The next token() is a new one, unless another thread has fetched it already."""
