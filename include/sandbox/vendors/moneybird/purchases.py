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
from .contacts import merges
from .edits import Edit

INVOICE, RECEIPT = "purchase_invoice", "receipt"
_KINDS = (INVOICE, RECEIPT)
_OTHER = {INVOICE: RECEIPT, RECEIPT: INVOICE}
PROCESSED, EDITED, FLIPPED, HALF, BATCHED, ENDED, PAID, FLIPPED_BACK = 1, 2, 3, 4, 5, 5, 6, 8
#: How it is paid.
NEVER, BANK, HALVES, PRIVATE, CARD = range(5)
_SALT = 51


class Life(NamedTuple):
    """A document without what it holds. place: that of its slot, twice, and which of the two it is. is_edited: by its own
    life; touches: the days that edited it; attached: how many files days added; payments: the slots of those that have come;
    created, updated: milliseconds since 1970; supplier: its place, None of what came without one."""

    place: int
    slot: int
    bits: int
    kind: str
    is_new: bool
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
        life(administration, place, changed.get(place, ()), edits.get(place))
        for place in range(2 * administration.timeline.slots)
    )
    return {one.place: one for one in made if one is not None}


def old_changes(administration: Administration) -> daily.Changes:
    return daily.changes(administration, lambda place: _is_settled(administration, place))


def _is_settled(administration: Administration, place: int) -> bool:
    found = life(administration, place, (), None)
    return found is not None and not found.is_new


def bits_of(administration: Administration, place: int) -> int:
    return administration.bits(_SALT, place)


def pays_of(bits: int, which: int) -> int:
    if which:
        return (PRIVATE, CARD, BANK, NEVER)[(bits >> 8) % 4]
    return (NEVER, HALVES, HALVES, *[BANK] * 7)[(bits >> 8) % 10]


def payment_slots(administration: Administration, place: int) -> list[int]:
    """The slots in which a document is paid, whether or not they have come; none where it is never."""
    slot, which = divmod(place, 2)
    bits = bits_of(administration, place)
    if bits % 29 == 0:
        return []
    pays = pays_of(bits, which)
    half, rest = administration.later(slot, HALF), administration.later(slot, PAID)
    if pays == HALVES:
        return [half] if (bits >> 12) % 2 else [half, rest]
    return {NEVER: [], BANK: [rest], PRIVATE: [slot], CARD: [slot]}[pays]


def life(
    administration: Administration,
    place: int,
    changed: Sequence[tuple[int, str]],
    edit: Edit | None,
) -> Life | None:
    """changed: by days, edit: by hand. None where it is deleted."""
    found = _own(administration, place)
    if found is not None and changed:
        found = _changed(administration, found, changed)
    if found is not None and edit is not None:
        found = _by_hand(found, edit)
    return None if found is None else _late(administration, _named(administration, found))


def _own(administration: Administration, place: int) -> Life | None:
    """What becomes of it by itself."""
    slot, which = divmod(place, 2)
    bits = bits_of(administration, place)
    pays, ended = pays_of(bits, which), administration.later(slot, ENDED)
    if pays == NEVER and (bits >> 28) % 17 == 0 and administration.has_passed(ended):
        return None
    created = administration.moment(slot, 0, bits)
    is_new = bits % 29 == 0 or (
        bits % 5 == 0 and not administration.has_passed(administration.later(slot, PROCESSED))
    )
    when = dated(administration, slot, bits)
    found = Life(
        place, slot, bits, _KINDS[which], is_new, False, (), 0, pays, (), created, created, when, None, None
    )  # fmt: skip
    return found if is_new else _lived(administration, found, which)


def _lived(administration: Administration, one: Life, which: int) -> Life:
    """One that is processed; which: its first kind."""
    slot, bits, moments = one.slot, one.bits, [one.created]

    def has_come(days: int, step: int, of_bits: int) -> bool:
        """Whether an event has; remembers when."""
        when = administration.later(slot, days)
        if administration.has_passed(when):
            moments.append(administration.moment(when, step, of_bits))
            return True
        return False

    if bits % 5 == 0:
        has_come(PROCESSED, 1, bits >> 3)
    is_edited = (bits >> 16) % 4 == 1 and has_come(EDITED, 2, bits >> 5)
    if (bits >> 20) % 11 == 3 and has_come(FLIPPED, 3, bits >> 7):
        is_back = (bits >> 24) % 3 == 0 and has_come(FLIPPED_BACK, 8, bits >> 9)
        which = which if is_back else 1 - which
    paid = tuple(
        s for s in payment_slots(administration, one.place) if administration.has_passed(s)
    )
    moments += [administration.moment(s, 6, bits >> 11) for s in paid if s > slot]
    if is_batched(administration, slot, bits, one.pays, paid):
        has_come(BATCHED, 5, bits >> 13)
    return one._replace(
        kind=_KINDS[which], is_edited=is_edited, payments=paid, updated=max(moments)
    )


def _changed(
    administration: Administration, one: Life, changed: Sequence[tuple[int, str]]
) -> Life | None:
    for day, what in changed:
        if what == daily.DELETED:
            return None
        updated = max(one.updated, administration.evening(day, one.bits >> 15))
        one = one._replace(updated=updated)
        if what == daily.CHANGED_KIND:
            one = one._replace(kind=_OTHER[one.kind])
        elif what == daily.ATTACHED:
            one = one._replace(attached=one.attached + 1)
        else:
            one = one._replace(touches=(*one.touches, day))
    return one


def _by_hand(one: Life, edit: Edit) -> Life | None:
    if edit.is_deleted:
        return None
    return one._replace(kind=edit.kind or one.kind, updated=max(one.updated, edit.at))


def _named(administration: Administration, one: Life) -> Life:
    """With its supplier: the one that is left where two were merged, which changes the document, too."""
    if one.is_new and one.bits % 2:
        return one
    supplier, updated = (one.bits >> 36) % administration.company.suppliers, one.updated
    merge = administration.of(merges).get(supplier)
    if merge is None:
        return one._replace(supplier=supplier)
    if administration.timeline.day_of(one.slot) < merge.day:
        updated = max(updated, administration.evening(merge.day, one.bits >> 17))
    return one._replace(supplier=merge.into, updated=updated)


def _late(administration: Administration, one: Life) -> Life:
    """With the day on which it is due; when that is over it changes in the night."""
    due = due_of(_KINDS.index(one.kind), one.date, one.bits)
    updated = one.updated
    is_open = not one.is_new and len(one.payments) < paid_wholly(one.pays, one.bits)
    if due is not None and due < administration.today and is_open:
        night = at(due + timedelta(days=1), 300 + one.bits % 60, one.bits >> 19)
        updated = max(updated, night)
    return one._replace(due=due, updated=updated)


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
