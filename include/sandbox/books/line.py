"""One posted ledger entry, one sales invoice, and the source of everything that looks random in the books."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

_MASK = (1 << 64) - 1


class Line(NamedTuple):
    """One posted ledger entry; amounts in hundredths, `remainder` None where nothing can be matched."""

    number: int
    account: int
    amount: int
    base: int
    currency: str
    date: dt.date
    voucher: int
    type: int
    text: str
    vat: str | None = None
    customer: int | None = None
    supplier: int | None = None
    invoice: str | None = None
    due: dt.date | None = None
    remainder: int | None = None


class Sale(NamedTuple):
    """A sales invoice as the ledger books it; amounts in hundredths, the rate per 100 units in hundredths."""

    number: int
    slot: int
    date: dt.date
    currency: str
    rate: int
    net: int
    vat: int
    net_base: int
    vat_base: int
    customer: int
    #: The customer's place in the list of customers, whatever number it has by now.
    customer_index: int
    account: int
    remainder: int
    remainder_base: int
    bits: int


def mix(value: int) -> int:
    """64 well-mixed bits of an integer (the finaliser of splitmix64)."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)


def round_half_away(dividend: int, divisor: int) -> int:
    """The quotient as a whole number, half rounded away from zero."""
    rounded = (2 * abs(dividend) + abs(divisor)) // (2 * abs(divisor))
    return rounded if (dividend < 0) == (divisor < 0) else -rounded
