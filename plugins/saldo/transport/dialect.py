"""What HTTP leaves open, and each vendor says in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from saldo.errors import Evidence, VendorError

from .limiter import WindowLimiter
from .messages import Caller, Reply


def _reports_no_limits(limiter: WindowLimiter, reply: Reply) -> None:
    """No limits."""


def _has_no_modules(path: str, body: bytes) -> bool:
    return False


def _refuses_by_status(
    caller: Caller, reply: Reply, evidence: Callable[[], Evidence]
) -> VendorError | None:
    return None


@dataclass(frozen=True)
class Dialect:
    """How a vendor is spoken to and how it answers; by default as plain HTTP.

    headers: sent with every request; none of them is secret.
    request_id_header: where an answer holds the id the vendor's support asks for.
    observe: reads what an answer (status, headers, body) says of limits into the limiter.
    is_unlicensed: whether a 403 (its path and body) means a module that is not bought, not a
    missing right.
    private: what of an answer no message may show, whoever may see it: links that are keys themselves.
    gives_secrets: whether proper answers are secrets themselves: they are decoded as they came.
    refusal: the error that an answer is by the vendor's own words, whatever its status; None where
    the status decides. RateLimited says that nothing was done; an Unavailable leaves open whether a
    write was carried out. Its third argument makes the error's evidence.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    request_id_header: str = "X-Request-Id"
    observe: Callable[[WindowLimiter, Reply], None] = _reports_no_limits
    is_unlicensed: Callable[[str, bytes], bool] = _has_no_modules
    private: re.Pattern[str] | None = None
    gives_secrets: bool = False
    refusal: Callable[[Caller, Reply, Callable[[], Evidence]], VendorError | None] = (
        _refuses_by_status
    )
