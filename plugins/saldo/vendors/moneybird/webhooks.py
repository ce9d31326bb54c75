"""Whether a call comes from Moneybird: https://developer.moneybird.com/webhooks/verifying-signatures."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

HEADER = "Moneybird-Signature"
#: Fields of the connection. The first is a text of one's own, the end of the address that Moneybird is told; the second is the
#: one that Moneybird gives when the webhook is made.
PATH_FIELD, SIGNING_FIELD = "webhook_secret", "webhook_signing_secret"
#: What could be guessed is no secret.
SHORTEST = 20
#: Seconds between the time that is signed and now, either way.
_FRESH_S = 300


def is_path(given: str, wanted: str) -> bool:
    """Whether the end of an address is the secret one; takes as long whatever is wrong with it."""
    return len(wanted) >= SHORTEST and hmac.compare_digest(given.encode(), wanted.encode())


def is_signed(header: str, body: bytes, secret: str, *, now: datetime) -> bool:
    """Whether one of the header's signatures is of this very body, and of these minutes. While secrets are changed at
    Moneybird, it signs with each; schemes other than v1 are not looked at."""
    pairs = [part.partition("=") for part in header.split(",")]
    times = [value.strip() for name, _, value in pairs if name.strip() == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        return False
    if abs(now.timestamp() - int(times[0])) > _FRESH_S:
        return False
    wanted = hmac.new(secret.encode(), f"{times[0]}.".encode() + body, sha256).hexdigest()
    found = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    return any([hmac.compare_digest(wanted.encode(), one.encode()) for one in found])
