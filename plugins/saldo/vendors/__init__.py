"""The vendors Saldo reads: an explicit dictionary, name -> its entities in landing order."""

from __future__ import annotations

from saldo.entity import Entity
from saldo.reading import DocumentKind

from .economic.documents import DOCUMENTS as ECONOMIC_DOCUMENTS
from .economic.entities import ENTITIES as ECONOMIC

VENDORS: dict[str, tuple[Entity, ...]] = {
    "economic": ECONOMIC,
}

#: Vendors as they write themselves; those without entities are reached, but not synced yet.
NAMES = {
    "economic": "e-conomic",
    "xledger": "Xledger",
    "moneybird": "Moneybird",
    "business_central": "Business Central",
}

#: What to do where an agreement's rights at the vendor do not reach.
RIGHTS = {
    "economic": (
        "give the app the role SuperUser at e-conomic, have the agreement grant it again, and enter the "
        "new grant token in the connection"
    ),
}

#: Vendor -> the kinds of documents it hands out as PDF.
DOCUMENTS: dict[str, dict[str, DocumentKind]] = {
    "economic": ECONOMIC_DOCUMENTS,
}


#: The task that small sets share.
SMALL = "small"


def task_of(vendor: str, name: str) -> str:
    """The Airflow task that does an entity; `name` itself where it is no entity (facts, prove, ...)."""
    for entity in VENDORS.get(vendor, ()):
        if entity.name == name:
            return f"land.{SMALL if entity.is_small else name}"
    return name


def entity_names() -> dict[str, tuple[str, ...]]:
    """Vendor name -> names of its entities: what an agreement file may ask for."""
    return {vendor: tuple(e.name for e in entities) for vendor, entities in VENDORS.items()}


def entity_of(vendor: str, name: str) -> Entity:
    """Raises KeyError for a name that is no entity of the vendor."""
    return {entity.name: entity for entity in VENDORS[vendor]}[name]
