"""Timesheets: seven for each slot of the books, found by arithmetic.

A working day's are approved on the next one. One is deleted every day: an old one, or every third day one that
came the day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sandbox.books.line import mix

from .entity import WIDE_SPAN, Entity, clock, stamp
from .ids import employee_id, project_id
from .parties import employees
from .projects import FIRST_PROJECTS, ever
from .registers import activities, choice, currencies_by_code
from .rendering import Getter, Read, nothing
from .table import Row

PER_SLOT = 7
_TYPES, _RECENT_EVERY = 50, 3
#: Who enters time: the numbers of employees.
_WORKERS = (1, 2, 3, 100, 101, 102, 103, 104, 105, 106, 107)


class Hours:
    """What an entity's timesheets name."""

    def __init__(self, entity: Entity) -> None:
        self.entity, self.ledger, self.day = entity, entity.ledger, entity.day
        self.first_id = entity.db_id * WIDE_SPAN
        self.seed = entity.company.seed * 350_377
        known = {row["dbId"]: row for row in entity.of(employees)}
        ids = [employee_id(entity, number) for number in _WORKERS]
        #: By their place among those who enter time; one of whom there is no record any more has an id.
        self.workers: list[dict[str, Any]] = [known.get(id, {"dbId": id}) for id in ids]
        projects = {row["dbId"]: row for row in entity.of(ever)}
        self.projects = [projects[project_id(entity, place)] for place in range(FIRST_PROJECTS)]
        self.activities = entity.of(activities)
        self.types = [
            choice(entity, _TYPES, "N", "Normal"),
            choice(entity, _TYPES + 1, "O", "Overtid"),
        ]
        self.currency = entity.of(currencies_by_code)[entity.company.base_currency]
        self.gone = deleted_on(entity)

    def sheets(self, places: range) -> Iterator[Sheet]:
        """Those in these places that are not deleted."""
        ledger, known = self.ledger, -1
        for place in places:
            if place in self.gone:
                continue
            slot = (place - 1) // PER_SLOT
            if slot != known:
                known, day, date = slot, ledger.day_of(slot), ledger.date_of(slot)
            yield Sheet(self, place, day, date, mix(self.seed + place))


class Sheet(NamedTuple):
    """One timesheet. place: which of its entity's, from 1 on; day: the working day that brought it."""

    of: Hours
    place: int
    day: int
    date: date
    bits: int

    @property
    def is_approved(self) -> bool:
        return self.day == 0 or self.day < self.of.day

    @property
    def approved_at(self) -> str | None:
        return self.changed_at if self.is_approved else None

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


_WORKER = f"row.of.workers[(row.bits >> 8) % {len(_WORKERS)}]"
_PROJECT = f"row.of.projects[(row.bits >> 16) % {FIRST_PROJECTS}]"
#: In hundredths.
_HOURS = "(1 + row.bits % 30) * 25"
_FIELDS: dict[str, Getter] = {
    "dbId": Read("row.of.first_id + row.place"),
    "ownerDbId": Read("row.of.entity.db_id"),
    "owner": lambda s: s.of.entity.fields()["owner"],
    "text": Read("None if row.bits % 3 else f'Arbeid på «{row.place}»'"),
    "createdAt": lambda s: clock(s.day) if s.day else stamp(s.date),
    "modifiedAt": lambda s: s.changed_at,
    "assignmentDate": Read("row.date"),
    "approved": Read("row.is_approved"),
    "approvedAt": Read("row.approved_at"),
    "isHeaderApproved": Read("row.is_approved"),
    "headerApprovedAt": Read("row.approved_at"),
    "workingHours": Read(_HOURS),
    "invoiceHours": Read(f"{_HOURS} if row.bits % 5 else 0"),
    "hourlyRevenueCurrency": Read("95_000 + (row.bits >> 24) % 60_000"),
    "hourlyCost": Read("40_000 + (row.bits >> 28) % 20_000"),
    "income": lambda s: True,
    "invoiced": Read("row.day == 0"),
    "posted": Read("row.is_approved"),
    "payroll": lambda s: False,
    "employeeDbId": Read(f"{_WORKER}['dbId']"),
    "employee": Read(_WORKER),
    "projectDbId": Read(f"{_PROJECT}['dbId']"),
    "project": Read(_PROJECT),
    "activity": Read("row.of.activities[(row.bits >> 32) % 4]"),
    "timeType": Read("row.of.types[(row.bits >> 36) % 2]"),
    "currency": Read("row.of.currency"),
    "timesheetStatus": lambda s: {"name": "APPROVED" if s.is_approved else "OPEN"},
}
_NOTHING = (
    "comment",
    "timeFrom",
    "timeTo",
    "approvedBy",
    "assignment",
    "subledger",
    "salesOrderDetail",
)


class Timesheets:
    """The table of timesheets."""

    shared = None

    def __init__(self) -> None:
        self.getters: dict[str, Getter] = {**dict.fromkeys(_NOTHING, nothing), **_FIELDS}
        self.filters: dict[str, Getter] = {}

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        first = max(0, after - entity.db_id * WIDE_SPAN) + 1
        return entity.of(Hours).sheets(range(first, entity.ledger.slots * PER_SLOT + 1))

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        last = min(before - entity.db_id * WIDE_SPAN - 1, entity.ledger.slots * PER_SLOT)
        return entity.of(Hours).sheets(range(last, 0, -1))

    def row(self, entity: Entity, db_id: int) -> Row | None:
        place = db_id - entity.db_id * WIDE_SPAN
        if not 0 < place <= entity.ledger.slots * PER_SLOT:
            return None
        return next(entity.of(Hours).sheets(range(place, place + 1)), None)


def approved_twice(place: int) -> bool:
    """Whether the approval of a timesheet is two changes."""
    return place % 5 == 0
