"""What the bank's statements show."""

from __future__ import annotations

from .administration import MUTATION, Administration

#: So many mutations a slot can have: four of purchases, four of sales, and others.
PER_SLOT = 16


def purchase_mutation(administration: Administration, index: int, number: int) -> str:
    """The mutation that paid a purchase document."""
    slot, place = divmod(index, 2)
    return administration.record_id(MUTATION, slot * PER_SLOT + place * 2 + number)
