"""Signed calls, as many services write them: `t=<seconds>,v1=<HMAC-SHA256 in hex>`, of `<seconds>.` and what is signed."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

#: Seconds between the time that is signed and now, either way.
FRESH_S = 300


def is_signed(header: str, signed: bytes, secret: str, *, now: datetime) -> bool:
    """Whether one of the header's signatures is of this very text, and of these minutes. While secrets are changed, the sender
    signs with each (two v1); schemes other than v1 are not looked at. Takes as long whichever signature is wrong."""
    seconds = seconds_of(header, now=now)
    if seconds is None:
        return False
    wanted = signature_of(seconds, signed, secret)
    return any(
        [hmac.compare_digest(wanted.encode(), one.encode()) for one in _values(header, "v1")]
    )


def seconds_of(header: str, *, now: datetime) -> str | None:
    """When it was signed, as it says; None where that is not of these minutes."""
    times = _values(header, "t")
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        return None
    return times[0] if abs(now.timestamp() - int(times[0])) <= FRESH_S else None


def signature_of(seconds: str, signed: bytes, secret: str) -> str:
    """The signature itself."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + signed, sha256).hexdigest()


def _values(header: str, wanted: str) -> list[str]:
    pairs = [part.partition("=") for part in header.split(",")]
    return [value.strip() for name, _, value in pairs if name.strip() == wanted]
