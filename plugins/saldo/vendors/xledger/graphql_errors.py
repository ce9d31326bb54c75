"""The `errors` of Xledger's answers, as errors of Saldo.

They come with HTTP 200, and with 400 as well; the code is in the error itself, not in its
extensions: https://github.com/xledger/graphql-samples. The waits are those of that sample. Any
error fails the whole answer, even where it has `data`, too: a page with holes is no page.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from saldo.errors import AuthError, BadResponse, Evidence, RateLimited, VendorError
from saldo.transport import Caller, Reply

from .page_size import QueryTimedOut

#: Code -> seconds to wait. Credits come back at `resetAt`, where it is given.
_WAITS_S = {
    "BAD_REQUEST.BURST_RATE_LIMIT_REACHED": 5.0,
    "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED": 1.0,
    "BAD_REQUEST.INSUFFICIENT_CREDITS": 1_200.0,
}
#: The words of refusals are documented nowhere; seen: "Bad format for API Token".
_OF_RIGHTS = ("token", "authoriz", "authoris", "authentic", "permission", "access denied", "scope")
_TIMED_OUT = "timed out"
#: The schema has no such field, for anybody.
UNKNOWN_FIELD = "cannot query field"


_UNKNOWN = re.compile(r"[Cc]annot query field ([^.\n]*?on type [^.\n\s]*)")


class _Error(msgspec.Struct):
    message: str = ""
    code: str | None = None
    extensions: dict[str, Any] | None = None


class _Answer(msgspec.Struct):
    errors: list[_Error] | None = None


_answer = msgspec.json.Decoder(_Answer).decode


def refusal(caller: Caller, reply: Reply, evidence: Callable[[], Evidence]) -> VendorError | None:
    """See Dialect.refusal: RateLimited, Unavailable, AuthError or, for whatever else is wrong,
    BadResponse."""
    if reply.status not in (200, 400) or b'"errors"' not in reply.body:
        return None
    try:
        errors = _answer(reply.body).errors
    except msgspec.DecodeError:
        return None  # no GraphQL: what it is shows when status and body are looked at
    return _translated(caller, errors[0], evidence()) if errors else None


def is_of_graphql(error: VendorError) -> bool:
    """Whether Xledger itself refused, in the errors of an answer."""
    return '"errors"' in error.evidence.body


def is_unknown_field(error: VendorError) -> bool:
    """Whether the schema has no such field."""
    return UNKNOWN_FIELD in error.evidence.body.lower()


def unknown_field(error: VendorError) -> str:
    """The field the schema does not have, and the type it was looked for in, as Xledger names them."""
    found = _UNKNOWN.search(error.evidence.body)
    return found[1] if found else "of this name"


def _translated(caller: Caller, error: _Error, evidence: Evidence) -> VendorError:
    who, said = f"xledger agreement {caller.agreement!r}", error.message.lower()
    if error.code in _WAITS_S:
        return RateLimited(
            f"{who}: refused for too many requests or for want of credits ({error.code}); it is tried "
            "again later by itself",
            evidence,
            retry_after_s=_until_reset_s(error) or _WAITS_S[error.code],
        )
    if _TIMED_OUT in said:
        return QueryTimedOut(
            f"{who}: the query timed out at Xledger, and so did smaller ones; it is tried again by itself",
            evidence,
        )
    if UNKNOWN_FIELD not in said and any(word in said for word in _OF_RIGHTS):
        return AuthError(
            f"{who}: Xledger refuses the token or one of its scopes; correct the token of the Airflow "
            f"connection {caller.connection!r}, or make one with the scopes",
            evidence,
        )
    return BadResponse(
        f"{who}: Xledger refuses the query; compare it with the schema at the endpoint's own page",
        evidence,
    )


def _until_reset_s(error: _Error) -> float | None:
    """Seconds until credits are there again; None where it is not given in a readable way, or without a
    zone: Xledger writes Norwegian time in other places."""
    try:
        moment = datetime.fromisoformat(str((error.extensions or {}).get("resetAt")))
    except ValueError:
        return None
    return max(1.0, moment.timestamp() - time.time()) if moment.tzinfo else None
