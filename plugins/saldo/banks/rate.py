"""One rate of one day, and numbers as banks write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

#: What stands where there is no rate that day.
_NONE = frozenset({"", "..", ".", "-", "NaN", "nan", "ND", "null"})
_POINT = re.compile(r"\d+(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+\.\d+", re.ASCII)
_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_CURRENCY = re.compile("[A-Z]{3}")
#: More would be no rate of any currency, and decimals are exact up to so many digits.
_LONGEST = 28


class Rate(NamedTuple):
    """`published` of quote are `unit` (a power of ten) of base, on that day."""

    base: str
    quote: str
    day: date
    published: Decimal
    unit: int = 1

    @property
    def rate(self) -> Decimal:
        """Of quote for one of base; exact, since only the point moves."""
        return self.published.scaleb(1 - len(str(self.unit)))


def is_currency(code: str) -> bool:
    """Whether it looks like a code of ISO 4217; indices of currencies have digits or other names."""
    return _CURRENCY.fullmatch(code) is not None


def number(text: str) -> Decimal | None:
    """A number as a bank writes it, exactly; None where it says that there is none.

    1,145.56 has a comma for thousands; 745,83 is a decimal comma. Raises ValueError for what is neither, or is
    not above zero: 1,145 may be either.
    """
    text = text.strip()
    if text in _NONE:
        return None
    if len(text) > _LONGEST:
        raise ValueError(text[:_LONGEST])
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif _COMMA.fullmatch(text) and len(text.partition(",")[2]) != 3:
        text = text.replace(",", ".")
    if not _POINT.fullmatch(text):
        raise ValueError(text)
    found = Decimal(text)
    if found <= 0:
        raise ValueError(text)
    return found
