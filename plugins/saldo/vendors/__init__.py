"""The vendors Saldo reads: an explicit dictionary, name -> its entities in landing order."""

from __future__ import annotations

from saldo.entity import Entity

from .economic.entities import ENTITIES as ECONOMIC

VENDORS: dict[str, tuple[Entity, ...]] = {
    "economic": ECONOMIC,
}


def entity_names() -> dict[str, tuple[str, ...]]:
    """Vendor name -> names of its entities: what an agreement file may ask for."""
    return {vendor: tuple(e.name for e in entities) for vendor, entities in VENDORS.items()}


def entity_of(vendor: str, name: str) -> Entity:
    """Raises KeyError for a name that is no entity of the vendor."""
    return {entity.name: entity for entity in VENDORS[vendor]}[name]
