"""The price of a euro in each currency, and what the banks make of it.

Every number follows from currency and day. On some days a bank's first word about one currency is wrong: it says another
rate from the next day on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zlib import crc32

from .holidays import days, is_open

#: Currency -> (price of a euro, how far it moves in a year and from one day to the next, in millionths).
_PRICES: dict[str, tuple[str, int, int]] = {
    "DKK": ("7.4600", 300, 60), "NOK": ("11.6000", 40_000, 3_000), "SEK": ("11.2000", 35_000, 2_500),
    "USD": ("1.1000", 50_000, 3_000), "GBP": ("0.8600", 20_000, 1_500), "CHF": ("0.9600", 25_000, 1_500),
    "PLN": ("4.4000", 40_000, 2_000), "JPY": ("158.00", 60_000, 4_000), "ISK": ("148.00", 30_000, 1_500),
    "IDR": ("17200.00", 40_000, 2_500), "BGN": ("1.9558", 0, 0),
}  # fmt: skip
#: Bulgaria has the euro since 2026.
_LAST = {"BGN": date(2025, 12, 31)}
_START = date(1999, 1, 4)
_PERIOD = 400


@dataclass(frozen=True)
class Played:
    """A bank. own: its currency. hundreds: currencies it prices by the hundred. places: decimals of its rates.
    is_base: whether it says what one of its own costs, not what its own cost. lag: days until its service has a day."""

    name: str
    calendar: str
    own: str
    places: int
    hundreds: frozenset[str] = frozenset()
    is_base: bool = False
    lag: int = 0

    @property
    def currencies(self) -> list[str]:
        return sorted({"EUR", *_PRICES} - {self.own})

    def unit(self, currency: str) -> int:
        return 100 if currency in self.hundreds else 1

    def published(self, currency: str, day: date, today: date) -> Decimal | None:
        """What it says today of that day, as it writes it; None where it says nothing."""
        is_over = currency in _LAST and day > _LAST[currency]
        if is_over or day > today or day < _START or not is_open(self.calendar, day):
            return None
        exact = self._exact(currency, day)
        if self._is_wrong_at_first(currency, day) and today == day:
            exact = exact * Decimal("1.001")
        places = Decimal(1).scaleb(-self._places(currency))
        return exact.quantize(places, ROUND_HALF_UP)

    def days(self, first: date, today: date) -> list[date]:
        """The days its service has from a day on."""
        return days(self.calendar, max(first, _START), today - timedelta(days=self.lag))

    def _exact(self, currency: str, day: date) -> Decimal:
        own, other = of_a_euro(self.own, day), of_a_euro(currency, day)
        return other / own if self.is_base else own / other * self.unit(currency)

    def _places(self, currency: str) -> int:
        """A price in thousands has two decimals."""
        return 2 if self.is_base and Decimal(_PRICES[currency][0]) > 100 else self.places

    def _is_wrong_at_first(self, currency: str, day: date) -> bool:
        lot = crc32(f"{self.name} {day}".encode())
        return lot % 5 == 0 and self.currencies[lot // 5 % len(self.currencies)] == currency


@lru_cache(maxsize=200_000)
def of_a_euro(currency: str, day: date) -> Decimal:
    """How many of a currency one euro is."""
    if currency == "EUR":
        return Decimal(1)
    price, year, step = _PRICES[currency]
    place = (day.toordinal() + crc32(currency.encode())) % _PERIOD
    wave = year * (abs(place - _PERIOD // 2) * 4 - _PERIOD) // _PERIOD
    noise = crc32(f"{currency} {day}".encode()) % (2 * step + 1) - step
    return Decimal(price) * (1_000_000 + wave + noise) / 1_000_000


PLAYED = {
    one.name: one
    for one in (
        Played("ecb", "target", "EUR", 4, is_base=True),
        Played("nationalbanken", "dk", "DKK", 4, frozenset({"EUR", *_PRICES})),
        Played(
            "norges_bank", "no", "NOK", 4, frozenset({"SEK", "DKK", "JPY", "ISK", "IDR"}), lag=1
        ),
        Played("riksbank", "se", "SEK", 5),
    )
}
