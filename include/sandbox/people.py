"""Customers, suppliers and departments of a played company, as they stand after some working days.

Every day a customer and a supplier are new, one of each gets another name; from day 1 on an idle
customer is deleted a day, and two days later its number is given to somebody else. From day 2 there
is one department more. Customers carry `lastUpdated`, the others have no change marker: as the vendor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .calendar import working_day
from .company import Company
from .ledger import mix

FIRST_CUSTOMER = 1000
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


@dataclass(frozen=True)
class Supplier:
    number: int
    name: str
    currency: str
    zip: str
    city: str


@dataclass(frozen=True)
class Department:
    number: int
    name: str


def _name(bits: int) -> str:
    return f"{_FIRST[bits % len(_FIRST)]} {_SECOND[(bits >> 8) % len(_SECOND)]} ApS"


def _renamed_on(company: Company, day: int, count: int, salt: int) -> int:
    return mix(company.seed * 1_009 + day * 31 + salt) % count


def _rename_day(company: Company, index: int, day: int, count: int, salt: int) -> int:
    """The last working day up to `day` on which the index-th member was renamed; 0 if never."""
    return max(
        (d for d in range(1, day + 1) if _renamed_on(company, d, count, salt) == index), default=0
    )


def customers(company: Company, day: int) -> Iterator[Customer]:
    """Customers in order of number."""
    home = company.base_currency
    renames = {_renamed_on(company, d, company.customers, 1): d for d in range(1, day + 1)}
    for index in range(company.customers + day):
        bits = mix(company.seed * 7_919 + index)
        changed = renames.get(index, max(0, index - company.customers + 1))
        zip, city = _CITIES[bits % 4]
        name = _name(bits) if index not in renames else f"{_name(bits)} (dag {renames[index]})"
        currency = (
            company.currencies[index % len(company.currencies)]
            if company.currencies and not bits % 4
            else home
        )
        yield Customer(
            FIRST_CUSTOMER + index, name, currency, f"Vej {bits % 200}", zip, city, _stamp(changed)
        )
    for place, number in enumerate(IDLE_CUSTOMERS):
        deleted_on, reused_on = place + 1, place + 3
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
        yield Supplier(1 + index, name, company.base_currency, zip, city)


def departments(company: Company, day: int) -> Iterator[Department]:
    names = ["Salg", "Lager", "Administration", "Udvikling", "Butik"]
    for number, name in enumerate(names + (["Webshop"] if day >= 2 else []), start=1):
        yield Department(number, name)
