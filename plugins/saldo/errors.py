"""Every error Saldo raises on purpose, by what must happen next.

SaldoError
├─ ConfigError      a person must edit a file or a connection           fail now
├─ AuthError        the vendor says 401 or 403                          fail now
├─ NotLicensed      a module the agreement has not bought               the entity is skipped, with a note
├─ RateLimited      carries retry_after_s                               retry after that
├─ Unavailable      time-out, 5xx, network, body cut off or miscounted  retry, growing delay
├─ Busy             somebody else works on the (agreement, entity)      retry
├─ BadResponse      well-formed, but not as declared                    fail now, the body is kept
├─ OutcomeUnknown   a write was sent, its outcome was not seen          never by itself: look first
├─ DataRejected     rows that must not pass, mass deletion              fail now, rows are named
└─ NotProven        the facts differ from the vendor's own totals       fail now, the repair is named

Texts say what happened, where, and what to do. They never hold a token or a query string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

#: How much of a refused body is kept for the reader of the log.
BODY_EXCERPT = 500


class SaldoError(Exception):
    """Base of all; `family` is what `ops.sync_run.error_family` shows."""

    @property
    def family(self) -> str:
        """The name of the class, unless a subclass belongs to another family."""
        return type(self).__name__


class ConfigError(SaldoError):
    """A person must edit an agreement file, a connection or a migration."""


@dataclass(frozen=True)
class Evidence:
    """What a vendor's support asks for: status, request id, and how the body began (no secrets)."""

    status: int | None = None
    request_id: str | None = None
    body: str = ""

    def __str__(self) -> str:
        said = [f"request id {self.request_id}"] if self.request_id else []
        if self.body:
            said.append(f"the answer began: {self.body[:BODY_EXCERPT]}")
        return f" ({'; '.join(said)})" if said else ""


class VendorError(SaldoError):
    """Something a vendor's API said.

    may_be_done: whether the write that failed with it may have been carried out all the same.
    """

    def __init__(
        self, message: str, evidence: Evidence | None = None, *, may_be_done: bool = False
    ) -> None:
        self.evidence = evidence or Evidence()
        self.may_be_done = may_be_done
        super().__init__(f"{message}{self.evidence}")

    def within(self, where: str) -> Self:
        """The same error, saying which agreement and entity it was about."""
        if where not in str(self):
            self.args = (f"{where}: {self}",)
        return self


class AuthError(VendorError):
    """The vendor refuses the credentials (401) or the right (403)."""


class NotLicensed(VendorError):
    """The agreement has not bought the module that holds this entity."""


class RateLimited(VendorError):
    """Too many requests, also after waiting; `retry_after_s` is 0 where the vendor does not say."""

    def __init__(
        self, message: str, evidence: Evidence | None = None, *, retry_after_s: float = 0
    ) -> None:
        super().__init__(message, evidence)
        self.retry_after_s = retry_after_s


class Unavailable(VendorError):
    """Vendor or network failed in a way that waiting may cure; `retry_after_s` is 0 where the vendor
    does not say how long. `reason` is why there was no answer at all, in a few words."""

    #: Whether the same request may get an answer later.
    waiting_helps: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        evidence: Evidence | None = None,
        *,
        retry_after_s: float = 0,
        reason: str = "",
        may_be_done: bool = False,
    ) -> None:
        super().__init__(message, evidence, may_be_done=may_be_done)
        self.retry_after_s = retry_after_s
        self.reason = reason


class BadResponse(VendorError):
    """A proper answer that is not as the entity declares it: key, field and type are named."""


class OutcomeUnknown(VendorError):
    """A write was sent and no good answer seen: look at the vendor before it is sent again.

    method and path (no query) of the request; idempotency_key: what to look for, empty where it has none.
    """

    def __init__(
        self,
        message: str,
        evidence: Evidence | None = None,
        *,
        method: str,
        path: str,
        idempotency_key: str,
    ) -> None:
        super().__init__(message, evidence, may_be_done=True)
        self.method = method
        self.path = path
        self.idempotency_key = idempotency_key


class Busy(SaldoError):
    """Another run works on the same (agreement, entity)."""


class DataRejected(SaldoError):
    """Data that must not pass without a person's word."""


class NotProven(SaldoError):
    """What was published is not what the vendor's own totals say; it stays published.

    differences: how many of them.
    """

    def __init__(self, message: str, *, differences: int = 0) -> None:
        super().__init__(message)
        self.differences = differences
