"""Customers, suppliers and employees.

A customer keeps its dbId when the books give it another number; a number that is given again is another
customer. Codes are not unique: two customers share one from the start.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.books import people, registers
from sandbox.books.calendar import working_day
from sandbox.books.changes import FIRST_CUSTOMER, FIRST_NEW_NUMBER, renumberings
from sandbox.books.line import mix

from .entity import Entity, clock
from .ids import customer_id, employee_id, idle_customer_id, supplier_id
from .registers import Rows, choice, currencies_by_code

_TERMS, _CUSTOMER_GROUPS, _SUPPLIER_GROUPS, _EMPLOYEE_GROUPS = 0, 20, 30, 40
#: This customer has the code of the one before.
_SAME_CODE = 5
_LONG_AGO = "2024-01-02T10:00:00"
_TERMS_CODES = {1: "14", 2: "30", 3: "LM30", 4: "0"}
_OWN_EMPLOYEES = (
    "Kari Nordmann", "Ola Lien", "Nils Ødegård", "Berit Sæther", "Aslak Haetta", "Ingrid Vågen",
    "Per-Åge Moe", "Tone Ås",
)  # fmt: skip
#: Employees of its own have codes of letters and leading zeros; one gets another address every third day.
_FIRST_OWN, MAIL_EVERY = 100, 3


def index_of_customer(entity: Entity, number: int) -> int:
    """The place of a customer of the books' lines, whatever number it has by now."""
    if number < FIRST_NEW_NUMBER:
        return number - FIRST_CUSTOMER
    return entity.of(_renumbered)[number] - FIRST_CUSTOMER


def _renumbered(entity: Entity) -> dict[int, int]:
    """New number -> old one."""
    found = renumberings(entity.company, entity.day)
    return {change.number: old for old, change in found.items()}


def customers(entity: Entity) -> Rows:
    return [_customer(entity, one) for one in people.customers(entity.company, entity.day)]


def _customer(entity: Entity, one: people.Customer) -> dict[str, Any]:
    code = str(one.number)
    if one.number in people.IDLE_CUSTOMERS:
        is_again = one.name != "Hvilende kunde"
        db_id = idle_customer_id(entity, one.number - people.IDLE_CUSTOMERS[0], is_again=is_again)
    else:
        index = index_of_customer(entity, one.number)
        db_id = customer_id(entity, index)
        if index == _SAME_CODE and one.number < FIRST_NEW_NUMBER:
            code = str(one.number - 1)
    changed = _local(one.last_updated)
    terms = choice(entity, _TERMS + one.terms, _TERMS_CODES[one.terms], f"Betaling {one.terms}")
    group = choice(
        entity, _CUSTOMER_GROUPS + one.group, f"K{one.group}", f"Kundegruppe {one.group}"
    )
    return {
        **_party(entity, db_id, code, one.name, one.zip, one.city, one.address),
        "email": f"post{db_id % 1_000}@kunde.example", "phone": "+47 22 33 44 55",
        "modifiedAt": changed, "currency": entity.of(currencies_by_code)[one.currency],
        "payTerms": terms, "subledgerGroup": group, "ledgerType": {"name": "AR", "code": "AR"},
    }  # fmt: skip


def _local(utc: str) -> str:
    """The books' stamps are of working days, at one o'clock: two at Xledger, whose time has no zone."""
    return utc.removesuffix("Z").replace("T13:", "T14:")


def _party(
    entity: Entity, db_id: int, code: str, name: str, zip: str, city: str, street: str | None
) -> dict[str, Any]:
    country = {"code": entity.country, "description": entity.country}
    return {
        "dbId": db_id, **entity.fields(), "code": code, "number": code, "description": name,
        "fromDate": date(2024, 1, 1), "toDate": None, "createdAt": _LONG_AGO, "companyDbId": db_id,
        "company": {
            "dbId": db_id, "name": name, "description": name, "companyNumber": f"8{db_id % 10**8:08d}",
            "country": country,
        },
        "address": {
            "streetAddress": street, "zipCode": zip, "place": city, "country": country,
            "fullAddress": f"{street}, {zip} {city}",
        },
        "creditLimit": None, "paymentNotification": False,
    }  # fmt: skip


def suppliers(entity: Entity) -> Rows:
    day, company = entity.day, entity.company
    renames = {people.supplier_renamed_on(company, d): d for d in range(1, day + 1)}
    found: Rows = []
    for index, one in enumerate(people.suppliers(company, day)):
        changed = renames.get(index, max(0, index - company.suppliers + 1))
        group = choice(
            entity, _SUPPLIER_GROUPS + one.group, f"L{one.group}", f"Leverandørgruppe {one.group}"
        )
        found.append({
            **_party(entity, supplier_id(entity, index), str(one.number), one.name, one.zip, one.city, None),
            "modifiedAt": clock(changed) if changed else _LONG_AGO,
            "currency": entity.of(currencies_by_code)[one.currency],
            "payTerms": choice(entity, _TERMS + one.terms, _TERMS_CODES[one.terms], f"Betaling {one.terms}"),
            "subledgerGroup": group, "ledgerType": {"name": "AP", "code": "AP"},
            "bankAccount": f"{mix(index) % 10**11:011d}",
        })  # fmt: skip
    return found


# --- employees -----------------------------------------------------------------------------------


def mailed_on(day: int) -> int | None:
    """The number of the employee that gets another address on a working day."""
    if not day or day % MAIL_EVERY:
        return None
    return _FIRST_OWN + (day // MAIL_EVERY - 1) % len(_OWN_EMPLOYEES)


def employees(entity: Entity) -> Rows:
    """Those of the books, and some of Xledger's own."""
    day = entity.day
    since = {4: 3}
    found = [
        _employee(
            entity, one.number, str(one.number), one.name, one.email, since.get(one.number, 0),
            working_day(4) if one.is_barred else None,
        )
        for one in registers.employees(day)
    ]  # fmt: skip
    mails = {number: d for d in range(1, day + 1) if (number := mailed_on(d)) is not None}
    for place, name in enumerate(_OWN_EMPLOYEES):
        number = _FIRST_OWN + place
        code = f"K-{place}" if place % 3 == 2 else f"{place + 11:04d}"
        changed = mails.get(number, 0)
        mail = f"{code.lower()}{f'.{changed}' if changed else ''}@firma.example"
        found.append(_employee(entity, number, code, name, mail, changed, None))
    return found


def _employee(
    entity: Entity, number: int, code: str, name: str, mail: str | None, changed: int, ends: date | None
) -> dict[str, Any]:  # fmt: skip
    group = 1 + number % 2
    first, _, last = name.partition(" ")
    return {
        "dbId": employee_id(entity, number), **entity.fields(), "code": code, "description": name,
        "email": mail, "dateFrom": date(2024, 1 + number % 9, 1), "dateTo": ends, "createdAt": _LONG_AGO,
        "modifiedAt": clock(changed) if changed else _LONG_AGO,
        "employmentFrom": date(2024, 1 + number % 9, 1), "employmentTo": ends,
        "employeeGroup": choice(entity, _EMPLOYEE_GROUPS + group, f"G{group}", f"Gruppe {group}"),
        "contact": {"firstName": first, "lastName": last, "birthday": date(1980, 5, 1 + number % 28)},
        "flextime": False, "overtime": True, "timebased": True, "timesheet": True,
    }  # fmt: skip
