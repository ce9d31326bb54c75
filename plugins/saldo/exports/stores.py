"""What the register asks of the place where an agreement's files lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from .store import FileGone


class Store(Protocol):
    """Files of one agreement by their names. Each raises a SaldoError that says what is wrong with the store."""

    def put(self, path: str, local: Path) -> str:
        """Send a local file, and compare what the store then has with it; its SHA-256. path: as `make` calls it."""
        ...

    def chunks(self, name: str) -> Iterator[bytes]:
        """Its content, in pieces; FileGone where there is none."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""
        ...

    def listing(self) -> Mapping[str, int]:
        """Bytes of all files there are, by name: asked for once."""
        ...

    def delete(self, name: str) -> object:
        """Remove it; one that is not there is no trouble."""
        ...


def digest_in(store: Store, name: str) -> str | None:
    """The SHA-256 of a file as the store has it, in hexadecimal; None where there is none of that name."""
    digest = sha256()
    try:
        for chunk in store.chunks(name):
            digest.update(chunk)
    except FileGone:
        return None
    return digest.hexdigest()
