"""Texts of documents: filled in, and cut to what a target takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

_CUT = "…"


def filled(template: str, values: Mapping[str, str]) -> str:
    """A text of a mapping with its names replaced, in one line."""
    return " ".join(template.format_map(values).split())


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters, which ends in … where it was cut. Counted as Business Central does: an emoji is
    two of UTF-16."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * longest:
        return text
    return units[: 2 * (longest - 1)].decode("utf-16-le", errors="ignore").rstrip() + _CUT


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: str | None) -> str | None: ...
def storable(text: str | None) -> str | None:
    """What others said, as a database can keep it: without NUL, and with `?` for half characters."""
    return None if text is None else text.replace("\0", "").encode("utf-8", "replace").decode()
