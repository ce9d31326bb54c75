"""General journal documents: the opening balance, and wages in every slot after it.

Every seventh corrects what is owed to suppliers without naming one, every eleventh what a customer owes. One in four is edited on
day 2, one in forty-one is deleted on day 5.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from .administration import JOURNAL, Administration, stamp, version
from .amounts import money
from .contacts import contact_id, customer_index
from .document_records import event
from .registers import (
    BANK,
    CREDITORS,
    DEBTORS,
    EQUITY,
    GENERAL,
    INVENTORY,
    NET_WAGES,
    REVENUE_HOME,
    WAGE_TAX,
    WAGES,
    account_id,
    project_id,
)

_SALT = 71
_EDITED, _DELETED = 2, 5
_ENTRIES = 8


class Entry(NamedTuple):
    """amount in hundredths, debit positive."""

    account: int
    amount: int
    text: str
    contact: int | None = None
    project: int | None = None


class Journal(NamedTuple):
    place: int
    date: dt.date
    reference: str
    entries: tuple[Entry, ...]
    created: int
    updated: int


def journals(administration: Administration) -> dict[int, Journal]:
    """Those that are there, by place: their slot."""
    made = (_journal(administration, slot) for slot in range(administration.timeline.slots))
    return {one.place: one for one in made if one is not None}


def net_wages(administration: Administration, slot: int) -> int:
    """What a slot's wages come to without wage tax, in hundredths."""
    return _wages(administration, slot) - _wage_tax(administration, slot)


def _wages(administration: Administration, slot: int) -> int:
    return 180_000 + administration.bits(_SALT, slot) % 90_000


def _wage_tax(administration: Administration, slot: int) -> int:
    return _wages(administration, slot) * 37 // 100


def _journal(administration: Administration, slot: int) -> Journal | None:
    bits = administration.bits(_SALT + 1, slot)
    created = updated = administration.moment(slot, 0, bits)
    day = administration.timeline.date_of(slot)
    if slot == 0:
        return Journal(0, day, "Beginbalans", _OPENING, created, updated)
    if bits % 41 == 0 and administration.has_passed(administration.later(slot, _DELETED)):
        return None
    edited = administration.later(slot, _EDITED)
    is_edited = (bits >> 8) % 4 == 1 and administration.has_passed(edited)
    if is_edited:
        updated = administration.moment(edited, 2, bits >> 3)
    entries = _entries(administration, slot, bits, is_edited=is_edited)
    return Journal(slot, day, f"Loon {slot:05d}", entries, created, updated)


_OPENING = (
    Entry(BANK, 5_000_000, "Bank"),
    Entry(INVENTORY, 2_500_000, "Inventaris"),
    Entry(EQUITY, -7_500_000, "Eigen vermogen"),
)


def _entries(
    administration: Administration, slot: int, bits: int, *, is_edited: bool
) -> tuple[Entry, ...]:
    wages, tax = _wages(administration, slot), _wage_tax(administration, slot)
    project = (bits >> 30) % 3 if (bits >> 20) % 5 == 0 else None
    found = [
        Entry(WAGES, wages, "Brutoloon (herzien)" if is_edited else "Brutoloon", None, project),
        Entry(WAGE_TAX, -tax, "Loonheffing"),
        Entry(NET_WAGES, tax - wages, "Nettoloon"),
    ]
    if slot % 7 == 0:
        found += [Entry(CREDITORS, 1_050, "Betalingsverschil"), Entry(GENERAL, -1_050, "")]
    if slot % 11 == 0:
        contact = customer_index(bits % administration.company.customers)
        found += [Entry(DEBTORS, 2_500, "Naheffing", contact), Entry(REVENUE_HOME, -2_500, "")]
    return tuple(found)


def journal_id(administration: Administration, place: int) -> str:
    return administration.record_id(JOURNAL, place)


def record(administration: Administration, one: Journal) -> dict[str, Any]:
    moments = {"created_at": stamp(one.created), "updated_at": stamp(one.updated)}
    return {
        "id": journal_id(administration, one.place), "administration_id": administration.id,
        "reference": one.reference, "date": one.date.isoformat(), "journal_type": None, **moments,
        "version": version(one.updated),
        "general_journal_document_entries": [
            {
                "id": administration.record_id(JOURNAL, 5_000_000_000 + one.place * _ENTRIES + number),
                "administration_id": administration.id,
                "ledger_account_id": account_id(administration, entry.account),
                "project_id": None if entry.project is None else project_id(administration, entry.project),
                "contact_id": None if entry.contact is None else contact_id(administration, entry.contact),
                "debit": money(max(entry.amount, 0)), "credit": money(max(-entry.amount, 0)),
                "row_order": number + 1, **moments, "description": entry.text,
            }
            for number, entry in enumerate(one.entries)
        ],
        "notes": [], "attachments": [], "events": [event(administration, one.created, "document_saved")],
    }  # fmt: skip
