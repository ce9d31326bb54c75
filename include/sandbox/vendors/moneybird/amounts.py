"""Money and rates as Moneybird writes them, and what currencies are worth.

Money is whole hundredths, prices whole ten-thousandths, quantities hundredths, rates millionths, percentages tenths.
"""

from __future__ import annotations

from datetime import date

from sandbox.books.line import round_half_away

#: What a unit is worth in euro, in millionths.
_WORTH = {
    "EUR": 1_000_000, "USD": 921_300, "GBP": 1_171_450, "SEK": 88_520, "DKK": 134_030, "NOK": 86_900,
}  # fmt: skip


def decimal(value: int, places: int, *, least: int = 1) -> str:
    """A whole number of 10^-places as text without needless zeros, with at least so many decimals."""
    sign, digits = "-" if value < 0 else "", f"{abs(value):0{places + 1}d}"
    whole, rest = digits[:-places], digits[-places:].rstrip("0").ljust(least, "0")
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def money(cents: int) -> str:
    """ "300.0", "247.93", "-75.0"."""
    return decimal(cents, 2)


def rate(currency: str, base: str, day: date) -> int:
    """What a unit was worth in base currency on a day, in millionths."""
    if currency == base:
        return 1_000_000
    worth = _WORTH[currency] * 1_000_000 // _WORTH[base]
    return worth + (day.toordinal() % 41 - 20) * worth // 2_000


def in_base(cents: int, of_rate: int) -> int:
    return cents if of_rate == 1_000_000 else round_half_away(cents * of_rate, 1_000_000)
