"""Windows that a repair is told with."""

from __future__ import annotations

from datetime import date

import pytest

from saldo.proof.comparison import Days, merged, month_days

LAST = date.max


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))],
         [(date(2026, 1, 1), date(2026, 2, 28))]),
        ([(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 2), date(2026, 2, 28))],
         [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 2), date(2026, 2, 28))]),
        ([(date(2026, 1, 1), LAST), (date(2027, 1, 1), date(2027, 12, 31))], [(date(2026, 1, 1), LAST)]),
        ([(date.min, date.min), (date.min, LAST)], [(date.min, LAST)]),
        ([], []),
    ],
)  # fmt: skip
def test_days_are_told_in_as_few_windows_as_there_are_gaps(
    days: list[Days], expected: list[Days]
) -> None:
    assert merged(days) == expected


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(9999, 12, 1), LAST),
    ],
)
def test_the_days_of_a_month(first: date, last: date) -> None:
    assert month_days(first) == (first, last)
