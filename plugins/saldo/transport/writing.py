"""Writes: repeated where it is certain that nothing was done, and never blindly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying

from saldo.errors import OutcomeUnknown, SaldoError, Unavailable, VendorError

from .messages import Caller, Request

T = TypeVar("T")


class Write:
    """One write over all its tries.

    After a try whose outcome was not seen, no later refusal proves that nothing was done: an ETag
    that no longer fits may be the first try's work.
    """

    def __init__(
        self, caller: Caller, request: Request, idempotency_key: str, *, is_idempotent: bool
    ) -> None:
        self._caller, self._request, self._key = caller, request, idempotency_key
        self._is_idempotent = is_idempotent
        self._unseen: VendorError | None = None

    def carried_out(self, retrying: Retrying, attempt: Callable[[], T]) -> T:
        """What `attempt` gives, tried as often as is safe. Raises OutcomeUnknown where it may be done, else
        what the last try raised."""
        try:
            done: T = retrying(self._once, attempt)
            return done
        except SaldoError:
            if self._unseen is None:
                raise
            raise self._unknown(self._unseen) from None

    def _once(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except VendorError as error:
            if error.may_be_done:
                self._unseen = error
                if not self._is_idempotent:
                    raise self._unknown(error) from None
            raise

    def _unknown(self, error: VendorError) -> OutcomeUnknown:
        """error: of the try that was not seen."""
        by = f" for {self._key!r}" if self._key else ""
        return OutcomeUnknown(
            f"{self._caller.name}: {self._request.place} was sent, and what became of it was not seen "
            f"({_why(error)}); look at the vendor{by} before it is sent again",
            error.evidence,
            method=self._request.method,
            path=self._request.path,
            idempotency_key=self._key,
        )


def _why(error: VendorError) -> str:
    """In a few words: an error's own text says that it is tried again."""
    if isinstance(error, Unavailable) and error.reason:
        return error.reason
    status = error.evidence.status
    if status is None or 200 <= status < 300:
        return "the answer cannot be read"
    return f"answered with {status}"
