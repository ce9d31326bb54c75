"""What a working day changes at Xledger, record by record, in the order in which it happens.

Everything is worked out from the day alone: what earlier days held is never compared. The rows themselves are
those of today; a change says which row it was, and how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from sandbox.books import people, registers
from sandbox.books.changes import FIRST_CUSTOMER, renumberings
from sandbox.books.timeline import NUMBERS_PER_SLOT, PAYMENT_LAG

from . import projects
from .entity import WIDE_SPAN, Entity
from .ids import customer_id, employee_id, idle_customer_id, project_id, supplier_id
from .ledger import lines_of
from .parties import mailed_on
from .subledgers import CUSTOMER_INVOICES, PAYABLES, RECEIVABLES, SUPPLIER_INVOICES, Subledger
from .timesheets import approved_twice, deleted_on, places_of

ADDED, UPDATED, DELETED = "ADDED", "UPDATED", "DELETED"
#: dbId, and what happened to it.
Change = tuple[int, str]


def _slots_of(entity: Entity, day: int) -> range:
    """The slots that a working day books."""
    first = entity.ledger.history_slots + (day - 1) * entity.ledger.slots_per_day
    return range(first, first + entity.ledger.slots_per_day)


def _transactions(entity: Entity, day: int) -> Iterator[Change]:
    ledger, first = entity.ledger, entity.db_id * WIDE_SPAN
    for number in ledger.deleted_on(day):
        yield first + number, DELETED
    for slot in _slots_of(entity, day):
        for line in lines_of(entity, slot):
            yield first + line.number, ADDED
    for move in ledger.dimensions.moves:
        if move.day == day:
            yield first + move.entry, UPDATED


def _subledger(
    table: Subledger, invoices: tuple[int, ...]
) -> Callable[[Entity, int], Iterator[Change]]:
    def changes(entity: Entity, day: int) -> Iterator[Change]:
        special = entity.ledger.special
        for slot in _slots_of(entity, day):
            for line in table.lines(entity, slot):
                yield table.id(entity, line.number), ADDED
            paid = slot - PAYMENT_LAG
            if paid >= 0 and slot not in special and paid not in special:
                for place in invoices:
                    yield table.id(entity, paid * NUMBERS_PER_SLOT + 1 + place), UPDATED

    return changes


def _customers(entity: Entity, day: int) -> Iterator[Change]:
    company = entity.company
    yield customer_id(entity, people.customer_renamed_on(company, day)), UPDATED
    for old, change in renumberings(company, day).items():
        if change.day == day:
            yield customer_id(entity, old - FIRST_CUSTOMER), UPDATED
    yield customer_id(entity, company.customers + day - 1), ADDED
    for place in range(len(people.IDLE_CUSTOMERS)):
        if people.idle_deleted_on(place) == day:
            yield idle_customer_id(entity, place, is_again=False), DELETED
        if people.idle_reused_on(place) == day:
            yield idle_customer_id(entity, place, is_again=True), ADDED


def _suppliers(entity: Entity, day: int) -> Iterator[Change]:
    company = entity.company
    yield supplier_id(entity, people.supplier_renamed_on(company, day)), UPDATED
    yield supplier_id(entity, company.suppliers + day - 1), ADDED


def _employees(entity: Entity, day: int) -> Iterator[Change]:
    before = {one.number: one for one in registers.employees(day - 1)}
    now = {one.number: one for one in registers.employees(day)}
    for number in sorted({*before, *now}):
        if before.get(number) != now.get(number):
            kind = ADDED if number not in before else UPDATED if number in now else DELETED
            yield employee_id(entity, number), kind
    mailed = mailed_on(day)
    if mailed is not None:
        yield employee_id(entity, mailed), UPDATED


def _projects(entity: Entity, day: int) -> Iterator[Change]:
    renamed = projects.renamed_on(day)
    if renamed is not None:
        yield project_id(entity, renamed), UPDATED
    yield project_id(entity, projects.FIRST_PROJECTS + day - 1), ADDED
    if day == projects.GONE_ON:
        yield project_id(entity, projects.GONE), DELETED
    if day == projects.BACK_ON:
        yield project_id(entity, projects.GONE), ADDED


def _timesheets(entity: Entity, day: int) -> Iterator[Change]:
    first = entity.db_id * WIDE_SPAN
    if day > 1:
        for place in places_of(entity, day - 1):
            for _ in range(2 if approved_twice(place) else 1):
                yield first + place, UPDATED
    for place in places_of(entity, day):
        yield first + place, ADDED
    for place, when in entity.of(deleted_on).items():
        if when == day:
            yield first + place, DELETED


_CHANGES: dict[str, Callable[[Entity, int], Iterator[Change]]] = {
    "projects": _projects,
    "timesheets": _timesheets,
    "employees": _employees,
    "customers": _customers,
    "suppliers": _suppliers,
    "transactions": _transactions,
    "arTransactions": _subledger(RECEIVABLES, CUSTOMER_INVOICES),
    "apTransactions": _subledger(PAYABLES, SUPPLIER_INVOICES),
}


@lru_cache(maxsize=1_024)
def changes_of(entity: Entity, plural: str, day: int) -> list[Change]:
    """What a working day has changed of the rows of a plural root field."""
    return list(_CHANGES[plural](entity, day))
