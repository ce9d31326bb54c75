"""What Moneybird allows, and what its refusals say.

150 requests in five minutes (https://helpcenter.moneybird.nl, article 208028), fewer for reports, apart from the others; how
many are left is told by an answer that refuses, only. That one is a bare text ("Retry later"), and its Retry-After is
the second since 1970 when the next window begins.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from saldo.errors import AuthError, BadResponse, Evidence, NotLicensed, RateLimited, VendorError
from saldo.transport import Caller, Dialect, Reply, retry_after_s
from saldo.transport.limiter import WindowLimiter

#: Requests in a window, and of reports. What counts there is when a request arrives, so a second is added.
CALLS, REPORT_CALLS, WINDOW_S = 150, 50, 300.0
PACE_S = WINDOW_S + 1
#: "No access to documents", "No access to sales_invoices and documents".
_NO_ACCESS = re.compile(rb'"No access to ([a-z_ ,]+)"')
#: Addresses of invoices that open for everybody who knows them.
_PUBLIC = re.compile(
    r'"(?:url|payment_url|sales_invoices_url|public_view_code)"\s*:\s*"[^"]*"?|https?://[^\s"]*/external/[^\s"]*'
)
_LONGEST = 300


def missing_scope(reply: Reply) -> str | None:
    """The scope, or several, that a 401 says is missing; None where the token itself is refused."""
    found = _NO_ACCESS.search(reply.body) if reply.status in (401, 403) else None
    return found[1].decode().strip() if found else None


def refusal(caller: Caller, reply: Reply, evidence: Callable[[], Evidence]) -> VendorError | None:
    """See Dialect.refusal."""
    if reply.is_success:
        return None
    if scope := missing_scope(reply):
        return AuthError(
            f"{caller.name}: the token of the Airflow connection {caller.connection!r} lacks the scope {scope}; make one "
            f"at Moneybird with the scope {scope} ticked, too, and enter it",
            evidence(),
        )
    if reply.status == 429:
        return RateLimited(
            f"{caller.name}: Moneybird's {_allowed(reply)} requests in five minutes are used up, by Saldo or by others with the same "
            "token; it is tried again by itself when they are allowed again",
            evidence(),
            retry_after_s=wait_s(reply),
        )
    if reply.status == 402:
        return NotLicensed(
            f"{caller.name}: Moneybird says that the administration's plan does not hold this ({said(reply.body)})",
            evidence(),
        )
    words = said(reply.body)
    if reply.status in (400, 404, 422) and words:
        return BadResponse(
            f"{caller.name}: Moneybird refuses the request ({reply.status}): {words}. Compare the administration id of "
            f"the Airflow connection {caller.connection!r} and the vendor's changelog",
            evidence(),
        )
    return None


def _allowed(reply: Reply) -> str:
    """How many requests the answer says a window has: reports have fewer."""
    told = reply.headers.get("RateLimit-Limit", "")
    return told if told.isascii() and told.isdecimal() and len(told) < 7 else str(CALLS)


def said(body: bytes) -> str:
    """What an answer says is wrong: `error` is a sentence, or fields with sentences each; empty where there is none."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    if not isinstance(error, dict):
        return str(error)[:_LONGEST]
    return "; ".join(f"{name}: {_listed(texts)}" for name, texts in error.items())[:_LONGEST]


def _listed(texts: Any) -> str:
    return ", ".join(map(str, texts)) if isinstance(texts, list) else str(texts)


def wait_s(reply: Reply) -> float:
    """How long a 429 asks to wait, by the clock of whoever answers; a window at most."""
    told = reply.headers.get("Retry-After") or reply.headers.get("RateLimit-Reset")
    found = retry_after_s(told, now=_said_at(reply))
    return 0.0 if found is None else min(found, WINDOW_S)


def _said_at(reply: Reply) -> float:
    """Seconds since 1970: when the answer says it was made; now, where it does not."""
    try:
        return parsedate_to_datetime(reply.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return time.time()


def observe_throttling(limiter: WindowLimiter, reply: Reply) -> None:
    """Whoever is refused tells all others with the same token: nobody asks before the next window."""
    if reply.status == 429:
        limiter.hold(wait_s(reply))


DIALECT = Dialect(
    headers={"Accept": "application/json"},
    observe=observe_throttling,
    private=_PUBLIC,
    refusal=refusal,
)
