"""Products, their groups and units, as they stand after some working days.

Product numbers are text: "0005" and "5" are two products, every eighth one begins with a letter. Every
day a product gets another price, every second day one is new; on day 3 a product that invoices name is
deleted and on day 5 its number is given to another one. Products carry `lastUpdated`; groups and units
have no change marker: on day 2 a unit is renamed, on day 3 a unit is new, on day 4 a group is renamed, on
day 5 a unit nobody uses is gone and a group new, on day 6 a group nobody uses is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .calendar import working_day
from .chart import REVENUE
from .company import Company
from .line import mix

#: The product that is deleted and whose number is used again, by its place in the list.
DELETED, DELETED_ON, REUSED_ON = 13, 3, 5
NEW_EVERY = 2
GOODS, SERVICES, FREE_OF_VAT, SUBSCRIPTIONS = 1, 2, 3, 4
PIECES, HOURS, KILOGRAMS = 1, 2, 3
_GOODS = ("Møtrik", "Bolt M8", "Træskrue", "Plade 2 mm", 'Rør ¾"', "Kabel & stik", "Æske", "Slange")
_SERVICES = ("Montage", "Kørsel", "Rådgivning", "Service <årlig>", "Softwarelicens")


@dataclass(frozen=True)
class Product:
    """A product; prices in hundredths of base currency."""

    number: str
    name: str
    group: int
    price: int
    last_updated: str
    unit: int | None = None
    cost: int | None = None
    department: int | None = None
    description: str | None = None
    bar_code: str | None = None
    is_barred: bool = False


@dataclass(frozen=True)
class ProductGroup:
    number: int
    name: str
    account: int
    has_stock: bool = False
    is_accrued: bool = False


@dataclass(frozen=True)
class Unit:
    number: int
    name: str


def product_count(company: Company, day: int) -> int:
    """How many products have been made by then, the deleted ones too."""
    return company.products + day // NEW_EVERY


@lru_cache(maxsize=4_096)
def product_number(index: int) -> str:
    """The number of the index-th product."""
    if index == 0:
        return "5"
    return f"V-{index:04d}" if index % 8 == 7 else f"{index:04d}"


def is_service(index: int) -> bool:
    return index % 5 == 4


@lru_cache(maxsize=4_096)
def unit_of(index: int) -> int | None:
    if index % 11 == 6:
        return None
    return HOURS if is_service(index) else KILOGRAMS if index % 7 == 3 else PIECES


@lru_cache(maxsize=4_096)
def product_name(index: int) -> str:
    names = _SERVICES if is_service(index) else _GOODS
    return f"{names[index // 5 % len(names)]} {index}"


def products(company: Company, day: int) -> Iterator[Product]:
    """The products, in order of their making."""
    dearer = {
        mix(company.seed * 2_003 + d) % company.products: d for d in range(1, day + 1)
    }  # the last day counts
    for index in range(product_count(company, day)):
        made = max(0, index - company.products + 1) * NEW_EVERY
        if index != DELETED or day < DELETED_ON:
            yield _product(company, index, max(made, dearer.get(index, 0)), index in dearer)
        elif day >= REUSED_ON:
            changed = max(REUSED_ON, dearer.get(index, 0))
            yield Product(
                product_number(index), "Ny vare på gammelt nr.", GOODS, 9_900, _stamp(changed)
            )


def _product(company: Company, index: int, changed: int, is_dearer: bool) -> Product:
    bits = mix(company.seed * 3_001 + index)
    price = 1_250 + bits % 400_000 + (100 * changed if is_dearer else 0)
    group = SERVICES if is_service(index) else SUBSCRIPTIONS if index % 13 == 1 else GOODS
    return Product(
        product_number(index), product_name(index), group, price, _stamp(changed),
        unit=unit_of(index),
        cost=None if is_service(index) else price * 6 // 10,
        department=1 + bits % 5 if company.departments and index % 9 == 2 else None,
        description="Bredde: 20 mm\nFarve: blå" if index % 10 == 4 else None,
        bar_code=f"57{index:011d}" if index % 6 == 0 else None,
        is_barred=index % 17 == 5,
    )  # fmt: skip


def _stamp(day: int) -> str:
    """When a product changed: during working day `day`, or long ago."""
    return f"{working_day(day).isoformat()}T07:00:00Z" if day else "2025-03-01T07:00:00Z"


def product_groups(day: int) -> list[ProductGroup]:
    found = [
        ProductGroup(GOODS, "Varer m/moms", REVENUE[0], has_stock=True),
        ProductGroup(SERVICES, "Ydelser m/moms" if day < 4 else "Ydelser", REVENUE[1]),
        ProductGroup(FREE_OF_VAT, "Varer u/moms", REVENUE[2]),
        ProductGroup(SUBSCRIPTIONS, "Abonnementer", REVENUE[1], is_accrued=True),
    ]
    if day >= 5:
        found.append(ProductGroup(5, "Reservedele & tilbehør", REVENUE[0], has_stock=True))
    return [group for group in found if day < 6 or group.number != FREE_OF_VAT]


def units(day: int) -> list[Unit]:
    found = [
        Unit(PIECES, "stk." if day < 2 else "styk"),
        Unit(HOURS, "timer"),
        Unit(KILOGRAMS, "kg"),
    ]
    if day >= 3:
        found.append(Unit(4, "m²"))
    return found if day >= 5 else [*found, Unit(9, "gros (ubrugt)")]


def unit_names(day: int) -> dict[int, str]:
    return {unit.number: unit.name for unit in units(day)}
