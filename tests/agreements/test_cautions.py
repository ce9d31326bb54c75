"""What is allowed in a file, and loses something all the same."""

from __future__ import annotations

from datetime import date

import pytest

from saldo.agreements.cautions import cautions
from tests.support import agreement

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("schedule", "timezone", "due"),
    [
        ("30 2 * * *", "Europe/Copenhagen", "02:30 on 2027-03-28"),
        ("0 2 * * *", "Europe/Amsterdam", "02:00 on 2027-03-28"),
        ("59 2 * * 0", "Europe/Oslo", "02:59 on 2027-03-28"),
        ("15 2 31 10 *", "Europe/Oslo", "02:15 on 2027-10-31"),
        ("0 2,14 * * *", "Europe/Oslo", "02:00 on 2027-03-28"),
        ("30 0 * * *", "America/Havana", "00:30 on 2027-03-14"),
        ("45 1 * * *", "Australia/Lord_Howe", "01:45 on 2027-04-04"),
        # Neighbours, and what is never due in such an hour.
        ("0 3 * * *", "Europe/Copenhagen", None),
        ("59 1 * * *", "Europe/Copenhagen", None),
        ("30 2 * * 1-5", "Europe/Copenhagen", None),
        ("30 2 * * *", "UTC", None),
        ("30 2 * * *", "Asia/Tokyo", None),
        ("*/30 * * * *", "Europe/Copenhagen", None),
        (None, "Europe/Copenhagen", None),
    ],
)
def test_a_schedule_in_the_hour_in_which_clocks_change(
    schedule: str | None, timezone: str, due: str | None
) -> None:
    found = cautions(agreement("a", schedule=schedule, timezone=timezone), today=TODAY)
    if due is None:
        assert found == []
    else:
        (text,) = found
        assert f"is due at {due}" in text
        assert "Choose a time that is never in such an hour" in text


@pytest.mark.parametrize(
    ("timezone", "said", "well"),
    [
        ("Europe/Copenhagen", "not from 02:00 to 03:00", ["59 1 * * *", "0 3 * * *"]),
        # There the hour that is skipped is not the one that comes twice.
        (
            "America/New_York",
            "not from 01:00 to 02:00, and not from 02:00 to 03:00",
            ["59 0 * * *", "0 3 * * *"],
        ),
        (
            "America/Santiago",
            "not from 00:00 to 01:00, and not from 23:00 to 00:00",
            ["0 1 * * *", "59 22 * * *"],
        ),
    ],
)
def test_what_it_says_to_choose_is_well(timezone: str, said: str, well: list[str]) -> None:
    for hour in range(24):
        of = agreement("a", schedule=f"30 {hour} * * *", timezone=timezone)
        assert all(text.endswith(said) for text in cautions(of, today=TODAY))
    for instead in well:
        of = agreement("a", schedule=instead, timezone=timezone)
        assert cautions(of, today=TODAY) == []
