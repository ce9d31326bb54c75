"""The posted entries of any size of books, generated on the fly in constant memory.

The books are a row of *slots*. Every slot holds the same 22 lines in 8 vouchers (`vouchers.py`) or, at
the start of the books and some weeks into every accounting year, the opening entries (`openings.py`).
Slot s owns the entry numbers from s * 23 + 1 on, one more than it uses, so that the numbers have holes.
So any entry is found by arithmetic, no entry is ever stored, and what a page shows is a pure function
of (company, working days passed, entry number).

Amounts are integers in hundredths. Debit is positive. Every voucher sums to zero in base currency.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from .changes import deletions
from .chart import CHART
from .company import Company
from .line import Line
from .openings import Openings
from .timeline import LINES_PER_SLOT, NUMBERS_PER_SLOT, PAYMENT_LAG
from .vouchers import DELETABLE, Vouchers

RESULT_ACCOUNTS = frozenset(a.number for a in CHART if a.type == "profitAndLoss")


class Entries(Vouchers):
    """The posted entries of one company after `day` working days."""

    def __init__(self, company: Company, *, day: int) -> None:
        super().__init__(company, day=day)
        self._openings = Openings(self, self._booked)
        gone = deletions(company, day, slots=self.history_slots, without=self.special)
        #: Per slot: the numbers deleted and on which day.
        self._gone: dict[int, dict[int, int]] = {}
        for (slot, which), when in gone.items():
            numbers = (slot * NUMBERS_PER_SLOT + 1 + place for place in DELETABLE[which])
            self._gone.setdefault(slot, {}).update(dict.fromkeys(numbers, when))
        self._gone_numbers = sorted(n for numbers in self._gone.values() for n in numbers)

    # --- reading ---------------------------------------------------------------------------------

    @property
    def last_number(self) -> int:
        return self.slot(self.slots - 1)[-1].number

    def lines(self, *, after: int = 0, upto: int | None = None) -> Iterator[Line]:
        """Entries with after < entry number <= upto, in order of entry number."""
        upto = self.last_number if upto is None else upto
        for slot in range(max(0, after // NUMBERS_PER_SLOT), self.slots):
            if slot * NUMBERS_PER_SLOT >= upto:
                return
            for line in self.slot(slot):
                if after < line.number <= upto:
                    yield line

    def lines_backwards(self) -> Iterator[Line]:
        """All entries, the newest first."""
        for slot in range(self.slots - 1, -1, -1):
            yield from reversed(self.slot(slot))

    def count(self, *, after: int = 0, upto: int | None = None) -> int:
        """How many entries `lines` would yield, without making those of whole slots."""
        upto = self.last_number if upto is None else min(upto, self.last_number)
        return max(0, self._count_upto(upto) - self._count_upto(min(after, upto)))

    def _count_upto(self, number: int) -> int:
        if number <= 0:
            return 0
        slot = min((number - 1) // NUMBERS_PER_SLOT, self.slots - 1)
        special = [s for s in self.special if s < slot]
        full = slot - len(special)
        before = full * LINES_PER_SLOT + sum(len(self.slot(s)) for s in special)
        gone = bisect_right(self._gone_numbers, slot * NUMBERS_PER_SLOT)
        return before - gone + sum(1 for line in self.slot(slot) if line.number <= number)

    def open_lines(self) -> Iterator[Line]:
        """Entries whose remainder is not zero: the newest invoices and those of bad payers."""
        for slot in range(self.slots):
            unpaid = slot + PAYMENT_LAG >= self.slots
            if unpaid or self.has_bad_payer(slot) or slot + PAYMENT_LAG in self.special:
                yield from (line for line in self.slot(slot) if line.remainder)

    # --- slots -----------------------------------------------------------------------------------

    def slot(self, slot: int) -> list[Line]:
        """The lines of one slot, without those that have been deleted."""
        if slot in self.special:
            return self._openings.lines(slot)
        return self._left(slot, self.vouchers(slot))

    def customer_slot(self, slot: int) -> list[Line]:
        """Those about a customer, without making the others; opening entries have none."""
        return [] if slot in self.special else self._left(slot, self.customer_lines(slot))

    def supplier_slot(self, slot: int) -> list[Line]:
        """The same of a supplier."""
        return [] if slot in self.special else self._left(slot, self.supplier_lines(slot))

    def _left(self, slot: int, lines: list[Line]) -> list[Line]:
        gone = self._gone.get(slot)
        return [line for line in lines if line.number not in gone] if gone else lines

    def _booked(self, slot: int, day: int) -> list[Line]:
        """A slot as it stood on a working day: with what has been deleted since."""
        if slot not in self._gone:
            return self.slot(slot)
        gone = self._gone[slot]
        return [line for line in self.vouchers(slot) if gone.get(line.number, day + 1) > day]

    def deleted_on(self, day: int) -> list[int]:
        """The numbers of the entries that a working day has deleted."""
        found = (n for gone in self._gone.values() for n, when in gone.items() if when == day)
        return sorted(found)

    def result_numbers(self, slot: int) -> list[int]:
        """The entry numbers of a slot's profit-and-loss lines, without making the lines."""
        found = self.booked_result_numbers(slot)
        return [n for n in found if n not in self._gone[slot]] if slot in self._gone else found

    def booked_result_numbers(self, slot: int) -> list[int]:
        """The same with those that have been deleted since."""
        if slot in self.special:
            return [x.number for x in self.slot(slot) if x.account in RESULT_ACCOUNTS]
        first = slot * NUMBERS_PER_SLOT + 1
        return [first + place for place in self.result_places(slot)]

    def deleted_result_numbers(self) -> Iterator[int]:
        for slot, gone in self._gone.items():
            yield from (n for n in self.booked_result_numbers(slot) if n in gone)
