"""How often a request is tried, and how long is waited in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from saldo.declarations.source import Usage
from saldo.errors import RateLimited, Unavailable

#: Below this a number in Retry-After is seconds; above, an instant (Moneybird writes epochs).
_EPOCH_FROM = 1_000_000_000
_MAX_DIGITS = 12
#: No vendor asks for a wait of a year: such a number is in another unit.
_LONGEST_S = 86_400.0


@dataclass(frozen=True)
class Policy:
    """first_wait_s: the wait after the first try; it doubles with every further one.

    max_wait_s: the longest wait between two tries; a vendor that asks for more fails the task, which
    Airflow tries again later without holding a worker.
    """

    max_tries: int = 6
    first_wait_s: float = 1
    max_wait_s: float = 300
    connect_timeout_s: float = 10
    read_timeout_s: float = 60
    answer_timeout_s: float = 600
    max_body_bytes: int = 64 << 20


def retrying(policy: Policy, usage: Usage, sleep: Callable[[float], None] = time.sleep) -> Retrying:
    """What waiting may cure is tried again, with 1, 2, 4, 8 … s plus up to a second of jitter, or as long
    as the vendor asks; waits are counted in `usage`."""

    def can_wait_out(error: BaseException) -> bool:
        if isinstance(error, Unavailable) and not error.waiting_helps:
            return False
        if isinstance(error, RateLimited | Unavailable):
            return error.retry_after_s <= policy.max_wait_s
        return False

    def wait_s(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        step = policy.first_wait_s * 2.0 ** (state.attempt_number - 1)
        step = min(step, policy.max_wait_s)
        if isinstance(error, RateLimited | Unavailable):
            step = max(step, error.retry_after_s)
        return step + random.random() * min(1.0, step)

    def count_retry(state: RetryCallState) -> None:
        was_limited = state.outcome and isinstance(state.outcome.exception(), RateLimited)
        usage.add(retries=1, throttled=1 if was_limited else 0)

    return Retrying(
        stop=stop_after_attempt(policy.max_tries),
        wait=wait_s,
        retry=retry_if_exception(can_wait_out),
        before_sleep=count_retry,
        sleep=sleep,
        reraise=True,
    )


def retry_after_s(value: str | None, *, now: float) -> float | None:
    """Seconds to wait from a Retry-After header: seconds, an epoch, or an HTTP date; None if absent
    or unreadable (RFC 9110 §10.2.3)."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        number = int(value[:_MAX_DIGITS])
        wait_s = number - now if number >= _EPOCH_FROM else float(number)
        return min(max(0.0, wait_s), _LONGEST_S)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # the old forms of an HTTP date name no zone: it is always UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - now), _LONGEST_S)
