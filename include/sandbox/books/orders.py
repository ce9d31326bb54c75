"""Sales documents that are not booked: draft invoices, orders and quotes, as they live from day to day.

Every working day makes some of each. A draft invoice is changed, and after a week it is booked and gone
(what the ledger books is made on its own: the sandbox does not join the two). Orders and quotes are drafts,
then sent, then archived for ever; one in four is deleted instead of archived. The first one of a day comes
to another amount two days later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .amounts import RATES
from .calendar import working_day
from .changes import FIRST_CUSTOMER, renumberings
from .company import Company
from .invoice_lines import MOST_LINES, SalesLine, lines_of
from .invoices import cost_base, in_base
from .line import mix
from .products import product_count
from .vouchers import credit_until

#: For how many days a document is open; from which age on it is sent, and changed.
OPEN_DAYS, SENT_AT, CHANGED_AT, SHORT_LIFE = 7, 3, 2, 3
#: How many working days before the history's end the first one was made.
_SINCE = 40
_FIRST_ID = 700_001


@dataclass(frozen=True)
class Kind:
    """A kind of document and the lists it goes through."""

    name: str
    lists: tuple[str, ...]
    first_number: int
    salt: int


LISTS = ("drafts", "sent", "archived")
#: The numbers of draft invoices overlap with those of booked ones, as they may at e-conomic.
DRAFT_INVOICE = Kind("draft_invoice", ("drafts",), 10_001, 1)
ORDER = Kind("order", LISTS, 1, 2)
QUOTE = Kind("quote", LISTS, 301, 3)
KINDS = (DRAFT_INVOICE, ORDER, QUOTE)


class SalesDocument(NamedTuple):
    """A document; amounts in hundredths, the rate per 100 units in hundredths."""

    number: int
    id: int
    status: str
    date: dt.date
    currency: str
    rate: int
    net: int
    vat: int
    customer: int
    customer_index: int
    first_line: int
    lines: list[SalesLine]
    last_updated: str

    @property
    def due(self) -> dt.date:
        return credit_until(self.date)

    @property
    def net_base(self) -> int:
        return in_base(self.net, self.rate)

    @property
    def cost_base(self) -> int:
        return sum(cost_base(line, self.rate) for line in self.lines)

    @property
    def rounding_base(self) -> int:
        """The header's net amount in base currency less the lines' ones."""
        return self.net_base - sum(in_base(line.net or 0, self.rate) for line in self.lines)


def documents(company: Company, day: int, kind: Kind) -> Iterator[SalesDocument]:
    """The documents of a kind after `day` working days, in order of number."""
    per_day = max(2, company.orders // OPEN_DAYS)
    for made in range(-_SINCE, day + 1):
        for place in range(per_day):
            serial = (made + _SINCE) * per_day + place
            status = _status(kind, day - made, serial)
            if status is not None:
                yield _document(company, day, kind, made, place, serial, status)


def _status(kind: Kind, age: int, serial: int) -> str | None:
    """In which list a document is at an age; None when it is gone."""
    if kind.lists == ("drafts",):
        return "drafts" if age < (SHORT_LIFE if serial % 4 == 1 else OPEN_DAYS) else None
    if age < OPEN_DAYS:
        return "drafts" if age < SENT_AT else "sent"
    return None if serial % 4 == 3 else "archived"


def _document(
    company: Company, day: int, kind: Kind, made: int, place: int, serial: int, status: str
) -> SalesDocument:
    bits = mix(company.seed * 67_867_967 + serial * 4 + kind.salt)
    is_changed = place == 0 and day >= made + CHANGED_AT
    net = 4 * (2_500 + (bits >> 8) % 400_000 + 100 * is_changed)
    currency, rate = company.base_currency, 10_000
    if company.currencies and (bits >> 40) % 3 == 0:
        currency = company.currencies[(bits >> 44) % len(company.currencies)]
        rate = RATES[currency]
    index = (bits >> 24) % (company.customers + max(0, made))
    change = renumberings(company, day).get(FIRST_CUSTOMER + index)
    return SalesDocument(
        kind.first_number + serial, _FIRST_ID + serial * 3 + kind.salt, status, working_day(made),
        currency, rate, net, net // 4 if rate == 10_000 else 0,
        change.number if change else FIRST_CUSTOMER + index, index, 1 + serial * MOST_LINES,
        lines_of(
            bits, net, products=product_count(company, max(0, made)),
            departments=company.departments,
        ),
        _stamp(made, day, status, is_changed, place),
    )  # fmt: skip


def _stamp(made: int, day: int, status: str, is_changed: bool, place: int) -> str:
    """When the document was last changed: made, come to another amount, sent or archived."""
    days = [made, *([made + CHANGED_AT] if is_changed else [])]
    days += [made + SENT_AT] if status != "drafts" else []
    days += [made + OPEN_DAYS] if status == "archived" else []
    return f"{working_day(max(days)).isoformat()}T09:{place % 60:02d}:00Z"
