"""Records read a second time: within one transaction, and marked as seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from saldo.declarations.source import Keys, Request

from .conditions import Numbered
from .context import LandingContext


def merge(context: LandingContext, request: Request, *, upto: Any = None) -> int:
    """Merge a set into staging, part of the transaction that is open. Records whose marker is beyond
    `upto` are left to the night that will read them whole. Returns how many keys were not seen before."""
    seen = 0
    for chunk in context.chunks(request):
        rows = [row for row in chunk.rows if upto is None or row.marker <= upto]
        context.merge(rows)
        seen += context.rows.mark_seen(rows)
    return seen


def again(context: LandingContext, numbers: Sequence[str], *, upto: Any = None) -> None:
    """Read records again by number. What the vendor no longer has is tombstoned, but only what its count
    says is gone: an answer may lack a record. Without counts the answer is believed."""
    if not numbers:
        return
    merge(context, Keys(tuple(numbers)), upto=upto)
    gone = context.rows.unseen(Numbered(numbers))
    if gone:
        announced = context.count(Keys(tuple(gone)))
        seen = context.rows.seen_among(gone)
        if announced is not None and announced != seen:
            raise context.incomplete(announced, seen)
        context.tombstone(Numbered(gone))
