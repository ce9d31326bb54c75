"""Customers and suppliers of a played company, as they stand after some working days.

Every day a customer and a supplier are new, one of each gets another name; from day 1 on an idle
customer is deleted a day, and two days later its number is given to somebody else. Renumbered ones
(`changes.py`) are listed under the new number only. Customers carry `lastUpdated`, suppliers have no
change marker: as the vendor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from .calendar import working_day
from .changes import FIRST_CUSTOMER, renumberings
from .company import Company
from .line import mix

IDLE_CUSTOMERS = range(90_000, 90_030)
_FIRST = ("Ærø", "Østergade", "Ålborg", "Nordhavn", "Skagen", "Søby", "Vejle", "Ribe", "Møn")
_SECOND = ("Bageri", "Tømrer & Søn", "Handel", "Byg", "Auto", "Maskinfabrik", "Is <Co>", "VVS")
_CITIES = (("5970", "Ærøskøbing"), ("9000", "Aalborg"), ("1620", "København V"), ("7100", "Vejle"))


@dataclass(frozen=True)
class Customer:
    number: int
    name: str
    currency: str
    address: str
    zip: str
    city: str
    last_updated: str
    group: int = 1
    terms: int = 1
    zone: int = 1


@dataclass(frozen=True)
class Supplier:
    number: int
    name: str
    currency: str
    zip: str
    city: str
    group: int
    terms: int
    zone: int


def _name(bits: int) -> str:
    return f"{_FIRST[bits % len(_FIRST)]} {_SECOND[(bits >> 8) % len(_SECOND)]} ApS"


def _renamed_on(company: Company, day: int, count: int, salt: int) -> int:
    return mix(company.seed * 1_009 + day * 31 + salt) % count


def customer_renamed_on(company: Company, day: int) -> int:
    """The place in the list of the customer that a working day renames."""
    return _renamed_on(company, day, company.customers, 1)


def supplier_renamed_on(company: Company, day: int) -> int:
    return _renamed_on(company, day, company.suppliers, 2)


def _rename_day(company: Company, index: int, day: int, count: int, salt: int) -> int:
    """The last working day up to `day` on which the index-th member was renamed; 0 if never."""
    return max(
        (d for d in range(1, day + 1) if _renamed_on(company, d, count, salt) == index), default=0
    )


def customers(company: Company, day: int) -> Iterator[Customer]:
    """Customers in order of number."""
    new_numbers = renumberings(company, day)
    renames = {_renamed_on(company, d, company.customers, 1): d for d in range(1, day + 1)}
    renumbered: list[Customer] = []
    for index in range(company.customers + day):
        changed = renames.get(index, max(0, index - company.customers + 1))
        customer = _customer(company, index, changed, renames.get(index))
        change = new_numbers.get(customer.number)
        if change is None:
            yield customer
        else:
            stamp = _stamp(max(change.day, changed))
            renumbered.append(replace(customer, number=change.number, last_updated=stamp))
    yield from sorted(renumbered, key=lambda c: c.number)
    yield from _idle(company, day)


def _customer(company: Company, index: int, changed: int, renamed: int | None) -> Customer:
    home, bits = company.base_currency, mix(company.seed * 7_919 + index)
    zip, city = _CITIES[bits % 4]
    name = _name(bits) if renamed is None else f"{_name(bits)} (dag {renamed})"
    currency = (
        company.currencies[index % len(company.currencies)]
        if company.currencies and not bits % 4
        else home
    )
    region = 1 if currency == home else 2 if currency == "EUR" else 3
    return Customer(
        FIRST_CUSTOMER + index, name, currency, f"Vej {bits % 200}", zip, city, _stamp(changed),
        group=region, terms=1 + (bits >> 16) % 4, zone=4 if bits % 31 == 0 else region,
    )  # fmt: skip


@lru_cache(maxsize=16_384)
def first_known(company: Company, index: int) -> Customer:
    """The index-th customer as first made: what old invoices say of the recipient."""
    return _customer(company, index, 0, None)


def idle_deleted_on(place: int) -> int:
    """The working day on which an idle customer is deleted, by its place among them."""
    return place + 1


def idle_reused_on(place: int) -> int:
    """The working day on which its number is given to another one."""
    return idle_deleted_on(place) + 2


def _idle(company: Company, day: int) -> Iterator[Customer]:
    home = company.base_currency
    for place, number in enumerate(IDLE_CUSTOMERS):
        deleted_on, reused_on = idle_deleted_on(place), idle_reused_on(place)
        if day < deleted_on:
            yield Customer(number, "Hvilende kunde", home, "Vej 1", "9000", "Aalborg", _stamp(0))
        elif day >= reused_on:
            stamp = _stamp(reused_on)
            yield Customer(number, f"Ny på nr. {number}", home, "Vej 2", "9000", "Aalborg", stamp)


def _stamp(day: int) -> str:
    """When a customer changed: during working day `day`, or long ago."""
    return f"{working_day(day).isoformat()}T13:02:11Z" if day else "2025-06-24T08:25:00Z"


def suppliers(company: Company, day: int) -> Iterator[Supplier]:
    for index in range(company.suppliers + day):
        bits = mix(company.seed * 104_729 + index)
        renamed = _rename_day(company, index, day, company.suppliers, 2)
        name = f"{_name(bits)} {f'(dag {renamed})' if renamed else ''}".strip()
        zip, city = _CITIES[bits % 4]
        yield Supplier(
            1 + index, name, company.base_currency, zip, city,
            group=1 + (bits >> 8) % 2, terms=1 + (bits >> 16) % 3, zone=1 + (bits >> 24) % 3,
        )  # fmt: skip
