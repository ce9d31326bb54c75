"""What a test changes by hand in an administration, beside what its days do.

Kept apart from the books: gone when the company begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass
class Edit:
    """What was changed of one document, by its index; at: milliseconds since 1970 of the last change."""

    at: int
    is_deleted: bool = False
    kind: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Edits:
    """serial: counts changes, so that what is worked out of them is worked out again. mutations: index of a bank transaction
    -> its date, and milliseconds since 1970 of the change."""

    serial: int = 0
    documents: dict[int, Edit] = field(default_factory=dict)
    mutations: dict[int, tuple[date, int]] = field(default_factory=dict)
