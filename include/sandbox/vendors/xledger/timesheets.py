"""Timesheets: seven for each slot of the books, found by arithmetic.

A working day's are approved on the next one. One is deleted every day: an old one, or every third day one that
came the day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sandbox.books.line import mix

from .entity import WIDE_SPAN, Entity, clock, stamp
from .ids import employee_id, project_id
from .parties import employees
from .projects import FIRST_PROJECTS, ever
from .registers import activities, choice, currencies_by_code
from .rendering import Getter, nothing
from .table import Row

PER_SLOT = 7
_TYPES, _RECENT_EVERY = 50, 3
#: Who enters time: the numbers of employees.
_WORKERS = (1, 2, 3, 100, 101, 102, 103, 104, 105, 106, 107)


class Sheet(NamedTuple):
    """One timesheet. place: which of its entity's, from 1 on; day: the working day that brought it."""

    entity: Entity
    place: int
    day: int
    bits: int

    @property
    def date(self) -> date:
        return self.entity.ledger.date_of((self.place - 1) // PER_SLOT)

    @property
    def hours(self) -> int:
        """In hundredths."""
        return (1 + self.bits % 30) * 25

    @property
    def is_approved(self) -> bool:
        return self.day == 0 or self.day < self.entity.day

    @property
    def worker(self) -> int:
        return _WORKERS[(self.bits >> 8) % len(_WORKERS)]

    @property
    def project_id(self) -> int:
        return project_id(self.entity, (self.bits >> 16) % FIRST_PROJECTS)

    @property
    def changed_at(self) -> str:
        if self.day == 0:
            return stamp(self.date)
        return clock(self.day + 1) if self.is_approved else clock(self.day)


def places_of(entity: Entity, day: int) -> range:
    """The places of the timesheets that a working day brings, from the first on."""
    ledger = entity.ledger
    first = (ledger.history_slots + (day - 1) * ledger.slots_per_day) * PER_SLOT
    return range(first + 1, first + ledger.slots_per_day * PER_SLOT + 1)


def deleted_on(entity: Entity) -> dict[int, int]:
    """Place -> the day on which that timesheet was deleted."""
    found: dict[int, int] = {}
    history = entity.ledger.history_slots * PER_SLOT
    for day in range(1, entity.day + 1):
        if day % _RECENT_EVERY == 0:
            place = places_of(entity, day - 1)[0]
        else:
            place = 1 + mix(entity.company.seed * 12_007 + day) % history
            while place in found:
                place = place % history + 1
        found[place] = day
    return found


def _sheet(entity: Entity, place: int) -> Sheet:
    day = entity.ledger.day_of((place - 1) // PER_SLOT)
    return Sheet(entity, place, day, mix(entity.company.seed * 350_377 + place))


_FIELDS: dict[str, Getter] = {
    "dbId": lambda s: s.entity.db_id * WIDE_SPAN + s.place,
    "ownerDbId": lambda s: s.entity.db_id,
    "owner": lambda s: s.entity.fields()["owner"],
    "text": lambda s: None if s.bits % 3 else f"Arbeid på «{s.place}»",
    "createdAt": lambda s: clock(s.day) if s.day else stamp(s.date),
    "modifiedAt": lambda s: s.changed_at,
    "assignmentDate": lambda s: s.date,
    "approved": lambda s: s.is_approved,
    "approvedAt": lambda s: s.changed_at if s.is_approved else None,
    "isHeaderApproved": lambda s: s.is_approved,
    "headerApprovedAt": lambda s: s.changed_at if s.is_approved else None,
    "workingHours": lambda s: s.hours,
    "invoiceHours": lambda s: s.hours if s.bits % 5 else 0,
    "hourlyRevenueCurrency": lambda s: 95_000 + (s.bits >> 24) % 60_000,
    "hourlyCost": lambda s: 40_000 + (s.bits >> 28) % 20_000,
    "income": lambda s: True,
    "invoiced": lambda s: s.is_approved and s.day == 0,
    "posted": lambda s: s.is_approved,
    "payroll": lambda s: False,
    "employeeDbId": lambda s: employee_id(s.entity, s.worker),
    "employee": lambda s: s.entity.of(_employees).get(s.worker, {"dbId": employee_id(s.entity, s.worker)}),
    "projectDbId": lambda s: s.project_id,
    "project": lambda s: s.entity.of(_projects)[s.project_id],
    "activity": lambda s: s.entity.of(activities)[(s.bits >> 32) % 4],
    "timeType": lambda s: s.entity.of(_types)[(s.bits >> 36) % 2],
    "currency": lambda s: s.entity.of(currencies_by_code)[s.entity.company.base_currency],
    "timesheetStatus": lambda s: {"name": "APPROVED" if s.is_approved else "OPEN"},
}  # fmt: skip
_NOTHING = (
    "comment",
    "timeFrom",
    "timeTo",
    "approvedBy",
    "assignment",
    "subledger",
    "salesOrderDetail",
)


def _employees(entity: Entity) -> dict[int, dict[str, object]]:
    first = employee_id(entity, 0)
    return {row["dbId"] - first: row for row in entity.of(employees)}


def _projects(entity: Entity) -> dict[int, dict[str, object]]:
    return {row["dbId"]: row for row in entity.of(ever)}


def _types(entity: Entity) -> list[dict[str, object]]:
    return [choice(entity, _TYPES, "N", "Normal"), choice(entity, _TYPES + 1, "O", "Overtid")]


class Timesheets:
    """The table of timesheets."""

    shared = None

    def __init__(self) -> None:
        self.getters: dict[str, Getter] = {**dict.fromkeys(_NOTHING, nothing), **_FIELDS}
        self.filters: dict[str, Getter] = {}

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        first = max(0, after - entity.db_id * WIDE_SPAN) + 1
        yield from self._at(entity, range(first, entity.ledger.slots * PER_SLOT + 1))

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        last = min(before - entity.db_id * WIDE_SPAN - 1, entity.ledger.slots * PER_SLOT)
        yield from self._at(entity, range(last, 0, -1))

    def row(self, entity: Entity, db_id: int) -> Row | None:
        place = db_id - entity.db_id * WIDE_SPAN
        if not 0 < place <= entity.ledger.slots * PER_SLOT:
            return None
        return next(self._at(entity, range(place, place + 1)), None)

    def _at(self, entity: Entity, places: range) -> Iterator[Sheet]:
        gone = entity.of(deleted_on)
        return (_sheet(entity, place) for place in places if place not in gone)


def approved_twice(place: int) -> bool:
    """Whether the approval of a timesheet is two changes."""
    return place % 5 == 0
