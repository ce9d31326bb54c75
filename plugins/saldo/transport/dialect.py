"""What HTTP leaves open, and each vendor says in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from saldo.errors import Evidence, VendorError

from .limiter import WindowLimiter
from .messages import Caller, Reply


def _tells_nothing(limiter: WindowLimiter, reply: Reply) -> None:
    """No limits."""


def _sells_whole(path: str, body: bytes) -> bool:
    return False


def _refuses_by_status(
    caller: Caller, reply: Reply, evidence: Callable[[], Evidence]
) -> VendorError | None:
    return None


@dataclass(frozen=True)
class Dialect:
    """How a vendor is spoken to and how it answers; by default as HTTP has it.

    headers: sent with every request; none of them is secret.
    request_id_header: where an answer holds the id the vendor's support asks for.
    observe: reads from an answer (status, headers, body) what it tells of limits into the limiter.
    is_unlicensed: whether a 403 (its path and body) is for want of a module, not of a right.
    refusal: the error an answer is by the vendor's own words, whatever its status; None where the status tells.
    RateLimited says that nothing was done; an Unavailable leaves open whether a write was carried out. Its third
    argument makes the error's evidence.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    request_id_header: str = "X-Request-Id"
    observe: Callable[[WindowLimiter, Reply], None] = _tells_nothing
    is_unlicensed: Callable[[str, bytes], bool] = _sells_whole
    refusal: Callable[[Caller, Reply, Callable[[], Evidence]], VendorError | None] = (
        _refuses_by_status
    )
