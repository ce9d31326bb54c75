"""Migrations for whoever nobody starts again: a table that is busy is come back to, and it is told who is waited for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from saldo.errors import Busy

from .migrations import MIGRATIONS_DIR, migrate


def migrate_patiently(
    dsn: str,
    tell: Callable[[str], object],
    directory: Path = MIGRATIONS_DIR,
    *,
    tries: int = 4,
    first_wait_s: float = 5,
) -> list[str]:
    """`migrate` for `make up` and a deployment's init. Between two tries everybody else gets their turn.

    tell: takes a sentence before each wait: who was waited for, and how long until the next try. Raises what `migrate` raises, Busy
    after the last try.
    """

    def tell_of(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        tell(f"try {state.attempt_number} of {tries}: {error}. The next try is in {state.upcoming_sleep:g} s")  # fmt: skip

    retrying = Retrying(
        stop=stop_after_attempt(tries),
        wait=wait_exponential(first_wait_s, max=30),
        retry=retry_if_exception_type(Busy),
        before_sleep=tell_of,
        reraise=True,
    )
    return retrying(migrate, dsn, directory)
