"""Where a page of a list ended, as a text that means nothing to whoever has it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from ..answers import Problem

Place = tuple[datetime, UUID]


def written(place: Place) -> str:
    """The cursor of a place."""
    return (
        urlsafe_b64encode(msgspec.msgpack.encode((place[0].astimezone(UTC), place[1])))
        .rstrip(b"=")
        .decode()
    )


def read(cursor: str | None) -> Place | None:
    """The place of a cursor. Raises Problem 422 for what none was written for."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, id = msgspec.msgpack.decode(raw, type=Place)
    except (ValueError, msgspec.MsgspecError):
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(
            422, "This is no cursor", "Write `next` of the page before, or leave `cursor` out."
        )
    return at, id
