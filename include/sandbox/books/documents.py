"""The documents attached to vouchers: about every second purchase has one.

A document's number grows with time. A purchase's is attached when it is booked; every day two old vouchers
get theirs late (of this year and of an earlier one, so that one voucher number has documents in two years),
every second day one is removed, every third day a file is merged into an old one: more pages, same number.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from .line import mix
from .vouchers import Vouchers

FIRST_DOCUMENT = 101
REMOVED_EVERY, MERGED_EVERY = 2, 3
LATE_A_DAY = 2
#: What stays of a list that shrinks: one document in so many.
SHRUNK_TO = 3


class Document(NamedTuple):
    number: int
    voucher: int
    year: str
    pages: int | None
    note: str | None


class Documents:
    """What is attached to the vouchers of one ledger; slot s owns two document numbers."""

    def __init__(self, ledger: Vouchers) -> None:
        self._ledger = ledger
        self._seed = mix(ledger.company.seed * 86_028_121)
        #: Number of a document attached late -> the slot of its voucher.
        self._late: dict[int, int] = {}
        self._removed: set[int] = set()
        self._merged: dict[int, int] = {}
        for day in range(1, ledger.day + 1):
            self._pass(day)

    def rows(self, *, at_least: int = 0, upto: int | None = None) -> Iterator[Document]:
        """The documents with at_least <= number <= upto, in order of number."""
        start = max(0, at_least - FIRST_DOCUMENT) // 2
        stop = self._ledger.slots
        if upto is not None:
            stop = min(stop, max(0, upto - FIRST_DOCUMENT) // 2 + 1)
        for slot in range(start, stop):
            for number in self._numbers(slot):
                if number >= at_least and (upto is None or number <= upto):
                    yield self._document(number)

    def get(self, number: int) -> Document | None:
        return next(self.rows(at_least=number, upto=number), None)

    @cached_property
    def total(self) -> int:
        return sum(len(self._numbers(slot)) for slot in range(self._ledger.slots))

    def _numbers(self, slot: int) -> list[int]:
        """Which of a slot's two numbers are documents now."""
        first = FIRST_DOCUMENT + 2 * slot
        found = [first] if self._has_own(slot) else []
        if first + 1 in self._late:
            found.append(first + 1)
        shrinks = self._ledger.company.documents_shrink_on
        if shrinks is not None and self._ledger.day >= shrinks:
            found = [n for n in found if mix(self._seed + n) % SHRUNK_TO == 0]
        return [n for n in found if n not in self._removed]

    def _has_own(self, slot: int) -> bool:
        return mix(self._seed ^ slot) % 2 == 0 and slot not in self._ledger.special

    def _document(self, number: int) -> Document:
        slot = self._late.get(number, (number - FIRST_DOCUMENT) // 2)
        voucher, day = self._ledger.purchase_voucher(slot)
        bits = mix(self._seed + number)
        merged = self._merged.get(number, 0)
        pages = None if bits % 10 == 0 and not merged else 1 + (bits >> 8) % 3 + merged
        note = "kvittering" if (bits >> 16) % 3 == 0 else "flettet" if merged else None
        return Document(number, voucher, self._ledger.year_of(day).label, pages, note)

    def _pass(self, day: int) -> None:
        ledger = self._ledger
        today = ledger.history_slots + (day - 1) * ledger.slots_per_day
        for place in range(LATE_A_DAY):
            slot = self._without(day, place)
            if slot is not None:
                self._late[FIRST_DOCUMENT + 2 * (today + place) + 1] = slot
        if day % REMOVED_EVERY == 0:
            self._removed.add(self._some(day, 7))
        if day % MERGED_EVERY == 0:
            number = self._some(day, 11)
            self._merged[number] = self._merged.get(number, 0) + 1

    def _without(self, day: int, place: int) -> int | None:
        """An old slot whose purchase has no document: from the older half of the history for place 1."""
        ledger, taken = self._ledger, set(self._late.values())
        size = ledger.history_slots // 2
        start = mix(self._seed ^ (day * 7_368_787 + place)) % size
        for step in range(size):
            slot = (start + step) % size + (0 if place else size)
            if slot not in ledger.special and slot not in taken and not self._has_own(slot):
                return slot
        return None

    def _some(self, day: int, salt: int) -> int:
        """The number of an old document that is still there."""
        size = self._ledger.history_slots
        start = mix(self._seed ^ (day * 15_487 + salt)) % size
        slots = ((start + step) % size for step in range(size))
        return next(
            (
                FIRST_DOCUMENT + 2 * slot
                for slot in slots
                if self._has_own(slot) and FIRST_DOCUMENT + 2 * slot not in self._removed
            ),
            FIRST_DOCUMENT,
        )
