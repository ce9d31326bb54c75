"""What an answer says is wrong, as one of Saldo's errors; and what of it may be shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from saldo.errors import (
    BODY_EXCERPT,
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    NotLicensed,
    RateLimited,
    Unavailable,
    VendorError,
)

from .messages import Caller, Reply
from .patience import retry_after_s

#: Shorter ones may be words of the books; tokens are longer.
_SURELY_SECRET = 16
#: Bytes of a refused body that are searched for secrets; far more than is shown.
_LOOKED_AT = 64_000


class Secrets:
    """What no message may show."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: list[str] = []
        self.add(*values)

    def add(self, *values: str) -> None:
        """Longest first: a secret that is part of another is masked after it."""
        known = {*self._values, *filter(None, values)}
        self._values = sorted(known, key=len, reverse=True)
        self._tokens = [v.encode() for v in self._values if len(v) >= _SURELY_SECRET]

    def hidden(self, body: bytes) -> bytes:
        """A proper answer without the tokens it repeats: a record is stored, and quoted when it is wrong."""
        for token in self._tokens:
            if token in body:
                body = body.replace(token, b"***")
        return body

    def evidence(self, reply: Reply) -> Evidence:
        """Masked before it is cut: half a token is still a secret."""
        body = reply.body[:_LOOKED_AT].decode("utf-8", "replace")
        for secret in self._values:
            body = body.replace(secret, "***")
        return Evidence(reply.status, reply.headers.get("X-RequestId"), body[:BODY_EXCERPT])


def refusal(
    reply: Reply,
    evidence: Evidence,
    *,
    caller: Caller,
    place: str,
    is_unlicensed: Callable[[], bool],
) -> VendorError | ConfigError:
    """The error that a status other than 2xx is.

    place: method and path, for the message. is_unlicensed: whether a 403 is for want of a module.
    """
    status, who = reply.status, caller.name
    connection = caller.connection
    wait_s = retry_after_s(reply.headers.get("Retry-After"), now=time.time())
    if status == 403 and is_unlicensed():
        return NotLicensed(f"{who}: {place} belongs to a module that is not bought", evidence)
    if status in (401, 403):
        what = "refuses the credentials" if status == 401 else "denies the right"
        return AuthError(
            f"{who}: {place} {what} ({status}); correct the tokens or their roles in the "
            f"Airflow connection {connection!r}",
            evidence,
        )
    if status == 429:
        return RateLimited(
            f"{who}: {place} was refused for too many requests; it is tried again later by "
            "itself, more slowly with fewer tasks at once (pool)",
            evidence,
            retry_after_s=wait_s or 0,
        )
    if 300 <= status < 400:
        return ConfigError(
            f"{who}: {place} is redirected elsewhere; correct the host of connection {connection!r}"
        )
    if status == 408 or status >= 500:
        return Unavailable(
            f"{who}: {place} failed with {status}; it is tried again by itself",
            evidence,
            retry_after_s=wait_s or 0,
        )
    return BadResponse(
        f"{who}: {place} was refused with {status}; compare host and path with connection "
        f"{connection!r} and the vendor's changelog",
        evidence,
    )
