"""What Business Central refuses: a code of one of its families, words for people, and an id its support asks for.

Source: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes. Words end in
"CorrelationId:  <guid>." and are never compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from saldo.errors import AuthError, BadResponse, Evidence, RateLimited, Unavailable, VendorError
from saldo.transport import Caller, Reply

#: A record with these keys is there already.
SAME_KEY = "Internal_EntityWithSameKeyExists"
_CORRELATION = re.compile(r"\s*CorrelationId:\s*([0-9a-fA-F-]{36})\.?\s*$")
#: Of these the transport knows what to do, whatever the words are.
_BY_STATUS = (401, 403, 408, 429)


@dataclass(frozen=True)
class Refusal:
    """status: of HTTP. text: without the correlation id."""

    status: int
    code: str
    text: str
    correlation_id: str = ""

    def __str__(self) -> str:
        about = [self.code or f"status {self.status}"]
        about += [f"correlation id {self.correlation_id}"] if self.correlation_id else []
        return f"{self.text or 'without a word'} [{', '.join(about)}]"

    @property
    def may_pass(self) -> bool:
        """Whether it may pass by itself: too many requests, a lock, a failure there, or a record that somebody has changed since."""
        return self.status >= 500 or self.status in (408, 409, 412, 429)

    @property
    def is_of_the_app(self) -> bool:
        """Whether the app as a whole is refused."""
        return self.status in (401, 403)


class BusinessCentralRefusal(BadResponse):
    """A proper refusal: nothing was done."""

    def __init__(self, message: str, refusal: Refusal, evidence: Evidence | None = None) -> None:
        super().__init__(message, evidence)
        self.refusal = refusal

    @property
    def family(self) -> str:
        return "BadResponse"


def refusal_of(status: int, body: Any) -> Refusal:
    """Of a decoded body; where it is none of Business Central's, the status stands alone."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    code, text = str(error.get("code") or ""), str(error.get("message") or "")
    found = _CORRELATION.search(text)
    return Refusal(status, code, _CORRELATION.sub("", text), found[1] if found else "")


def error_of(caller: Caller, refusal: Refusal, place: str) -> VendorError:
    """The error that a refusal of a request inside a batch is, as one that came alone would be."""
    told = f"{caller.name}: {place} was refused: {refusal}"
    if refusal.is_of_the_app:
        return AuthError(
            f"{told}; give the app its permission sets in Business Central, or correct the Airflow "
            f"connection {caller.connection!r}"
        )
    if refusal.status == 429:
        return RateLimited(f"{told}; it is tried again later by itself")
    if refusal.may_pass and refusal.status not in (409, 412):
        return Unavailable(f"{told}; it is tried again by itself")
    return BusinessCentralRefusal(told, refusal, Evidence(refusal.status))


def dialect_refusal(
    caller: Caller, reply: Reply, evidence: Callable[[], Evidence]
) -> VendorError | None:
    """See Dialect.refusal: a 4xx in Business Central's own words. Others are judged by their status."""
    if not 400 <= reply.status < 500 or reply.status in _BY_STATUS:
        return None
    try:
        found = refusal_of(reply.status, msgspec.json.decode(reply.body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not found.code:
        return None
    told = f"{caller.name}: Business Central refuses it with {reply.status}: {found}"
    return BusinessCentralRefusal(told, found, evidence())
