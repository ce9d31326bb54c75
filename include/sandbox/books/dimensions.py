"""The dimensions of booked entries (1 is the department), and the days' silent moves between them.

About 70 % of the profit-and-loss entries have a department, some of these a distribution of the users,
a few entries also a second dimension; balance entries have none. What an entry was booked with is a pure
function of its number. Every day some old entries are moved, one loses its department and one gets its
first; the change log tells of those moves only, not of what an entry was booked with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .calendar import working_day
from .company import Company
from .entries import Entries
from .line import mix
from .registers import FIRST_DISTRIBUTION
from .timeline import NUMBERS_PER_SLOT
from .vouchers import RESULT_PLACES

DEPARTMENT = 1
_PER_SLOT = len(RESULT_PLACES)
_TRIES = 2_000
_BLOCK = 500
_BLOCK_NUMBERS = _BLOCK * NUMBERS_PER_SLOT
_booked_counts: dict[tuple[Company, int], int] = {}
#: The keys in dimension 1 and 2.
Keys = tuple[int | None, int | None]


def _present(keys: Keys) -> list[int]:
    return [key for key in keys if key is not None]


class Placing(NamedTuple):
    """One entry's value in one dimension."""

    entry: int
    dimension: int
    key: int

    @property
    def is_distribution(self) -> bool:
        return self.dimension == DEPARTMENT and self.key >= FIRST_DISTRIBUTION


class Move(NamedTuple):
    """A change of one entry's dimension; `second` of the working day `day`."""

    entry: int
    dimension: int
    before: int | None
    now: int | None
    day: int
    second: int

    @property
    def timestamp(self) -> str:
        minutes, seconds = divmod(self.second, 60)
        clock = f"{8 + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        return f"{working_day(self.day).isoformat()}T{clock}Z"


class Dimensions:
    """Where the entries of one ledger lie in its dimensions now; `moves` are in order of time."""

    def __init__(self, ledger: Entries) -> None:
        self._ledger = ledger
        self._seed = mix(ledger.company.seed * 15_485_863)
        self._now: dict[tuple[int, int], int | None] = {}
        self._moved: set[int] = set()
        self.moves: list[Move] = []
        if ledger.company.departments:
            for day in range(1, ledger.day + 1):
                self._pass(day)

    def rows(self, *, after: int = 0, upto: int | None = None) -> Iterator[Placing]:
        """The placings of entries with after < number <= upto, in order of number and dimension."""
        ledger = self._ledger
        if not ledger.company.departments:
            return
        upto = ledger.last_number if upto is None else upto
        for slot in range(max(0, after // NUMBERS_PER_SLOT), ledger.slots):
            if slot * NUMBERS_PER_SLOT >= upto:
                return
            for number in ledger.result_numbers(slot):
                if after < number <= upto:
                    first, second = self.keys(number)
                    if first is not None:
                        yield Placing(number, 1, first)
                    if second is not None:
                        yield Placing(number, 2, second)

    def count(self, *, after: int = 0, upto: int | None = None) -> int:
        """How many placings `rows` would yield; whole blocks of slots are counted once a company."""
        upto = self._ledger.last_number if upto is None else min(upto, self._ledger.last_number)
        first, last = -(-max(after, 0) // _BLOCK_NUMBERS), upto // _BLOCK_NUMBERS
        if first >= last or not self._ledger.company.departments:
            return sum(1 for _ in self.rows(after=after, upto=upto))
        start, end = first * _BLOCK_NUMBERS, last * _BLOCK_NUMBERS
        edges = sum(1 for _ in self.rows(after=after, upto=start))
        edges += sum(1 for _ in self.rows(after=end, upto=upto))
        blocks = sum(self._booked_in(block) for block in range(first, last))
        moved = sum(
            (now is not None) - (self._booked(number)[dimension - 1] is not None)
            for (number, dimension), now in self._now.items()
            if start < number <= end
        )
        gone = (n for n in self._ledger.deleted_result_numbers() if start < n <= end)
        return edges + blocks + moved - sum(len(_present(self._booked(n))) for n in gone)

    def _booked_in(self, block: int) -> int:
        """How many placings a block of slots was booked with: the same on every day."""
        key = (self._ledger.company, block)
        if key not in _booked_counts:
            slots = range(block * _BLOCK, (block + 1) * _BLOCK)
            numbers = (n for slot in slots for n in self._ledger.booked_result_numbers(slot))
            _booked_counts[key] = sum(len(_present(self._booked(n))) for n in numbers)
        return _booked_counts[key]

    def key(self, number: int, dimension: int = DEPARTMENT) -> int | None:
        """Where a profit-and-loss entry lies in a dimension now; None is nowhere."""
        return self.keys(number)[dimension - 1]

    def department(self, number: int) -> str:
        """The department as the facts name it: its number, D|n for a distribution, empty for none."""
        key = self.key(number) if self._ledger.company.departments else None
        if key is None:
            return ""
        return f"D|{key}" if key >= FIRST_DISTRIBUTION else str(key)

    def keys(self, number: int) -> Keys:
        """Where a profit-and-loss entry lies in both dimensions now."""
        first, second = self._booked(number)
        if number in self._moved:
            first = self._now.get((number, 1), first)
            second = self._now.get((number, 2), second)
        return first, second

    def _booked(self, number: int) -> Keys:
        """What an entry was booked with."""
        bits = mix(self._seed + number)
        department: int | None = None
        if bits % 10 < 7:
            is_shared = (bits >> 8) % 20 == 0
            department = (
                FIRST_DISTRIBUTION + (bits >> 16) % 2 if is_shared else 1 + (bits >> 24) % 5
            )
        return department, 1 + (bits >> 40) % 3 if (bits >> 32) % 25 == 0 else None

    # --- moves -----------------------------------------------------------------------------------

    def _pass(self, day: int) -> None:
        """One working day: the last entry gets a department, the last but one loses it, others move."""
        count, touched = self._ledger.company.department_moves, set[int]()
        for place in range(count):
            gains, loses = place == count - 1, place == count - 2
            dimension = 2 if place == 0 and day % 3 == 0 and count > 2 else DEPARTMENT
            number = self._candidate(day, place, dimension, gains, touched)
            if number is None:
                continue
            touched.add(number)
            before = self.key(number, dimension)
            now = None if loses else self._other(before, dimension, day + place)
            self._now[number, dimension] = now
            self._moved.add(number)
            second = 9 * 3600 * place // count
            self.moves.append(Move(number, dimension, before, now, day, second))

    def _candidate(
        self, day: int, place: int, dimension: int, gains: bool, touched: set[int]
    ) -> int | None:
        """An old entry that has (or, to gain one, has not) a department and was not moved today."""
        ledger = self._ledger
        total = ledger.history_slots * _PER_SLOT
        start = mix(self._seed ^ (day * 1_000_003 + place))
        for step in range(min(total, _TRIES)):
            slot, which = divmod((start + step) % total, _PER_SLOT)
            number = slot * NUMBERS_PER_SLOT + 1 + RESULT_PLACES[which]
            if slot in ledger.special or number in touched:
                continue
            if dimension != DEPARTMENT or (self.key(number) is None) == gains:
                return number
        return None

    def _other(self, before: int | None, dimension: int, variant: int) -> int:
        """Another value than before; now and then a distribution of the users."""
        if dimension != DEPARTMENT:
            return (before or 0) % 3 + 1
        if variant % 7 == 0:
            return FIRST_DISTRIBUTION + (before == FIRST_DISTRIBUTION)
        if before is None or before >= FIRST_DISTRIBUTION:
            return 1 + variant % 5
        return before % 5 + 1
