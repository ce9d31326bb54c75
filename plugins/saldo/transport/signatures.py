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
    pairs = [part.partition("=") for part in header.split(",")]
    times = [value.strip() for name, _, value in pairs if name.strip() == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        return False
    if abs(now.timestamp() - int(times[0])) > FRESH_S:
        return False
    wanted = signature_of(times[0], signed, secret)
    found = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    return any([hmac.compare_digest(wanted.encode(), one.encode()) for one in found])


def signature_of(seconds: str, signed: bytes, secret: str) -> str:
    """The signature itself."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + signed, sha256).hexdigest()
