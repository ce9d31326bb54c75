"""Airflow retries by error family: what a person must correct fails immediately, the rest waits as
its error says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import RetryDecision, RetryPolicy

from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    DataRejected,
    NotProven,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

_HOPELESS = (ConfigError, AuthError, BadResponse, DataRejected, NotProven, OutcomeUnknown)


def is_hopeless(error: BaseException) -> bool:
    """Whether trying again cannot help."""
    return isinstance(error, _HOPELESS)


class SaldoRetryPolicy(RetryPolicy):
    """Evaluated in the worker with the error itself; never exceeds the task's `retries`."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        if is_hopeless(exception):
            return RetryDecision.fail(f"{type(exception).__name__}: trying again would not help")
        if isinstance(exception, RateLimited | Unavailable) and exception.retry_after_s:
            delay = timedelta(seconds=exception.retry_after_s)
            return RetryDecision.retry(delay, "the vendor says when to come back")
        return RetryDecision.default()
