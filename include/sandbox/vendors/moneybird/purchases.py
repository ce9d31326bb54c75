"""Purchase invoices and receipts: what they hold, and what becomes of them.

Every slot of the books brings two documents: an invoice and a receipt, of one space of ids. Days of a document's life, counted in working days (slots) from the one on which it came:

1  what came as `new` (one in five; some without contact and without lines) is processed; one in twenty-nine never is
2  one in four is edited: reference, account, description, an amount or the date
3  one in eleven changes its kind, 8 of them a third back
4  those that pay in parts pay half; 5 one in three is in a payment batch (pending_payment)
5  one in seventeen of those that are never paid is deleted
6  the rest is paid by the bank

Receipts are paid at once, privately or by card, by the bank on day 6, or never (some of those are `saved`). What is not paid when due is
late, from the next night on. Days change old documents besides (changes.py), and so do tests (edits.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from . import changes as daily
from .administration import Administration, at
from .contacts import merges, supplier_at
from .edits import Edit

INVOICE, RECEIPT = "purchase_invoice", "receipt"
_KINDS = (INVOICE, RECEIPT)
PROCESSED, EDITED, FLIPPED, HALF, BATCHED, ENDED, PAID, FLIPPED_BACK = 1, 2, 3, 4, 5, 5, 6, 8
#: How it is paid.
NEVER, BANK, HALVES, PRIVATE, CARD = range(5)
_SALT = 51


class Life(NamedTuple):
    """A document without what it holds. state: as far as no due date and no amount decides it; edits: how often its
    days edited it (changes of old ones: `touches`); payments: (slot, step) of those that have come, in order."""

    place: int
    slot: int
    bits: int
    kind: str
    is_new: bool
    is_processed_late: bool
    is_edited: bool
    touches: tuple[int, ...]
    attached: int
    pays: int
    payments: tuple[int, ...]
    created: int
    updated: int
    date: dt.date
    due: dt.date | None
    supplier: int | None


def lives(administration: Administration) -> dict[int, Life]:
    """Those that are there today, by index."""
    changed = administration.of(old_changes)
    edits = administration.edits.documents
    made = (
        life(administration, index, changed.get(index, ()), edits.get(index))
        for index in range(2 * administration.timeline.slots)
    )
    return {one.place: one for one in made if one is not None}


def old_changes(administration: Administration) -> daily.Changes:
    return daily.changes(administration, lambda index: _is_settled(administration, index))


def _is_settled(administration: Administration, index: int) -> bool:
    found = life(administration, index, (), None)
    return found is not None and not found.is_new


def bits_of(administration: Administration, index: int) -> int:
    return administration.bits(_SALT, index)


def pays_of(bits: int, place: int) -> int:
    if place:
        return (PRIVATE, CARD, BANK, NEVER)[(bits >> 8) % 4]
    return (NEVER, HALVES, HALVES, *[BANK] * 7)[(bits >> 8) % 10]


def payment_slots(administration: Administration, index: int) -> list[int]:
    """The slots in which a document is paid, whether or not they have come; none where it is never."""
    slot, place = divmod(index, 2)
    bits = bits_of(administration, index)
    if bits % 29 == 0:
        return []
    pays = pays_of(bits, place)
    half, rest = administration.later(slot, HALF), administration.later(slot, PAID)
    if pays == HALVES:
        return [half] if (bits >> 12) % 2 else [half, rest]
    return {NEVER: [], BANK: [rest], PRIVATE: [slot], CARD: [slot]}[pays]


def life(
    administration: Administration,
    index: int,
    changed: Sequence[tuple[int, str]],
    edit: Edit | None,
) -> Life | None:
    """None where it is deleted."""
    slot, place = divmod(index, 2)
    bits, has_passed = bits_of(administration, index), administration.has_passed
    is_never_processed = bits % 29 == 0
    came_new = bits % 5 == 0 or is_never_processed
    step = 0
    created = updated = administration.moment(slot, 0, bits)
    if (
        came_new
        and not is_never_processed
        and has_passed(s := administration.later(slot, PROCESSED))
    ):
        step, updated = PROCESSED, administration.moment(s, 1, bits >> 3)
    is_new = came_new and step == 0
    kind, pays = place, pays_of(bits, place)
    is_edited = (
        not is_new and (bits >> 16) % 4 == 1 and has_passed(s := administration.later(slot, EDITED))
    )
    if is_edited:
        updated = administration.moment(s, 2, bits >> 5)
    if (
        not is_new
        and (bits >> 20) % 11 == 3
        and has_passed(s := administration.later(slot, FLIPPED))
    ):
        kind, updated = 1 - kind, administration.moment(s, 3, bits >> 7)
        if (bits >> 24) % 3 == 0 and has_passed(s := administration.later(slot, FLIPPED_BACK)):
            kind, updated = 1 - kind, administration.moment(s, 8, bits >> 9)
    if pays == NEVER and (bits >> 28) % 17 == 0 and has_passed(administration.later(slot, ENDED)):
        return None
    paid: tuple[int, ...] = ()
    if not is_new:
        paid = tuple(s for s in payment_slots(administration, index) if has_passed(s))
        for s in paid:
            updated = max(updated, administration.moment(s, 6, bits >> 11) if s > slot else updated)
    if is_batched(administration, slot, bits, pays, paid) and not is_new:
        updated = max(
            updated, administration.moment(administration.later(slot, BATCHED), 5, bits >> 13)
        )
    touches, attached = [], 0
    for day, what in changed:
        if what == daily.DELETED:
            return None
        if what == daily.CHANGED_KIND:
            kind = 1 - kind
        elif what == daily.ATTACHED:
            attached += 1
        else:
            touches.append(day)
        updated = max(updated, administration.evening(day, bits >> 15))
    if edit is not None:
        if edit.is_deleted:
            return None
        kind = _KINDS.index(edit.kind) if edit.kind else kind
        updated = max(updated, edit.at)
    when = dated(administration, slot, bits)
    due = due_of(kind, when, bits)
    supplier = None if is_new and bits % 2 else (bits >> 36) % administration.company.suppliers
    if supplier is not None:
        merge = administration.of(merges).get(supplier)
        if merge and administration.timeline.day_of(slot) < merge.day:
            updated = max(updated, administration.evening(merge.day, bits >> 17))
        supplier = supplier_at(administration, supplier)
    if (
        due is not None
        and due < administration.today
        and not is_new
        and len(paid) < paid_wholly(pays, bits)
    ):
        updated = max(updated, at(due + timedelta(days=1), 300 + bits % 60, bits >> 19))
    return Life(
        index, slot, bits, _KINDS[kind], is_new, came_new, is_edited, tuple(touches), attached, pays, paid,
        created, updated, when, due, supplier,
    )  # fmt: skip


def paid_wholly(pays: int, bits: int) -> int:
    """How many payments it takes; more than ever come where it is never paid wholly."""
    return {NEVER: 9, HALVES: 9 if (bits >> 12) % 2 else 2}.get(pays, 1)


def is_batched(
    administration: Administration, slot: int, bits: int, pays: int, paid: tuple[int, ...]
) -> bool:
    """Whether it waits in a payment batch."""
    return (
        pays == BANK
        and (bits >> 32) % 3 == 0
        and not paid
        and administration.has_passed(administration.later(slot, BATCHED))
    )


def dated(administration: Administration, slot: int, bits: int) -> date:
    """One in ten is dated back."""
    day = administration.timeline.date_of(slot)
    return day - timedelta(days=(bits >> 40) % 40) if (bits >> 44) % 10 == 0 else day


def due_of(kind: int, when: date, bits: int) -> date | None:
    """Every second receipt is never due."""
    if kind and (bits >> 48) % 2:
        return None
    return when + timedelta(days=14)
