"""Every error Saldo raises on purpose, by what must happen next.

SaldoError
├─ ConfigError      a person must edit a file or a connection           fail now
├─ AuthError        the vendor says 401 or 403                          fail now
├─ NotLicensed      a module the agreement has not bought               the entity is skipped, with a note
├─ RateLimited      carries retry_after_s                               retry after that
├─ Unavailable      time-out, 5xx, network, body cut off or miscounted  retry, growing delay
├─ Busy             somebody else works on the (agreement, entity)      retry
├─ BadResponse      well-formed, but not as declared                    fail now, the body is kept
└─ DataRejected     rows that must not pass, mass deletion              fail now, rows are named

Texts say what happened, where, and what to do. They never hold a token or a query string.
"""

from __future__ import annotations

#: How much of a refused body is kept for the reader of the log.
BODY_EXCERPT = 500


class SaldoError(Exception):
    """Base of all; `family` is what `ops.sync_run.error_family` shows."""

    @property
    def family(self) -> str:
        return type(self).__name__


class ConfigError(SaldoError):
    """A person must edit an agreement file, a connection or a migration."""


class VendorError(SaldoError):
    """Something a vendor's API said; carries what its support asks for."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        body: str = "",
    ) -> None:
        self.status = status
        self.request_id = request_id
        self.body = body[:BODY_EXCERPT]
        details = [f"request id {request_id}"] if request_id else []
        if self.body:
            details.append(f"the answer began: {self.body}")
        super().__init__(f"{message} ({'; '.join(details)})" if details else message)


class AuthError(VendorError):
    """The vendor refuses the credentials (401) or the right (403)."""


class NotLicensed(VendorError):
    """The agreement has not bought the module that holds this entity."""


class RateLimited(VendorError):
    """Too many requests, also after waiting; try again after `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 60, **details: object) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.retry_after_s = retry_after_s


class Unavailable(VendorError):
    """Vendor or network failed in a way that waiting may cure."""


class BadResponse(VendorError):
    """A proper answer that is not as the entity declares it: key, field and type are named."""


class Busy(SaldoError):
    """Another run works on the same (agreement, entity)."""


class DataRejected(SaldoError):
    """Data that must not pass without a person's word."""
