"""What the vendor changes without a word is found: settled, moved, renumbered, deleted, re-opened."""

from __future__ import annotations

import pytest

from tests.support import Company, Sandbox, assert_true, night


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company(
        "silent", entries=3_000, customers=60, suppliers=20, currencies=["EUR"], deletions=True,
        renumbers=True, reopens_on=3,
    )  # fmt: skip


def test_twelve_days_of_silent_changes_are_the_truth(dsn: str, company: Company) -> None:
    """Deleted vouchers, renumbered customers, moved departments, a year re-opened and closed again."""
    assert night(dsn, company).errors == {}
    for _ in range(12):
        company.next_day()
        assert night(dsn, company).errors == {}
        assert_true(dsn, company)
