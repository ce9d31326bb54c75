"""Rates in a real Postgres: averages and closing rates by hand, nights, corrections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from saldo.banks import BANKS
from saldo.rates import land, rebuild
from saldo.warehouse.connection import Connection
from tests.rates.banks import PLACES, client, evening, set_day, truth
from tests.support import Sandbox

SINCE = date(2025, 11, 3)


@pytest.fixture(autouse=True)
def _clean(warehouse: Connection, sandbox: Sandbox) -> Iterator[None]:
    warehouse.execute("truncate core.published_rate, mart.fact_exchange_rate, ops.watermark")
    yield
    set_day(sandbox, None)


def months(warehouse: Connection, source: str) -> dict[str, dict[str, dict[str, object]]]:
    """As the sandbox's truth has them: the pairs a bank publishes."""
    own, found = BANKS[source].currency, dict[str, dict[str, dict[str, object]]]()
    for month, base, quote, average, closing, days, closing_date in warehouse.execute(
        "select to_char(month, 'YYYY-MM'), base_currency, quote_currency, average_rate, closing_rate, "
        "published_days, closing_date from mart.fact_exchange_rate where source = %s and not is_derived",
        [source],
    ):
        found.setdefault(month, {})[quote if base == own else base] = {
            "average": str(average), "closing": str(closing), "days": days,
            "closing_date": closing_date.isoformat(),
        }  # fmt: skip
    return found


@pytest.mark.parametrize("bank", PLACES)
def test_nights_come_to_the_banks_truth(warehouse: Connection, sandbox: Sandbox, bank: str) -> None:
    """A first load, nights over a month's end and a year's, and corrections in between."""
    for day in (date(2025, 12, 30), *(date(2026, 1, 2) + timedelta(days=n) for n in range(8))):
        set_day(sandbox, day)
        land(warehouse, client(sandbox, bank), since=SINCE, now=evening(day))
    assert months(warehouse, bank) == truth(sandbox, bank, SINCE)
    assert rebuild(warehouse, bank) == 0
    again = land(warehouse, client(sandbox, bank), since=SINCE, now=evening(day))
    assert (again.counts.changed, again.months) == (0, 0)
