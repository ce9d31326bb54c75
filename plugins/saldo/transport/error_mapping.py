"""The error that an answer's status means."""

from __future__ import annotations

import time
from collections.abc import Callable

from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    NotLicensed,
    RateLimited,
    Unavailable,
    VendorError,
)

from .messages import Caller, Reply, Request
from .retry_policy import retry_after_s


def error_of_status(
    reply: Reply,
    evidence: Evidence,
    *,
    caller: Caller,
    request: Request,
    is_unlicensed: Callable[[], bool],
) -> VendorError | ConfigError:
    """The error that a status other than 2xx is.

    is_unlicensed: whether a 403 means a module that is not bought.
    """
    status, who, place = reply.status, caller.name, request.place
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
    # Links to a result, in the older spelling of RFC 9110 too: of which outcome? (307, 308: nothing was done.)
    if status in (301, 302, 303) and request.is_write:
        return BadResponse(
            f"{who}: {place} is answered with a link to something else; compare it with the vendor's changelog",
            evidence,
            may_be_done=True,
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
