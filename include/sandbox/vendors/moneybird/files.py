"""What an attachment is: a small PDF that says what it is of."""

from __future__ import annotations

from functools import lru_cache

from sandbox.books.pdf import pdf


@lru_cache(maxsize=4_096)
def file(place: int, name: str) -> bytes:
    """The file of a purchase document."""
    return pdf([name, f"Document {place}"])
