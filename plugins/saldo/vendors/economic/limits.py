"""What e-conomic's answers say of limits: the rate, and modules that are not bought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from saldo.limiter import WindowLimiter

#: Classic resources that belong to a module; what their 403 says differs, so the path decides.
MODULE_PATHS = ("/departments", "/departmental-distributions")
#: OpenAPI services that do.
MODULE_SERVICES = ("/dimensionsapi/",)

_LIMIT = re.compile(r"token-limit-(\d+)-per-(\d+)-seconds:\s*(\d+)/\d+")


def is_unlicensed(path: str, body: bytes) -> bool:
    is_sold_apart = path.endswith(MODULE_PATHS) or any(s in path for s in MODULE_SERVICES)
    return b"MissingModules" in body or is_sold_apart


def observe_rate_limit(limiter: WindowLimiter, headers: Mapping[str, Any]) -> None:
    """Read X-RateLimiting ("token-limit-10000-per-60-seconds: 147/10000") and X-CallCost (older
    answers hold a letter there)."""
    match = _LIMIT.search(headers.get("X-RateLimiting", ""))
    if match:
        limit, window_s, used = map(int, match.groups())
        cost = headers.get("X-CallCost", "")
        limiter.observe(
            limit=limit, window_s=window_s, used=used, cost=int(cost) if cost.isdigit() else 1
        )
