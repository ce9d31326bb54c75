"""References as the classic family nests them."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def link(base: str, kind: str, number: object, **more: Any) -> Row:
    """A reference: the key and where the whole thing is."""
    return {**more, "self": f"{base}/{kind}/{number}"}
