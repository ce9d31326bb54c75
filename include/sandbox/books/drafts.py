"""What lies in the journals and is not booked yet: it comes, changes and goes from day to day.

Every working day puts some vouchers into journal 1 and 2; after a few days they are booked and gone
(what the ledger books is made on its own: the sandbox does not join the two). The first one of a day
changes its amount two days later. Lines have a contra account, or a voucher balances by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .amounts import RATES
from .calendar import working_day
from .changes import FIRST_CUSTOMER, renumberings
from .chart import BANK, VAT_PURCHASES
from .company import Company
from .line import mix

LIFE, SHORT_LIFE = 5, 3
_LINES = 3


@dataclass(frozen=True)
class Draft:
    """An unbooked line; amounts in hundredths, the rate per 100 units in hundredths."""

    number: int
    journal: int
    voucher: int
    date: dt.date
    type: int
    amount: int
    currency: str
    text: str
    account: int | None = None
    vat: str | None = None
    contra_account: int | None = None
    contra_vat: str | None = None
    customer: int | None = None
    customer_invoice: str | None = None
    supplier: int | None = None
    supplier_invoice: str | None = None
    due: dt.date | None = None
    rate: int | None = None


def drafts(company: Company, day: int) -> Iterator[Draft]:
    """The unbooked lines after `day` working days, in order of number."""
    per_day = max(2, company.drafts // LIFE)
    for made in range(day - LIFE + 1, day + 1):
        for place in range(per_day):
            lives = SHORT_LIFE if place % 4 == 1 else LIFE
            if day < made + lives:
                is_changed = place == 0 and day >= made + 2
                yield from _voucher(company, day, made, place, per_day, is_changed)


def _voucher(
    company: Company, day: int, made: int, place: int, per_day: int, is_changed: bool
) -> list[Draft]:
    serial = (made + LIFE) * per_day + place
    bits = mix(company.seed * 32_452_843 + serial)
    amount = 100 * (100 + bits % 9_000) + 25 + 100 * is_changed
    first, when = 1 + serial * _LINES, working_day(made)
    kind = place % 4
    if kind == 0:
        return [_supplier_invoice(company, first, when, serial, amount, bits)]
    if kind == 1:
        return _finance_voucher(company, first, when, serial, amount)
    if kind == 2:
        return [_customer_payment(company, day, first, when, serial, amount, bits)]
    return [_supplier_payment(company, first, when, serial, amount, bits)]


def _money(company: Company, bits: int) -> tuple[str, int]:
    """(currency, rate): every third one is in euro, whatever the company sells in."""
    if (bits >> 40) % 3 == 0 and company.base_currency != "EUR":
        return "EUR", RATES["EUR"]
    return company.base_currency, 10_000


def _supplier_invoice(
    company: Company, number: int, when: date, serial: int, amount: int, bits: int
) -> Draft:
    currency, rate = _money(company, bits)
    return Draft(
        number, 2, 50_000 + serial, when, 3, -amount, currency, "Køb, ej bogført",
        contra_account=1310, contra_vat="I25" if rate == 10_000 else "IVEU",
        supplier=1 + (bits >> 20) % company.suppliers, supplier_invoice=f"{serial:06d}",
        due=when + timedelta(days=14), rate=rate,
    )  # fmt: skip


def _finance_voucher(
    company: Company, number: int, when: date, serial: int, amount: int
) -> list[Draft]:
    """Three lines that balance by themselves; the last one's text is missing, as people leave it out."""
    vat, home = amount // 5, company.base_currency
    return [
        Draft(
            number, 1, serial, when, 5, amount - vat, home, "Annonce 📰", account=2750, vat="I25"
        ),
        Draft(number + 1, 1, serial, when, 5, vat, home, "Moms", account=VAT_PURCHASES),
        Draft(number + 2, 1, serial, when, 5, -amount, home, "", account=BANK),
    ]


def _customer_payment(
    company: Company, day: int, number: int, when: date, serial: int, amount: int, bits: int
) -> Draft:
    currency, rate = _money(company, bits)
    customer = FIRST_CUSTOMER + (bits >> 20) % company.customers
    change = renumberings(company, day).get(customer)
    return Draft(
        number, 1, serial, when, 2, -amount, currency, "Indbetaling, ej bogført",
        contra_account=BANK, customer=change.number if change else customer,
        customer_invoice=str(10_000 + serial), rate=rate,
    )  # fmt: skip


def _supplier_payment(
    company: Company, number: int, when: date, serial: int, amount: int, bits: int
) -> Draft:
    return Draft(
        number, 1, serial, when, 4, amount, company.base_currency, "Udbetaling, ej bogført",
        contra_account=BANK, supplier=1 + (bits >> 20) % company.suppliers,
        supplier_invoice=f"0{serial:05d}",
    )  # fmt: skip
