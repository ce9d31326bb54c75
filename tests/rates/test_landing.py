"""Rates in a real Postgres: averages and closing rates by hand, nights, corrections, kills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from saldo.banks import BANKS, Bank
from saldo.banks.rate import Rate
from saldo.errors import DataRejected, Unavailable
from saldo.rates import land, rebuild
from saldo.warehouse.connection import Connection
from tests.conftest import Cluster
from tests.rates.banks import PLACES, client, evening, fault, set_day, truth
from tests.support import Sandbox

SINCE = date(2025, 11, 3)


@pytest.fixture(autouse=True)
def _clean(warehouse: Connection, sandbox: Sandbox) -> Iterator[None]:
    empty(warehouse)
    yield
    set_day(sandbox, None)


def empty(warehouse: Connection) -> None:
    warehouse.execute("truncate core.published_rate, mart.fact_exchange_rate, ops.watermark")


@dataclass
class Told:
    """A bank that says what it is told. dies: after so many rates."""

    bank: Bank
    rates_of: dict[tuple[str, date], str] = field(default_factory=dict)
    dies: int | None = None
    asked: list[date] = field(default_factory=list)

    def rates(self, first: date, *, today: date) -> Iterator[Rate]:
        self.asked.append(first)
        for n, ((currency, day), value) in enumerate(self.rates_of.items()):
            if self.dies is not None and n >= self.dies:
                raise KeyboardInterrupt
            if first <= day <= today:
                pair = (
                    ("EUR", currency)
                    if self.bank.currency == "EUR"
                    else (currency, self.bank.currency)
                )
                yield Rate(*pair, day, Decimal(value), 1 if self.bank.currency == "EUR" else 100)


def march(*days: int) -> list[date]:
    return [date(2026, 3, day) for day in days]


def facts(warehouse: Connection, base: str, quote: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select to_char(month, 'MM'), average_rate::text, closing_rate::text, closing_date::text, published_days, "
        "is_derived, is_complete from mart.fact_exchange_rate where base_currency = %s and quote_currency = %s "
        "order by source, month",
        [base, quote],
    ).fetchall()


# --- by hand -------------------------------------------------------------------------------------


def test_averages_closing_and_cross_rates_by_hand(warehouse: Connection) -> None:
    ecb = Told(BANKS["ecb"])
    for day, dkk, nok in zip(
        march(2, 3, 31), ("7.4600", "7.4603", "7.4610"), ("11.0", "12.0", "11.5"), strict=True
    ):
        ecb.rates_of |= {("DKK", day): dkk, ("NOK", day): nok}
    ecb.rates_of["USD", date(2026, 3, 3)] = "1.1"
    land(warehouse, ecb, since=SINCE, now=evening(date(2026, 3, 31)))
    # (7.46 + 7.4603 + 7.461) / 3; the month is not over as long as no later rate is out.
    assert facts(warehouse, "EUR", "DKK") == [
        ("03", "7.4604333333", "7.4610000000", "2026-03-31", 3, False, False)
    ]
    # (1/7.46 + 1/7.4603 + 1/7.461) / 3, not 1 / 7.4604333.
    assert facts(warehouse, "DKK", "EUR") == [
        ("03", "0.1340404717", "0.1340302908", "2026-03-31", 3, True, False)
    ]
    # (11/7.46 + 12/7.4603 + 11.5/7.461) / 3 = (1.474530831… + 1.608514402… + 1.541348344…) / 3
    assert facts(warehouse, "DKK", "NOK") == [
        ("03", "1.5414645262", "1.5413483447", "2026-03-31", 3, True, False)
    ]
    # One day has both: 7.4603 / 1.1.
    assert facts(warehouse, "USD", "DKK") == [
        ("03", "6.7820909091", "6.7820909091", "2026-03-03", 1, True, False)
    ]
    ecb.rates_of["DKK", date(2026, 4, 1)] = "7.4612"
    landed = land(warehouse, ecb, since=SINCE, now=evening(date(2026, 4, 1)))
    assert (landed.first, landed.counts.inserted) == (date(2026, 3, 17), 1)
    assert [row[-1] for row in facts(warehouse, "EUR", "DKK")] == [True, False]
    row = warehouse.execute(
        "select distinct agreement_key, date_key from mart.fact_exchange_rate where month = '2026-03-01'"
    ).fetchall()
    assert row == [(-1, 20260331)]


def test_a_hundred_units_by_hand(warehouse: Connection) -> None:
    bank = Told(BANKS["nationalbanken"])
    bank.rates_of = {
        ("USD", date(2026, 3, 2)): "684.64", ("USD", date(2026, 3, 3)): "683.01", ("JPY", date(2026, 3, 3)): "4.3",
    }  # fmt: skip
    land(warehouse, bank, since=SINCE, now=evening(date(2026, 3, 3)))
    assert facts(warehouse, "USD", "DKK")[0][1:3] == ("6.8382500000", "6.8301000000")
    assert facts(warehouse, "USD", "JPY")[0][1:3] == ("158.8395348837", "158.8395348837")
    kept = warehouse.execute(
        "select rate::text, published_rate::text, unit::text from core.published_rate "
        "where base_currency = 'JPY'"
    ).fetchall()
    assert kept == [("0.043", "4.3", "100")]


def test_the_rate_of_any_day(warehouse: Connection) -> None:
    ecb = Told(BANKS["ecb"])
    ecb.rates_of = {
        ("DKK", date(2026, 4, 2)): "7.46", ("NOK", date(2026, 4, 2)): "11.19", ("DKK", date(2026, 4, 7)): "7.47",
    }  # fmt: skip
    land(warehouse, ecb, since=SINCE, now=evening(date(2026, 4, 7)))

    def on(source: str, base: str, quote: str, day: str) -> str | None:
        row = warehouse.execute(
            "select mart.exchange_rate_on(%s, %s, %s, %s::date)::text", [source, base, quote, day]
        ).fetchone()
        return row[0] if row else None

    # Good Friday to Easter Monday have Thursday's.
    assert on("ecb", "EUR", "DKK", "2026-04-06") == "7.4600000000"
    assert on("ecb", "EUR", "DKK", "2026-04-07") == "7.4700000000"
    assert on("ecb", "DKK", "EUR", "2026-04-03") == "0.1340482574"
    # Both are of the same day.
    assert on("ecb", "DKK", "NOK", "2026-04-07") == "1.5000000000"
    assert on("ecb", "DKK", "DKK", "1990-01-01") == "1"
    assert on("ecb", "EUR", "DKK", "2026-04-01") is None
    # A currency that is not published any more has none.
    assert on("ecb", "EUR", "NOK", "2026-04-11") == "11.1900000000"
    assert on("ecb", "EUR", "NOK", "2026-04-12") is None
    assert on("riksbank", "EUR", "DKK", "2026-04-07") is None


def test_power_bi_may_ask(warehouse: Connection, cluster: Cluster, dsn: str) -> None:
    land(
        warehouse,
        Told(BANKS["ecb"], {("DKK", date(2026, 3, 2)): "7.46"}),
        since=SINCE,
        now=evening(date(2026, 3, 2)),
    )
    database = conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(cluster.admin_dsn, dbname=database, autocommit=True) as admin:
        admin.execute("set role powerbi")
        row = admin.execute(
            "select (select count(*) from mart.fact_exchange_rate), (select count(*) from mart.exchange_rate_day), "
            "mart.exchange_rate_on('ecb', 'EUR', 'DKK', '2026-03-02')::text"
        ).fetchone()
    assert row == (2, 1, "7.4600000000")


# --- nights --------------------------------------------------------------------------------------


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
    corrected = 0
    days = (date(2025, 12, 30), *(date(2026, 1, 2) + timedelta(days=n) for n in range(12)))
    for day in days:
        set_day(sandbox, day)
        landed = land(warehouse, client(sandbox, bank), since=SINCE, now=evening(day))
        corrected += landed.counts.updated
    # Norges Bank's service has a day only when it is corrected already.
    assert (corrected > 0) == (bank != "norges_bank")
    assert months(warehouse, bank) == truth(sandbox, bank, SINCE)
    assert rebuild(warehouse, bank) == 0
    again = land(warehouse, client(sandbox, bank), since=SINCE, now=evening(day))
    assert (again.counts.changed, again.months) == (0, 0)
    asked = client(sandbox, bank)
    land(warehouse, asked, since=SINCE, now=evening(day))
    assert asked.usage.requests == (2 if bank == "nationalbanken" else 1)


def test_a_full_run_repairs_months_whose_rates_have_not_changed(warehouse: Connection) -> None:
    ecb = Told(BANKS["ecb"], {("DKK", day): "7.46" for day in march(2, 3)})
    ecb.rates_of["DKK", date(2026, 4, 1)] = "7.47"
    land(warehouse, ecb, since=SINCE, now=evening(date(2026, 4, 1)))
    right = months(warehouse, "ecb")
    warehouse.execute(
        "update mart.fact_exchange_rate set average_rate = 1 where month = '2026-03-01'"
    )
    assert land(warehouse, ecb, since=SINCE, now=evening(date(2026, 4, 1))).months == 0
    landed = land(warehouse, ecb, since=SINCE, now=evening(date(2026, 4, 1)), is_whole=True)
    assert (landed.months, months(warehouse, "ecb")) == (2, right)


def test_an_answer_that_lacks_what_was_there_changes_nothing(
    warehouse: Connection, sandbox: Sandbox
) -> None:
    day = date(2026, 3, 31)
    set_day(sandbox, day)
    land(warehouse, client(sandbox, "ecb"), since=SINCE, now=evening(day))
    before = months(warehouse, "ecb")
    for kind, more in (
        ("empty", {}),
        # The last series are missing, and the answer looks whole.
        ("replace", {"find": r"(?s)EXR\.D\.J.*", "put": ""}),
    ):
        fault(sandbox, "ecb", kind, **more)
        with pytest.raises(Unavailable, match="European Central Bank: the answer lacks"):
            land(warehouse, client(sandbox, "ecb"), since=SINCE, now=evening(day))
    assert months(warehouse, "ecb") == before


def test_a_unit_that_is_not_what_was_said_is_noticed(
    warehouse: Connection, sandbox: Sandbox
) -> None:
    """Kronor for 100 yen where they were for one."""
    day = date(2026, 3, 31)
    set_day(sandbox, day)
    for bank in PLACES:
        land(warehouse, client(sandbox, bank), since=SINCE, now=evening(day))
    fault(
        sandbox,
        "riksbank",
        "replace",
        find=r'(SEKJPYPMI","date":"2026-03-31","value":)0\.0',
        put=r"\g<1>",
        count=0,
    )
    with pytest.raises(
        DataRejected, match=r"Riksbank: one JPY would be .* SEK on 2026-03-31, and is 0\.0"
    ):
        land(warehouse, client(sandbox, "riksbank"), since=SINCE, now=evening(day))


def test_a_first_answer_without_rates_is_no_success(
    warehouse: Connection, sandbox: Sandbox
) -> None:
    fault(sandbox, "ecb", "empty")
    with pytest.raises(Unavailable, match="no rates at all since 2025-11-03"):
        land(warehouse, client(sandbox, "ecb"), since=SINCE, now=evening(date(2026, 3, 31)))
    assert warehouse.execute("select count(*) from ops.watermark").fetchone() == (0,)


def test_what_is_read_when(warehouse: Connection) -> None:
    bank = Told(BANKS["ecb"])
    first = date(2026, 3, 2)

    def night(n: int, since: date = SINCE, *, is_whole: bool = False) -> date:
        day = first + timedelta(days=n)
        bank.rates_of["DKK", day] = "7.46"
        land(warehouse, bank, since=since, now=evening(day), is_whole=is_whole)
        return bank.asked[-1]

    assert night(0) == SINCE
    assert night(1) == first - timedelta(days=14)
    assert night(6) == first + timedelta(days=1 - 14)
    assert night(7) == SINCE, "a week later"
    assert night(8) == first + timedelta(days=7 - 14)
    assert night(9, date(2025, 1, 1)) == date(2025, 1, 1), "somebody wants more"
    assert night(10, date(2025, 6, 1)) == first + timedelta(days=9 - 14)
    assert night(11, is_whole=True) == SINCE


# --- any order, corrections, kills ----------------------------------------------------------------

_DAYS = st.dates(date(2026, 1, 26), date(2026, 3, 5))
_SAID = st.dictionaries(
    st.tuples(st.sampled_from(["DKK", "NOK", "USD"]), _DAYS),
    st.integers(1, 99_999).map(lambda n: f"{n / 1000:.3f}"),
    min_size=1,
    max_size=8,
)
_EVERYTHING = (
    "select source, base_currency, quote_currency, month, average_rate, closing_rate, closing_date, published_days, "
    "is_derived, is_complete from mart.fact_exchange_rate order by 1, 2, 3, 4"
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["ecb", "riksbank"]),
    nights=st.lists(st.tuples(_SAID, st.none() | st.integers(0, 4)), min_size=1, max_size=4),
)
def test_any_order_corrections_and_kills_come_to_a_rebuild(
    warehouse: Connection, name: str, nights: list[tuple[dict[tuple[str, date], str], int | None]]
) -> None:
    empty(warehouse)
    bank = Told(BANKS[name])
    now = evening(date(2026, 3, 6))
    for said, dies in nights:
        bank.rates_of |= said
        bank.dies = dies
        if dies is not None and dies < len(bank.rates_of):
            with pytest.raises(KeyboardInterrupt):
                land(warehouse, bank, since=SINCE, now=now, is_whole=True)
            bank.dies = None
        land(warehouse, bank, since=SINCE, now=now, is_whole=True)
    found = warehouse.execute(_EVERYTHING).fetchall()
    empty(warehouse)
    land(warehouse, Told(bank.bank, bank.rates_of), since=SINCE, now=now)
    assert warehouse.execute(_EVERYTHING).fetchall() == found
    assert rebuild(warehouse, name) == 0
    warehouse.execute("truncate mart.fact_exchange_rate")
    rebuild(warehouse, name)
    assert warehouse.execute(_EVERYTHING).fetchall() == found
