"""One posted ledger entry, and the source of everything that looks random in the books."""

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


def mix(value: int) -> int:
    """64 well-mixed bits of an integer (the finaliser of splitmix64)."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)
