"""What the register asks of the place where files lie."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Protocol


class Store(Protocol):
    """Files by their names. Each raises a SaldoError that says what is wrong with the store."""

    def put(self, name: str, written: Path) -> Any:
        """Send a local file, and compare what the store then has with it."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Read it; FileNotFoundError where there is none."""

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""

    def delete(self, name: str) -> None:
        """Remove it; one that is not there is no trouble."""
