"""When a slot of the ledger is booked, and which number and date its vouchers carry.

Slots are dated in order: the history's are spread over it, every working day books `slots_per_day`
more. A few slots hold opening entries instead of vouchers; `special` names them. Which ones these are
follows from the company alone, so that no later day changes what an earlier one has booked.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from typing import Literal, NamedTuple

from .calendar import Year, reopening, working_day, years
from .company import HISTORY_ENDS, Company
from .line import mix

LINES_PER_SLOT = 22
NUMBERS_PER_SLOT = 23
VOUCHERS_PER_SLOT = 8
#: A payment settles the invoices of the slot this many slots earlier.
PAYMENT_LAG = 12
OPENING_AFTER_DAYS = 60
#: The most days a voucher is dated back.
BACK_DATED_BY = 50


class Special(NamedTuple):
    """What a slot holds instead of its vouchers; `year` is the one whose first day is concerned."""

    kind: Literal["opening", "reversal", "renewal"]
    year: Year


class Timeline:
    """Slots, dates and voucher numbers of one company after `day` working days."""

    def __init__(self, company: Company, *, day: int) -> None:
        self.company = company
        self.day = day
        self.history_slots = max(3 * PAYMENT_LAG, company.entries // LINES_PER_SLOT)
        self.slots_per_day = max(2, self.history_slots // 500)
        self.slots = self.history_slots + day * self.slots_per_day
        self.today = working_day(day)
        self.years = years(company, today=self.today)
        self._start = self.years[0].start
        self._span = (HISTORY_ENDS - self._start).days
        self._seed = mix(company.seed) << 20
        self._starts = [year.start for year in self.years]
        self._first_slots = [self.first_slot_from(start) for start in self._starts]
        self.special = self._special_slots()

    def date_of(self, slot: int) -> date:
        if slot < self.history_slots:
            return self._start + timedelta(days=self._span * slot // self.history_slots)
        return working_day(self.day_of(slot))

    def day_of(self, slot: int) -> int:
        """The working day that booked a slot; 0 for all of the history."""
        return max(0, (slot - self.history_slots) // self.slots_per_day + 1)

    def first_ordinary_slot(self, day: int | None) -> int | None:
        """The first slot with vouchers that a working day books; 0: one of the history's."""
        if day is None:
            return None
        slot = self.history_slots + (day - 1) * self.slots_per_day if day else 3
        return slot if slot not in self.special else slot + 1

    def year_of(self, day: date) -> Year:
        return self.years[bisect_right(self._starts, day) - 1]

    def first_slot_from(self, day: date) -> int:
        """The first slot dated on `day` or later; slots are dated in order."""
        low, high = 0, self.slots
        while low < high:
            middle = (low + high) // 2
            if self.date_of(middle) < day:
                low = middle + 1
            else:
                high = middle
        return low

    def _special_slots(self) -> dict[int, Special]:
        found = {0: Special("opening", self.years[0])}
        for year in self.years[1:]:
            slot = self.first_slot_from(year.start + timedelta(days=OPENING_AFTER_DAYS))
            found[slot] = Special("opening", year)
        again = reopening(self.company)
        if again:
            reversal, renewal = self._last_slot_of(again.since), self._last_slot_of(again.until)
            found[reversal] = Special("reversal", again.following)
            found[renewal] = Special("renewal", again.following)
        return {slot: special for slot, special in found.items() if slot < self.slots}

    def _last_slot_of(self, day: int) -> int:
        return self.history_slots + day * self.slots_per_day - 1

    def _voucher_and_date(self, slot: int, which: int, day: date) -> tuple[int, date]:
        """One voucher in forty is back-dated by up to fifty days."""
        bits = mix(self._seed ^ (slot * VOUCHERS_PER_SLOT + which + 1))
        if bits % 40 == 0:
            day = max(self._start, day - timedelta(days=10 + (bits >> 8) % 40))
        return self._voucher(slot, which, day), day

    def _voucher(self, slot: int, which: int, day: date) -> int:
        """Numbers restart every year; one dated back over the year's end gets a number of its own."""
        year = bisect_right(self._first_slots, slot) - 1
        if day < self._starts[year]:
            return 10_000_000 + slot * VOUCHERS_PER_SLOT + which
        return (slot - self._first_slots[year]) * VOUCHERS_PER_SLOT + which + 1
