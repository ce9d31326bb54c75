"""Opening entries: booked some weeks into a year, taken back and booked anew when a year is re-opened.

Since the vendor's "new logic regarding serial numbers", re-opening a year deletes nothing: entries of
type 8 with the opposite sign are booked, dated on the first day of the following year, and another set
when the year is closed again. Opening entries are what was known when they were booked: vouchers deleted
later, or dated back later, do not change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from .calendar import Year
from .chart import BALANCE_ACCOUNTS, BANK, EQUITY
from .line import Line, mix
from .timeline import NUMBERS_PER_SLOT, VOUCHERS_PER_SLOT, Special, Timeline

FIRST_BALANCES = {BANK: 50_000_000}
LATE_EXPENSE = 2750


class Openings:
    """The lines of a timeline's special slots; `booked(slot, day)`: a slot as it stood on that day."""

    def __init__(self, timeline: Timeline, booked: Callable[[int, int], Iterable[Line]]) -> None:
        self._timeline = timeline
        self._booked = booked
        self._balances: dict[int, dict[int, int]] = {}

    def lines(self, slot: int) -> list[Line]:
        kind, year = self._timeline.special[slot]
        if kind == "reversal":
            taken_back = self._set(self._original(year), slot, sign=-1, text="Tilbageført primo")
            return taken_back + self._late_voucher(slot, year)
        return self._set(slot, slot, sign=1, text="Primo")

    def _original(self, year: Year) -> int:
        """The slot of a year's first opening entries."""
        special = self._timeline.special
        return min(s for s, other in special.items() if other.year.start == year.start)

    def _set(self, source: int, slot: int, *, sign: int, text: str) -> list[Line]:
        """The opening entries that `source` booked, with the numbers of `slot`."""
        year = self._timeline.special[source].year
        balances = self.balances(source)
        home, kind = self._timeline.company.base_currency, 8 if source else 7
        amounts = [(account, balances.get(account, 0)) for account in BALANCE_ACCOUNTS]
        amounts.append((EQUITY, -sum(balance for _, balance in amounts)))
        voucher, first = 20_000_000 + slot, slot * NUMBERS_PER_SLOT + 1
        return [
            Line(
                first + index, account, sign * balance, sign * balance, home, year.start, voucher,
                kind, text,
            )
            for index, (account, balance) in enumerate(amounts)
        ]  # fmt: skip

    def _late_voucher(self, slot: int, following: Year) -> list[Line]:
        """What the year was opened for: an expense that had been forgotten, dated on its last day."""
        company = self._timeline.company
        amount = 100_000 + mix(company.seed * 11_003 + slot) % 900_000
        number = slot * NUMBERS_PER_SLOT + 1 + len(BALANCE_ACCOUNTS) + 1
        voucher = 10_000_000 + slot * VOUCHERS_PER_SLOT
        line = Line(
            number, LATE_EXPENSE, amount, amount, company.base_currency,
            following.start - timedelta(days=1), voucher, 5, "Efterpostering",
        )  # fmt: skip
        return [line, line._replace(number=number + 1, account=BANK, amount=-amount, base=-amount)]

    def balances(self, slot: int) -> dict[int, int]:
        """Balances per account at the start of the slot's year, as known when the slot was booked."""
        if slot == 0:
            return FIRST_BALANCES
        if slot not in self._balances:
            self._balances[slot] = self._balances_anew(slot)
        return self._balances[slot]

    def _balances_anew(self, slot: int) -> dict[int, int]:
        """What the last opening restated, and all that was posted into that year until now."""
        timeline, special = self._timeline, self._timeline.special
        start = special[slot].year.start
        previous = max(s for s in special if s < slot and _restates_before(special[s], start))
        since = special[previous].year.start
        day, balances = timeline.day_of(slot), dict.fromkeys(BALANCE_ACCOUNTS, 0)
        balances.update(self.balances(previous))
        first = max(1, timeline.first_slot_from(since)) if previous else 1
        for other in range(first, slot):
            for line in self._booked(other, day):
                if (
                    line.account in balances
                    and since <= line.date < start
                    and line.type not in (7, 8)
                ):
                    balances[line.account] += line.base
        return balances


def _restates_before(other: Special, start: date) -> bool:
    return other.kind != "reversal" and other.year.start < start
