"""The `errors` of Xledger's answers, as errors of Saldo.

They come with HTTP 200, and with 400 as well; the code is in the error itself, not in its
extensions: https://github.com/xledger/graphql-samples. That sample looks at the codes of limits whatever the status is, and the
waits are its own. Any error fails the whole answer, even where it has `data`, too: a page with holes is no page.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from saldo.errors import AuthError, BadResponse, Evidence, RateLimited, Unavailable, VendorError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Reply, retry_after_s

from .page_size import QueryTimedOut

#: Code -> seconds to wait. Credits come back at `resetAt`, where it is given.
_WAITS_S = {
    "BAD_REQUEST.BURST_RATE_LIMIT_REACHED": 5.0,
    "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED": 1.0,
    "BAD_REQUEST.INSUFFICIENT_CREDITS": 1_200.0,
}
#: The words of refusals are documented nowhere; seen: "Bad format for API Token".
_OF_RIGHTS = re.compile(
    r"(?<!unexpected )\btoken\b|not authori[sz]ed|unauthori[sz]ed|authenticat|permission|privilege|access denied"
    r"|not have access|no access|forbidden|\bscopes?\b"
)
#: "Your query timed out."; the database below says "Timeout expired".
_OF_TIME = re.compile(r"\btimed out\b|\btimeout\b")
#: The query itself is wrong, for anybody and at any time.
_OF_QUERY = re.compile(
    r"cannot query field|syntax error|unknown (?:argument|type|fragment)|expected (?:type|value)|must have a selection"
)
#: The first two have been seen; they are those of GraphQL.NET, which calls its other rules like this.
_CODES_OF_QUERY = frozenset({
    "ARGUMENTS_OF_CORRECT_TYPE", "INVALID_VALUE", "FIELDS_ON_CORRECT_TYPE", "KNOWN_ARGUMENT_NAMES", "KNOWN_TYPE_NAMES",
    "PROVIDED_NON_NULL_ARGUMENTS", "SCALAR_LEAFS", "SYNTAX_ERROR",
})  # fmt: skip
_UNKNOWN = re.compile(r"cannot query field ([^.\n]*?on type [^.\n\s]*)", re.IGNORECASE)


class QueryRefused(BadResponse):
    """Xledger refuses the query itself. unknown: the field its schema does not have, and the type it was looked for in,
    in the vendor's words; empty where it is refused for something else."""

    unknown: str = ""

    @property
    def family(self) -> str:
        return BadResponse.__name__


class XledgerFailed(Unavailable):
    """Xledger answers with an error of its own that nothing documents: it may pass, or be a refusal in other words."""

    @property
    def family(self) -> str:
        return Unavailable.__name__


class _Answer(msgspec.Struct):
    errors: Any = None


class GraphqlError(msgspec.Struct):
    """message: in small letters, all of it where it has another shape than documented."""

    message: str
    said: str
    code: str
    inner_code: str
    reset_at: str

    @classmethod
    def of(cls, found: Any) -> GraphqlError:
        """Of whatever an entry of `errors` is: nothing about it is promised."""
        fields = found if isinstance(found, dict) else {}
        extensions = fields.get("extensions")
        more = extensions if isinstance(extensions, dict) else {}
        said = fields.get("message")
        said = said if isinstance(said, str) else json.dumps(found, ensure_ascii=False)
        return cls(
            said.lower(),
            said,
            str(fields.get("code") or ""),
            str(more.get("code") or ""),
            str(more.get("resetAt") or ""),
        )

    @property
    def wait_s(self) -> float | None:
        """Seconds to wait, of an error that asks for a wait."""
        waits = [_WAITS_S[code] for code in (self.code, self.inner_code) if code in _WAITS_S]
        return _until_s(self.reset_at) or waits[0] if waits else None

    @property
    def is_of_query(self) -> bool:
        return bool(_OF_QUERY.search(self.message) or self.inner_code in _CODES_OF_QUERY)


_answer = tolerant(msgspec.json.Decoder(_Answer).decode)


def refusal(caller: Caller, reply: Reply, evidence: Callable[[], Evidence]) -> VendorError | None:
    """See Dialect.refusal: RateLimited, Unavailable, AuthError or BadResponse, of whatever shape the errors are."""
    if not may_say_errors(reply):
        return None
    try:
        errors = _answer(reply.body).errors
    except msgspec.DecodeError:
        return None  # no answer of GraphQL: what it is shows when status and body are looked at
    if errors is None or errors == []:
        return None
    found = [GraphqlError.of(one) for one in (errors if isinstance(errors, list) else [errors])]
    if reply.status not in (200, 400):
        limit = rate_limited(caller, found, evidence)
        if limit:
            told = retry_after_s(reply.headers.get("Retry-After"), now=time.time())
            limit.retry_after_s = max(limit.retry_after_s, told or 0)
        return limit
    return _translated(caller, found, evidence())


def may_say_errors(reply: Reply) -> bool:
    """Whether an answer may be one of GraphQL's, with errors; of a status other than 200 and 400 only limits are believed."""
    return (reply.status == 200 or 400 <= reply.status < 500) and b'"errors"' in reply.body


def _translated(caller: Caller, errors: Sequence[GraphqlError], evidence: Evidence) -> VendorError:
    """One error for all: what must be waited for first, then what no wait cures."""
    who = caller.name
    limit = rate_limited(caller, errors, lambda: evidence)
    if limit:
        return limit
    if any(says_late(error) and not says_rights(error) for error in errors):
        return QueryTimedOut(
            f"{who}: the query timed out at Xledger, and so did smaller ones; it is tried again by itself",
            evidence,
        )
    is_of_rights = any(says_rights(error) for error in errors)
    refused = next((error for error in errors if error.is_of_query), None)
    if refused is None and not is_of_rights:
        refused = next((error for error in errors if error.code == "BAD_REQUEST"), None)
    if refused:
        wrong = QueryRefused(
            f"{who}: Xledger refuses the query; compare it with the schema at the endpoint's own page",
            evidence,
        )
        unknown = _UNKNOWN.search(refused.said)
        wrong.unknown = unknown[1] if unknown else ""
        return wrong
    if is_of_rights:
        return AuthError(
            f"{who}: Xledger refuses the token or one of its scopes; correct the token of the Airflow "
            f"connection {caller.connection!r}, or make one with the scopes",
            evidence,
        )
    return XledgerFailed(
        f"{who}: Xledger answers with an error of its own; it is tried again by itself",
        evidence,
    )


def rate_limited(
    caller: Caller, errors: Sequence[GraphqlError], evidence: Callable[[], Evidence]
) -> RateLimited | None:
    """What must be waited for first; None where nothing asks for a wait."""
    waits = {error.wait_s: error for error in errors if error.wait_s is not None}
    if not waits:
        return None
    longest = max(waits)
    code = waits[longest].code or waits[longest].inner_code
    return RateLimited(
        f"{caller.name}: refused for too many requests or for want of credits ({code}); it is tried again later by itself",
        evidence(),
        retry_after_s=longest,
    )


def says_late(error: GraphqlError) -> bool:
    """Whether an error says that there was not time enough."""
    return bool(_OF_TIME.search(error.message))


def says_rights(error: GraphqlError) -> bool:
    """Whether an error speaks of tokens and rights."""
    return bool(_OF_RIGHTS.search(error.message))


def _until_s(reset_at: str) -> float | None:
    """Seconds until credits are there again; None where it is not given in a readable way, or without a
    zone: Xledger writes Norwegian time in other places."""
    try:
        moment = datetime.fromisoformat(reset_at)
    except ValueError:
        return None
    return max(1.0, moment.timestamp() - time.time()) if moment.tzinfo else None
