"""A company as Xledger sees it on its day: an entity, whose rows carry its dbId, and the entity above it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from sandbox.books.calendar import working_day
from sandbox.books.company import Company
from sandbox.books.ledger import Ledger

T = TypeVar("T")

#: Ids of the rows of small lists are an entity's dbId times this, and something below it.
SPAN = 100_000
#: The same for transactions and timesheets, whose ids are wider than 32 bits.
WIDE_SPAN = 100_000_000


class Entity:
    """What is worked out of the books is kept, as long as the day lasts."""

    def __init__(self, company: Company, day: int, db_id: int, above: Entity | None) -> None:
        self.company, self.day, self.db_id, self.above = company, day, db_id, above
        self.ledger = Ledger(company, day=day)
        self._known: dict[Callable[[Entity], Any], Any] = {}

    @property
    def today(self) -> date:
        return self.ledger.today

    @property
    def top(self) -> Entity:
        """The one whose object kinds and tax rules those below share."""
        return self.above.top if self.above else self

    @property
    def country(self) -> str:
        return "NO" if self.company.base_currency == "NOK" else "DK"

    def id(self, place: int) -> int:
        """The dbId of a row of a small list."""
        return self.db_id * SPAN + place

    def of(self, make: Callable[[Entity], T]) -> T:
        """What a function makes of the entity, made once."""
        if make not in self._known:
            self._known[make] = make(self)
        found: T = self._known[make]
        return found

    def fields(self) -> dict[str, Any]:
        """What every row begins with."""
        return {"ownerDbId": self.db_id, "owner": self.of(_owner)}


def _owner(entity: Entity) -> dict[str, Any]:
    company = entity.company
    return {
        "dbId": entity.db_id,
        "code": str(company.agreement_number),
        "description": company.name,
        "ownerCode": str(entity.top.company.agreement_number),
    }


@lru_cache(maxsize=64)
def entity_at(company: Company, day: int, db_id: int, above: Entity | None) -> Entity:
    """The entity on a day; the same object as long as nothing has changed."""
    return Entity(company, day, db_id, above)


def clock(day: int, second: int = 0) -> str:
    """A moment of a working day, from eight in the morning on, as the vendor writes it."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{working_day(day).isoformat()}T{8 + hours:02d}:{minutes:02d}:{seconds:02d}"


def stamp(day: date) -> str:
    """When what is dated on a day was entered."""
    return f"{day.isoformat()}T09:30:00"
