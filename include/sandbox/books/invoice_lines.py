"""The lines of a sales document: made from its net amount and its random bits, nothing is stored.

One to five product lines, sometimes a line of text alone. All product lines but the last one are priced
freely (quantities of up to three decimals, discounts), the last one takes what is left, so that the lines
sum to what the document's header says - or miss it by `off`, the header's rounding.
"""

from __future__ import annotations

from typing import NamedTuple

from .line import mix, round_half_away
from .products import is_service, product_name, product_number, unit_of

#: No document has more lines; every one owns so many line numbers.
MOST_LINES = 8
_COUNTS = (1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5)
_DISCOUNTS = (1_000, 1_250, 3_333, 0, 0, 0, 0, 0)
_LAST_QUANTITIES = ((4, 2, 1), (1,), (8, 5, 3, 2, 1), (10, 6, 1))
#: One document in so many is rounded: by -0.02 to 0.02, 0 among them.
ROUNDED_EVERY = 9


class SalesLine(NamedTuple):
    """A line; amounts in hundredths of the document's currency. Text alone has no net and no quantity.

    quantity is in thousandths, discount in hundredths of a per cent.
    """

    place: int
    description: str
    net: int | None = None
    quantity: int | None = None
    price: int | None = None
    discount: int = 0
    cost: int | None = None
    product: int | None = None
    department: int | None = None
    is_accrued: bool = False
    recommended: int | None = None

    @property
    def product_number(self) -> str | None:
        return None if self.product is None else product_number(self.product)

    @property
    def unit(self) -> int | None:
        return None if self.product is None else unit_of(self.product)


def rounding(bits: int) -> int:
    """By how many hundredths a header is more than the sum of its lines."""
    return ((bits >> 20) % 5 - 2) if (bits >> 12) % ROUNDED_EVERY == 0 else 0


def _has_text(bits: int) -> bool:
    return (bits >> 4) % 4 == 0


def line_count(bits: int) -> int:
    return _COUNTS[bits & 15] + _has_text(bits)


def lines_of(bits: int, net: int, *, products: int, departments: bool) -> list[SalesLine]:
    """The lines that sum to `net`; products: how many there are to choose from."""
    count, sign, size = _COUNTS[bits & 15], (1 if net >= 0 else -1), abs(net)
    found: list[SalesLine] = []
    text_at = (bits >> 6) % (count + 1) if _has_text(bits) else -1
    left = size
    for place in range(count):
        if place == text_at:
            found.append(SalesLine(len(found) + 1, "Leveret efter aftale – tak for ordren"))
        own = mix(bits + place + 1)
        line = (
            _last(own, left)
            if place == count - 1
            else _priced(own, size * (10 + own % 40) // (100 * count))
        )
        left -= line[0]
        found.append(_line(own, len(found) + 1, sign, line, products, departments))
    if text_at == count:
        found.append(SalesLine(len(found) + 1, "Hilsen\nSalgsafdelingen 📦"))
    return found


def _priced(bits: int, about: int) -> tuple[int, int, int, int]:
    """(net, quantity, price, discount) of a line that comes to about so much."""
    kind = (bits >> 8) % 4
    if kind == 1:
        quantity = 250 * (1 + (bits >> 12) % 40)
    elif kind == 2:
        quantity = 100 + (bits >> 12) % 9_900
    else:
        quantity = 1_000 * (1 + (bits >> 12) % 12)
    discount = _DISCOUNTS[(bits >> 26) % 8]
    price = max(1, about * 10_000_000 // (quantity * (10_000 - discount)))
    return net_of(quantity, price, discount), quantity, price, discount


def net_of(quantity: int, price: int, discount: int) -> int:
    return round_half_away(quantity * price * (10_000 - discount), 10_000_000)


def _last(bits: int, left: int) -> tuple[int, int, int, int]:
    quantity = next(q for q in _LAST_QUANTITIES[(bits >> 8) % 4] if left % q == 0)
    return left, quantity * 1_000, left // quantity, 0


def _line(
    bits: int,
    place: int,
    sign: int,
    amounts: tuple[int, int, int, int],
    products: int,
    departments: bool,
) -> SalesLine:
    net, quantity, price, discount = amounts
    product = (bits >> 44) % products
    name = product_name(product)
    return SalesLine(
        place,
        f"{name}\nNr. {place}" if (bits >> 29) % 16 == 0 else name,
        sign * net,
        sign * quantity,
        price,
        discount,
        None if is_service(product) else price * (40 + (bits >> 32) % 45) // 100,
        product,
        1 + (bits >> 40) % 5 if departments and (bits >> 36) % 5 < 3 else None,
        (bits >> 52) % 19 == 0,
        price + 500 if (bits >> 34) % 7 == 0 else None,
    )
