"""What a purchase document's lines are and what they come to.

A line without tax is rounded to hundredths by itself; the document's tax is rounded once a tax rate. So where prices
include tax the lines may be some hundredths off the document's total, as at the vendor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from sandbox.books.calendar import add_months
from sandbox.books.line import mix, round_half_away

from .amounts import decimal, in_base
from .registers import (
    BUY_HIGH,
    BUY_LOW,
    BUY_NONE,
    BUY_NULL,
    BUY_OLD,
    BUY_SHIFTED,
    CAR,
    FREIGHT,
    FUEL,
    GENERAL,
    GOODS,
    HOUSING,
    INVENTORY,
    OFFICE,
    OFFICE_OLD,
    PROJECTS,
    QUESTIONS,
    SALES_COSTS,
    TENTHS,
)  # fmt: skip

_ACCOUNTS = (
    GOODS, GOODS, FREIGHT, HOUSING, CAR, FUEL, SALES_COSTS, OFFICE, GENERAL, INVENTORY, QUESTIONS, OFFICE_OLD,
)  # fmt: skip
_TAXES = (BUY_HIGH,) * 5 + (BUY_LOW, BUY_LOW, BUY_SHIFTED, BUY_NONE, BUY_NULL, BUY_OLD)
#: What a person typed, and what Moneybird made of it in hundredths.
_QUANTITIES = (
    (None, 100), ("1 x", 100), ("2 x", 200), ("5 stuks", 500), ("1,5 uur", 150), ("0,33", 33), ("12", 1_200),
)  # fmt: skip
_TEXTS = (
    "Taxi Schiphol", "=SUM(A1:A9)", "+31 20 123 45 67", "-10% korting", "@lunch met klant", "Koffie ☕ & thé",
    "Huur\nkantoor", 'Papier "A4"', "Ærø – levering", "", "Żółty karton", "\tTab", "Zakelijke auto; lease",
)  # fmt: skip


class Line(NamedTuple):
    """quantity in hundredths, price in ten-thousandths (with tax where the document's prices have it), net and
    net_base in hundredths."""

    number: int
    text: str
    amount: str | None
    quantity: int
    price: int
    tax: int
    account: int
    project: int | None
    period: str | None
    net: int
    net_base: int


class Totals(NamedTuple):
    net: int
    net_base: int
    gross: int
    gross_base: int


class Raw(NamedTuple):
    """A line as a person enters it."""

    text: str
    amount: str | None
    quantity: int
    price: int
    tax: int
    account: int
    project: int | None
    period: str | None


def raw_lines(bits: int, when: date) -> list[Raw]:
    """One to four lines; one document in nineteen has twelve."""
    count = 12 if (bits >> 3) % 19 == 0 else 1 + (bits >> 9) % 4
    is_credit = bits % 31 == 0
    found = [_raw(mix(bits + 977 * (place + 1)), place, when) for place in range(count)]
    return [one._replace(price=-one.price) for one in found] if is_credit else found


def _raw(bits: int, place: int, when: date) -> Raw:
    amount, quantity = _QUANTITIES[bits % len(_QUANTITIES)]
    return Raw(
        _TEXTS[(bits >> 8) % len(_TEXTS)], amount, quantity, entered_price(bits, place),
        _TAXES[(bits >> 16) % len(_TAXES)], _ACCOUNTS[(bits >> 24) % len(_ACCOUNTS)],
        (bits >> 34) % PROJECTS if (bits >> 30) % 5 == 0 else None, _period((bits >> 40) % 8, when),
    )  # fmt: skip


def entered_price(bits: int, place: int) -> int:
    """Of four decimals, two, one or none; lines after the first may be nothing or a discount."""
    kind, size = (bits >> 4) % 8, 10_000 + (bits >> 20) % 7_500_000
    if place and kind == 0:
        return 0
    if place and kind == 1:
        return -(size // 20_000 * 1_000)
    return size if kind == 2 else size // 10_000 * 10_000 if kind in (3, 4) else size // 100 * 100


def _period(kind: int, when: date) -> str | None:
    """Both ways of writing one, and a period in the year after."""
    first = when.replace(day=1)
    if kind == 0:
        last = add_months(first, 1) - timedelta(days=1)
        return f"{first:%Y%m%d}..{last:%Y%m%d}"
    if kind == 1:
        return f"{first:%Y%m}..{add_months(first, 2):%Y%m}"
    if kind == 2:
        last = add_months(first, 12) - timedelta(days=1)
        return f"{first:%Y%m%d}..{last:%Y%m%d}"
    return None


def priced(raw: Iterable[Raw], *, of_rate: int, is_incl: bool) -> tuple[list[Line], Totals]:
    """Lines with what they come to, and the document's totals; of_rate: base currency in millionths."""
    lines: list[Line] = []
    by_tax: Counter[int] = Counter()
    for number, one in enumerate(raw):
        tenths = TENTHS[one.tax]
        entered = round_half_away(one.quantity * one.price, 10_000)
        by_tax[one.tax] += entered
        net = round_half_away(entered * 1_000, 1_000 + tenths) if is_incl and tenths else entered
        lines.append(Line(number, *one, net, in_base(net, of_rate)))
    net = gross = 0
    for tax, entered in by_tax.items():
        tenths = TENTHS[tax]
        if is_incl:
            gross += entered
            net += round_half_away(entered * 1_000, 1_000 + tenths)
        else:
            net += entered
            gross += entered + round_half_away(entered * tenths, 1_000)
    return lines, Totals(net, in_base(net, of_rate), gross, in_base(gross, of_rate))


def written_price(price: int, bits: int) -> str:
    """Up to four decimals; a whole one is "60.0", or "60"."""
    return decimal(price, 4, least=bits % 2)
