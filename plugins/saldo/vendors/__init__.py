"""The vendors Saldo reaches: one explicit list. What each is: vendor.py in its folder."""

from __future__ import annotations

from saldo.declarations.entity import Entity

from .business_central.vendor import BUSINESS_CENTRAL
from .economic.vendor import ECONOMIC
from .moneybird.vendor import MONEYBIRD
from .vendor import Vendor
from .xledger.vendor import XLEDGER

VENDORS: dict[str, Vendor] = {}
#: Those whose books are synced: what an agreement file may name.
SOURCES: dict[str, Vendor] = {}


def add(vendor: Vendor) -> None:
    """Let Saldo know a vendor: before its hooks, operators and connection types are imported, which are made
    of these."""
    VENDORS[vendor.name] = vendor
    if vendor.is_source:
        SOURCES[vendor.name] = vendor


#: Adding a vendor is a line here.
for _vendor in (
    ECONOMIC,
    XLEDGER,
    MONEYBIRD,
    BUSINESS_CENTRAL,
):
    add(_vendor)

#: The task that small sets share.
SMALL = "small"


def title_of(name: str) -> str:
    """A vendor as it writes itself; `name` itself where no vendor has it (of agreements long gone)."""
    return VENDORS[name].title if name in VENDORS else name


def task_of(vendor: str, name: str) -> str:
    """The Airflow task that does an entity; `name` itself where it is no entity (facts, prove, ...)."""
    for entity in VENDORS[vendor].entities if vendor in VENDORS else ():
        if entity.name == name:
            return f"land.{SMALL if entity.is_small else name}"
    return name


def entity_names() -> dict[str, tuple[str, ...]]:
    """Vendor name -> names of its entities: what an agreement file may ask for."""
    return {name: tuple(e.name for e in vendor.entities) for name, vendor in SOURCES.items()}


def entity_of(vendor: str, name: str) -> Entity:
    """Raises KeyError for a name that is no entity of the vendor."""
    return VENDORS[vendor].entity(name)
