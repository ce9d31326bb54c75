"""The banks' clients against the sandbox: units, gaps, faults; numbers as banks write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from saldo.banks import BANKS
from saldo.banks.choice import NAMES, chosen_banks, first_day
from saldo.banks.rate import Rate, number
from saldo.errors import BadResponse, ConfigError, RateLimited, SaldoError, Unavailable
from saldo.transport.limiter import BurstLimiter
from tests.rates.banks import PLACES, client, fault, set_day
from tests.support import Sandbox

#: A Thursday; the Friday after it and the Monday are holidays of TARGET and of all four.
MAUNDY = date(2026, 4, 2)
FIRST = date(2026, 3, 30)


@pytest.fixture(autouse=True)
def _the_day(sandbox: Sandbox) -> Iterator[None]:
    set_day(sandbox, date(2026, 4, 8))
    yield
    set_day(sandbox, None)


def read(sandbox: Sandbox, bank: str, first: date = FIRST) -> list[Rate]:
    return list(client(sandbox, bank).rates(first, today=date(2026, 4, 8)))


@pytest.mark.parametrize(
    ("bank", "direction", "unit", "days"),
    [
        ("ecb", ("EUR", "USD"), 1, ["30", "31", "01", "02", "07", "08"]),
        ("nationalbanken", ("USD", "DKK"), 100, ["30", "31", "01", "07", "08"]),
        # The day itself is there the next morning.
        ("norges_bank", ("USD", "NOK"), 1, ["30", "31", "01", "07"]),
        ("riksbank", ("USD", "SEK"), 1, ["30", "31", "01", "02", "07", "08"]),
    ],
)
def test_units_and_gaps(
    sandbox: Sandbox, bank: str, direction: tuple[str, str], unit: int, days: list[str]
) -> None:
    found = {rate.day: rate for rate in read(sandbox, bank) if rate[:2] == direction}
    assert [f"{day:%d}" for day in sorted(found)] == days
    assert {rate.unit for rate in found.values()} == {unit}
    # About what a dollar was.
    low, high = {"EUR": (1, 2), "DKK": (5, 9), "NOK": (8, 14), "SEK": (8, 14)}[BANKS[bank].currency]
    assert all(low < rate.rate < high for rate in found.values())
    assert all(rate.rate * unit == rate.published for rate in found.values())


def test_a_hundred_yen_are_norges_banks_unit(sandbox: Sandbox) -> None:
    yen = next(rate for rate in read(sandbox, "norges_bank") if rate.base == "JPY")
    assert (yen.unit, yen.rate) == (100, yen.published.scaleb(-2))
    assert not {"I44", "TWI"} & {rate.base for rate in read(sandbox, "norges_bank")}


def test_years_of_the_riksbank_are_asked_for_one_by_one(sandbox: Sandbox) -> None:
    found = client(sandbox, "riksbank")
    rates = list(found.rates(date(2023, 1, 2), today=date(2026, 4, 8)))
    assert found.usage.requests == 4
    days = {rate.day for rate in rates if rate.base == "EUR"}
    assert len(days) > 800
    assert (min(days), max(days)) == (date(2023, 1, 2), date(2026, 4, 8))


@pytest.mark.parametrize("bank", PLACES)
def test_what_passes_is_tried_again(sandbox: Sandbox, bank: str) -> None:
    whole = read(sandbox, bank)
    assert whole
    for kind in ("503", "html", "truncate", "drop", "429"):
        more = {"retry_after": 0} if kind == "429" else {}
        fault(sandbox, bank, kind, **more)
        asked = client(sandbox, bank)
        assert list(asked.rates(FIRST, today=date(2026, 4, 8))) == whole, kind
        assert asked.usage.retries == 1, kind


@pytest.mark.parametrize("bank", PLACES)
def test_what_does_not_pass_is_of_its_family(sandbox: Sandbox, bank: str) -> None:
    cases: list[tuple[str, type[SaldoError]]] = [
        ("429", RateLimited), ("503", Unavailable), ("html", Unavailable), ("truncate", Unavailable),
    ]  # fmt: skip
    for kind, family in cases:
        fault(sandbox, bank, kind, times=3, retry_after=0)
        with pytest.raises(family):
            read(sandbox, bank)
        sandbox.clear_faults()


@pytest.mark.parametrize("bank", PLACES)
def test_a_holiday_is_no_error(sandbox: Sandbox, bank: str) -> None:
    set_day(sandbox, date(2026, 4, 6))
    asked = client(sandbox, bank)
    first = date(2026, 4, 5)
    assert list(asked.rates(first, today=date(2026, 4, 6))) == []
    fault(sandbox, bank, "empty")
    assert list(asked.rates(first, today=date(2026, 4, 6))) == []


def test_what_is_no_rate_is_quoted(sandbox: Sandbox) -> None:
    fault(sandbox, "ecb", "replace", find=r",2026-03-30,[\d.]+", put=",2026-03-30,about 7")
    with pytest.raises(
        BadResponse, match="European Central Bank rates 'ecb': 'about 7' is no rate"
    ):
        read(sandbox, "ecb")
    fault(sandbox, "norges_bank", "replace", find="UNIT_MULT", put="FACTOR")
    with pytest.raises(BadResponse, match="no column UNIT_MULT"):
        read(sandbox, "norges_bank")
    fault(sandbox, "riksbank", "replace", find='"value":', put='"value":-')
    with pytest.raises(BadResponse, match="is no rate"):
        read(sandbox, "riksbank")


def test_the_last_days_of_nationalbanken_may_wait(sandbox: Sandbox) -> None:
    """The page is a help: its table has the same tomorrow."""
    today = date(2026, 4, 8)
    fault(sandbox, "nationalbanken", "503", match="currencyratesxml", times=9)
    asked = client(sandbox, "nationalbanken")
    rates = list(asked.rates(FIRST, today=today))
    assert max(rate.day for rate in rates) == date(2026, 4, 7)
    assert asked.notes[0].startswith("without the rates of the last days: Danmarks Nationalbank")
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>'
    fault(sandbox, "nationalbanken", "replace", match="currencyratesxml", find=r"<gesmes:Envelope ", put=bomb, times=9)  # fmt: skip
    asked = client(sandbox, "nationalbanken")
    assert len(list(asked.rates(FIRST, today=today))) == len(rates)
    assert asked.notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7.4604", "7.4604"), ("745,8300", "745.8300"), ("1,145.56", "1145.56"), ("17200", "17200"),
        ("6.04E-2", "0.0604"), (" 1.0 ", "1.0"), ("", None), ("..", None), ("NaN", None),
    ],
)  # fmt: skip
def test_numbers(text: str, expected: str | None) -> None:
    assert number(text) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    "text", ["1,145", "1.145,56", "-7.46", "0", "0.0000", "7.46 kr", "1e999", "9" * 50, "٧"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text.strip()[:20])):
        number(text)


def test_who_is_asked() -> None:
    assert tuple(BANKS) == NAMES
    assert chosen_banks({}) == ("ecb",)
    assert chosen_banks({"SALDO_EXCHANGE_RATES": " Riksbank; ecb,ecb,"}) == ("ecb", "riksbank")
    assert chosen_banks({"SALDO_EXCHANGE_RATES": "none"}) == ()
    for wrong in ("ecb,none", "fed"):
        with pytest.raises(ConfigError, match="is no bank; write one or more of ecb"):
            chosen_banks({"SALDO_EXCHANGE_RATES": wrong})
    assert first_day({}) == date(2015, 1, 1)
    assert first_day({"SALDO_EXCHANGE_RATES_SINCE": "2020-06-30"}) == date(2020, 6, 30)
    for wrong in ("1998-12-31", "2020", "yesterday"):
        with pytest.raises(ConfigError, match="write a day such as 2015-01-01"):
            first_day({"SALDO_EXCHANGE_RATES_SINCE": wrong})


def test_without_a_key_the_riksbank_is_asked_slowly(sandbox: Sandbox) -> None:
    from saldo.banks.client import RatesClient, _auth
    from saldo.declarations.connection_form import Fields

    assert isinstance(_auth(BANKS["riksbank"], "").limiter, BurstLimiter)
    assert not isinstance(_auth(BANKS["riksbank"], "a key").limiter, BurstLimiter)
    asked = RatesClient(BANKS["ecb"], client(sandbox, "ecb").caller, fields=Fields())
    assert asked.url == "https://data-api.ecb.europa.eu/service"
