"""How e-conomic is spoken to, and what its answers say of limits: the rate, and modules that are
not bought."""

from __future__ import annotations

import re

from saldo.transport import Dialect, Reply
from saldo.transport.limiter import WindowLimiter

#: Classic resources that belong to a module; what their 403 says differs, so the path decides.
MODULE_PATHS = ("/departments", "/departmental-distributions")
#: OpenAPI services that do.
MODULE_SERVICES = ("/dimensionsapi/",)

_LIMIT = re.compile(r"token-limit-(\d+)-per-(\d+)-seconds:\s*(\d+)/\d+")


def is_unlicensed(path: str, body: bytes) -> bool:
    """See Dialect.is_unlicensed."""
    is_sold_apart = path.endswith(MODULE_PATHS) or any(s in path for s in MODULE_SERVICES)
    return b"MissingModules" in body or is_sold_apart


def observe_rate_limit(limiter: WindowLimiter, reply: Reply) -> None:
    """Read X-RateLimiting ("token-limit-10000-per-60-seconds: 147/10000") and X-CallCost (older
    answers hold a letter there)."""
    match = _LIMIT.search(reply.headers.get("X-RateLimiting", ""))
    if match:
        limit, window_s, used = map(int, match.groups())
        cost = reply.headers.get("X-CallCost", "")
        limiter.observe(
            limit=limit, window_s=window_s, used=used, cost=int(cost) if cost.isdecimal() else 1
        )


DIALECT = Dialect(
    headers={"Content-Type": "application/json"},
    request_id_header="X-RequestId",
    observe=observe_rate_limit,
    is_unlicensed=is_unlicensed,
)
