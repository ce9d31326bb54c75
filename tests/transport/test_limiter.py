"""Staying below the vendor's limit: free at first, then spread, then the rest of the window."""

from __future__ import annotations

import pytest

from saldo.transport import Reply
from saldo.transport.limiter import BurstLimiter, Together, WindowLimiter
from saldo.vendors.economic.limits import observe_rate_limit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> WindowLimiter:
    return WindowLimiter(clock=clock)


def test_nothing_is_held_back_before_the_vendor_has_spoken(limiter: WindowLimiter) -> None:
    assert limiter.delay_s() == 0


@pytest.mark.parametrize("used", [0, 1, 50, 79])
def test_below_four_fifths_calls_are_free(limiter: WindowLimiter, used: int) -> None:
    limiter.observe(limit=100, window_s=60, used=used, cost=1)
    assert limiter.delay_s() == 0


@pytest.mark.parametrize(
    ("used", "cost", "delay_s"),
    [
        (80, 1, 3.0),  # 60 s for 20 tokens
        (80, 4, 12.0),  # five calls of four tokens
        (90, 1, 6.0),
        (98, 1, 30.0),
        (99, 1, 60.0),  # the last token is kept: another task may have spent it
        (96, 3, 45.0),
        (97, 3, 60.0),
        (100, 1, 60.0),
        (120, 1, 60.0),
    ],
)
def test_what_is_left_is_spread_over_the_window(
    limiter: WindowLimiter, used: int, cost: int, delay_s: float
) -> None:
    limiter.observe(limit=100, window_s=60, used=used, cost=cost)
    assert limiter.delay_s() == pytest.approx(delay_s)


def test_only_the_rest_of_the_window_is_waited(clock: Clock, limiter: WindowLimiter) -> None:
    limiter.observe(limit=100, window_s=60, used=10, cost=1)
    clock.now += 40
    limiter.observe(limit=100, window_s=60, used=90, cost=1)
    assert limiter.delay_s() == pytest.approx(2.0)  # 20 s for 10 tokens
    limiter.observe(limit=100, window_s=60, used=100, cost=1)
    assert limiter.delay_s() == pytest.approx(20.0)
    clock.now += 30
    assert limiter.delay_s() == 0  # the window is over


def test_a_new_window_is_seen_when_what_was_used_drops(
    clock: Clock, limiter: WindowLimiter
) -> None:
    limiter.observe(limit=100, window_s=60, used=100, cost=1)
    clock.now += 59
    limiter.observe(limit=100, window_s=60, used=2, cost=1)
    assert limiter.delay_s() == 0
    clock.now += 10
    limiter.observe(limit=100, window_s=60, used=100, cost=1)
    assert limiter.delay_s() == pytest.approx(50.0)  # of the new window, not 0 of the old one


def test_spreading_lasts_to_the_windows_end(clock: Clock, limiter: WindowLimiter) -> None:
    """A task that waits as told finds a token at every call until the window is over."""
    used, began = 80, clock.now
    limiter.observe(limit=100, window_s=60, used=used, cost=1)
    while clock.now < began + 59:
        clock.now += limiter.delay_s()
        used += 1
        limiter.observe(limit=100, window_s=60, used=used, cost=1)
        assert used <= 100
    assert used >= 98


# --- e-conomic's headers -------------------------------------------------------------------------

LIMIT = "token-limit-10000-per-60-seconds: 9998/10000"


def delay_after(limiter: WindowLimiter, headers: dict[str, str]) -> float:
    observe_rate_limit(limiter, Reply(200, headers, b""))
    return limiter.delay_s()


@pytest.mark.parametrize(
    ("headers", "delay_s"),
    [
        ({"X-RateLimiting": LIMIT, "X-CallCost": "1"}, 30.0),
        ({"X-RateLimiting": LIMIT, "X-CallCost": "2"}, 60.0),
        ({"X-RateLimiting": LIMIT, "X-CallCost": "L"}, 30.0),  # older answers; counted as one
        ({"X-RateLimiting": LIMIT}, 30.0),
        ({"X-RateLimiting": "token-limit-2000-per-30-seconds:1998/2000"}, 15.0),
        ({"X-RateLimiting": "unlimited", "X-CallCost": "3"}, 0.0),
        ({"X-CallCost": "3"}, 0.0),
        ({}, 0.0),
    ],
)
def test_rate_limit_headers_are_read_leniently(
    limiter: WindowLimiter, headers: dict[str, str], delay_s: float
) -> None:
    assert delay_after(limiter, headers) == pytest.approx(delay_s)


def test_an_answer_without_headers_changes_nothing(limiter: WindowLimiter) -> None:
    before = delay_after(limiter, {"X-RateLimiting": LIMIT, "X-CallCost": "1"})
    assert delay_after(limiter, {}) == before


def test_of_several_limits_the_one_that_lasts_longest_counts(clock: Clock) -> None:
    few, many = BurstLimiter(1, 60, clock=clock), BurstLimiter(3, 5, clock=clock)
    both = Together(few, many)
    assert both.delay_s() == 0
    assert both.delay_s() == 60
    clock.now += 60
    # Each has counted both.
    assert (few.delay_s(), many.delay_s()) == (60, 0)


def test_all_of_several_limits_hear_what_the_vendor_says(
    clock: Clock, limiter: WindowLimiter
) -> None:
    other = BurstLimiter(10, 5, clock=clock)
    both = Together(limiter, other)
    both.observe(limit=100, window_s=60, used=100, cost=1)
    assert limiter.delay_s() == 60
    both.hold(90)
    assert (limiter.delay_s(), other.delay_s(), both.delay_s()) == (90, 90, 90)
