"""Where the ids of the records of people and projects begin in an entity's span (`entity.py`)."""

from __future__ import annotations

from .entity import Entity

_CUSTOMERS, _IDLE, _AGAIN, _SUPPLIERS, _EMPLOYEES, _PROJECTS = (
    10_000, 58_000, 59_000, 60_000, 80_000, 81_000,
)  # fmt: skip


def customer_id(entity: Entity, index: int) -> int:
    """By the place among customers: another number is no other customer."""
    return entity.id(_CUSTOMERS + index)


def idle_customer_id(entity: Entity, place: int, *, is_again: bool) -> int:
    """is_again: somebody else's who was given the number."""
    return entity.id((_AGAIN if is_again else _IDLE) + place)


def supplier_id(entity: Entity, index: int) -> int:
    return entity.id(_SUPPLIERS + index)


def employee_id(entity: Entity, number: int) -> int:
    return entity.id(_EMPLOYEES + number)


def project_id(entity: Entity, index: int) -> int:
    return entity.id(_PROJECTS + index)
