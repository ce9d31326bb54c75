"""Whether a call comes from Moneybird: https://developer.moneybird.com/webhooks/verifying-signatures."""

from __future__ import annotations

import hmac

from saldo.transport.signatures import is_signed

__all__ = ["HEADER", "PATH_FIELD", "SHORTEST", "SIGNING_FIELD", "is_path", "is_signed"]

HEADER = "Moneybird-Signature"
#: Fields of the connection. The first is a text of one's own, the end of the address that Moneybird is told; the second is the
#: one that Moneybird gives when the webhook is made.
PATH_FIELD, SIGNING_FIELD = "webhook_secret", "webhook_signing_secret"
#: What could be guessed is no secret.
SHORTEST = 20


def is_path(given: str, wanted: str) -> bool:
    """Whether the end of an address is the secret one; takes as long whatever is wrong with it."""
    return len(wanted) >= SHORTEST and hmac.compare_digest(given.encode(), wanted.encode())
