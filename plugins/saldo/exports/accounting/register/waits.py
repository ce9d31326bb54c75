"""When what failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

#: 1, 2, 4, … minutes up to six hours, and up to half a minute more, so that not all come back at once.
_WAIT = wait_exponential_jitter(multiplier=60, exp_base=2, max=6 * 3600, jitter=30)


def next_try(now: datetime, failures: int) -> datetime:
    """After so many failures (1 and up)."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failures
    return now + timedelta(seconds=_WAIT(state))
