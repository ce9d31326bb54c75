"""A company as Moneybird sees it on its day: an administration, with ids and moments of its own.

Days, people and the slots in which things happen are those of the books; what is bought and sold, with which tax,
is worked out here from the same seed, since the books have no Dutch tax and no documents that are edited.
An event of a document's life that comes so many working days later comes as many slots later: in the history as well.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sandbox.books.calendar import working_day
from sandbox.books.company import Company
from sandbox.books.line import mix
from sandbox.books.timeline import Timeline

from .edits import Edits

T = TypeVar("T")

#: What an id is of: its eighth digit.
DOCUMENT, SALES_INVOICE, JOURNAL, CONTACT, MUTATION, PAYMENT, DETAIL, REGISTER, OTHER = range(1, 10)
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_MS = 86_400_000


class Administration:
    """What is worked out is kept, as long as neither the day nor an edit changes it."""

    def __init__(self, company: Company, day: int, id: str, key: int, edits: Edits) -> None:
        self.company, self.day, self.id, self.key, self.edits = company, day, id, key, edits
        self.timeline = Timeline(company, day=day)
        self.seed = mix(company.seed * 49_979_687)
        self._prefix = f"4{key:06d}"
        self._known: dict[Callable[[Administration], Any], Any] = {}

    @property
    def today(self) -> date:
        return self.timeline.today

    @property
    def currency(self) -> str:
        return self.company.base_currency

    def of(self, make: Callable[[Administration], T]) -> T:
        """What a function makes of the administration, made once."""
        if make not in self._known:
            self._known[make] = make(self)
        found: T = self._known[make]
        return found

    # --- ids -------------------------------------------------------------------------------------

    def record_id(self, kind: int, index: int) -> str:
        """18 digits; neighbours differ in the last one, so that a float cannot tell them apart."""
        return f"{self._prefix}{kind}{index:010d}"

    def index_of(self, kind: int, id: object) -> int | None:
        """The inverse; None for what is no id of that kind here."""
        text = str(id)
        is_own = len(text) == 18 and text.isdecimal() and text[:8] == f"{self._prefix}{kind}"
        return int(text[8:]) if is_own else None

    # --- time ------------------------------------------------------------------------------------

    def later(self, slot: int, days: int) -> int:
        """The slot so many working days after one."""
        return slot + days * self.timeline.slots_per_day

    def has_passed(self, slot: int) -> bool:
        return slot < self.timeline.slots

    def bits(self, salt: int, index: int) -> int:
        return mix(self.seed ^ mix((salt << 40) + index))

    def moment(self, slot: int, step: int, bits: int) -> int:
        """When, in milliseconds since 1970, something happens in a slot; a later step is later on the day."""
        return at(self.timeline.date_of(slot), 28_800 + step * 3_000 + bits % 3_000, bits >> 20)

    def evening(self, day: int, bits: int) -> int:
        """A moment of a working day after everything its slots hold."""
        return at(working_day(day), 64_800 + bits % 7_200, bits >> 20)


def at(day: date, second: int, bits: int = 0) -> int:
    """Milliseconds since 1970 of a second of a day; bits: what the milliseconds are made of."""
    return (day.toordinal() - _EPOCH) * _DAY_MS + second * 1_000 + bits % 1_000


@lru_cache(maxsize=100_000)
def stamp(ms: int) -> str:
    """As Moneybird writes a moment: UTC with milliseconds."""
    whole = datetime.fromtimestamp(ms // 1_000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{ms % 1_000:03d}Z"


def dated(ms: int) -> dict[str, Any]:
    """Fields of a record that has no version and never changed."""
    return {"created_at": stamp(ms), "updated_at": stamp(ms)}


def version(ms: int) -> int:
    """The epoch second: two changes inside it share it."""
    return ms // 1_000
