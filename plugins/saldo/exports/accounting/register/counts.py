"""What a step of an export did."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """statuses: how many exports became what. adopted: those among them that were found at the target, where nobody knew of them.
    held: why nothing was sent; empty where it was. told: what a person must know, a sentence each."""

    statuses: dict[str, int] = {}
    adopted: int = 0
    held: str = ""
    told: tuple[str, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            statuses=dict(Counter(self.statuses) + Counter(other.statuses)),
            adopted=self.adopted + other.adopted,
            held=self.held or other.held,
            told=self.told + other.told,
        )

    def __getitem__(self, status: str) -> int:
        """How many became that."""
        return self.statuses.get(status, 0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def counts_of(found: dict[str, Any]) -> Counts:
    """What as_dict made."""
    return msgspec.convert(found, Counts)
