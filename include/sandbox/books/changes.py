"""What a working day changes in old books without a word: deleted vouchers, renumbered customers.

Both are pure functions of the company and the days passed. The vendor announces neither: a deleted
entry is missing from every list from that day on, a renumbered customer's old entries show the new
number when they are read. (Moved departments are in `dimensions.py`, a re-opened year in `openings.py`.)
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache
from typing import NamedTuple

from .company import Company
from .line import mix

FIRST_CUSTOMER = 1000
FIRST_NEW_NUMBER = 50_001
RENUMBER_EVERY = 3
DELETE_EVERY = 2


class Renumbering(NamedTuple):
    number: int
    day: int


@lru_cache(maxsize=64)
def renumberings(company: Company, day: int) -> dict[int, Renumbering]:
    """Old customer number -> the new one and the day it came; everybody is renumbered once at most."""
    found: dict[int, Renumbering] = {}
    if not company.renumbers:
        return found
    for when in range(RENUMBER_EVERY, day + 1, RENUMBER_EVERY):
        if len(found) == company.customers:
            break
        index = mix(company.seed * 6_007 + when) % company.customers
        while FIRST_CUSTOMER + index in found:
            index = (index + 1) % company.customers
        found[FIRST_CUSTOMER + index] = Renumbering(FIRST_NEW_NUMBER + len(found), when)
    return found


def deletions(
    company: Company, day: int, *, slots: int, without: Container[int]
) -> dict[tuple[int, int], int]:
    """(slot, which of its deletable vouchers) -> the day it was deleted; `without`: slots to spare."""
    found: dict[tuple[int, int], int] = {}
    if not company.deletions:
        return found
    for when in range(DELETE_EVERY, day + 1, DELETE_EVERY):
        start = mix(company.seed * 9_001 + when)
        tries = (divmod((start + step) % (slots * 2), 2) for step in range(slots * 2))
        chosen = next((t for t in tries if t not in found and t[0] not in without), None)
        if chosen is not None:
            found[chosen] = when
    return found
