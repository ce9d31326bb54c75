"""What the bank's statements show: payments of documents, wages, fees, and what nobody has processed.

A mutation posts its ledger bookings and what is open of it; its payments post with the documents they pay. Where a document
was deleted its mutation is there still, unprocessed again. Every slot has one of wages and one of fees (two bookings, one with a
project); every third one that is unprocessed, every fifth one that is booked in part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import changes as daily
from . import document_records, documents, purchases, sales, sales_records
from .administration import MUTATION, OTHER, Administration, stamp, version
from .amounts import money
from .documents import PER_SLOT
from .journals import net_wages
from .registers import EXCHANGE, GENERAL, NET_WAGES, account_id, financial_account_id, project_id

_WAGES, _FEE, _UNPROCESSED, _IN_PART = 8, 9, 10, 11
#: From here on mutations pay no document.
FIRST_OF_BOOKINGS = _WAGES
_SALT = 81
#: Ids of bookings.
_BOOKINGS = 7_000_000_000


class Booking(NamedTuple):
    """Its amount in hundredths, with the sign of the mutation: what comes in is positive."""

    account: int
    price: int
    text: str
    project: int | None = None


class Mutation(NamedTuple):
    """document: what it pays, and the number of the payment."""

    place: int
    date: dt.date
    amount: int
    message: str
    state: str
    created: int
    updated: int
    bookings: tuple[Booking, ...] = ()
    document: documents.Document | sales.Sale | None = None
    payment: int = 0


class MutationLife(NamedTuple):
    """A mutation without what it comes to."""

    place: int
    slot: int
    date: dt.date
    created: int
    updated: int
    is_processed: bool


def mutation_lives(administration: Administration) -> dict[int, MutationLife]:
    """Those that are there, by place."""
    edited = administration.edits.mutations
    return {
        one.place: one._replace(date=edited[one.place][0], updated=edited[one.place][1])
        if one.place in edited
        else one
        for one in (*_of_documents(administration), *_others(administration))
    }


def _of_documents(administration: Administration) -> Iterator[MutationLife]:
    there, gone = administration.of(purchases.lives), administration.of(deleted_at)
    for place in range(2 * administration.timeline.slots):
        slot, which = divmod(place, 2)
        ways = (
            (purchases.payment_slots, purchases.bits_of, 0, place in there, gone.get(place, 0)),
            (sales.payment_slots, sales.bits_of, sales.FIRST_OF_SALES, True, 0),
        )
        for slots_of, bits_of, first, is_there, ended in ways:
            if first == 0 and purchases.pays_of(bits_of(administration, place), which) in _NO_BANK:
                continue
            for number, paid in enumerate(slots_of(administration, place)):
                if not administration.has_passed(paid):
                    continue
                created = administration.moment(paid, 4, bits_of(administration, place))
                yield MutationLife(
                    slot * PER_SLOT + first + which * 2 + number, paid,
                    administration.timeline.date_of(paid), created, max(created + 3_600_000, ended), is_there,
                )  # fmt: skip


_NO_BANK = (purchases.PRIVATE, purchases.CARD, purchases.NEVER)


def deleted_at(administration: Administration) -> dict[int, int]:
    """Place of a purchase document that days or tests deleted -> when."""
    found = {}
    for place, changed in administration.of(purchases.old_changes).items():
        for day, what in changed:
            if what == daily.DELETED:
                bits = purchases.bits_of(administration, place)
                found[place] = administration.evening(day, bits >> 15)
    edits = administration.edits.documents.items()
    return found | {place: edit.at for place, edit in edits if edit.is_deleted}


def _others(administration: Administration) -> Iterator[MutationLife]:
    for slot in range(administration.timeline.slots):
        bits = administration.bits(_SALT, slot)
        which = [_WAGES, _FEE]
        which += [_UNPROCESSED] if slot % 3 == 0 else []
        which += [_IN_PART] if slot % 5 == 0 else []
        for kind in which:
            if kind == _WAGES and slot == 0:
                continue
            created = administration.moment(slot, 5, bits + kind)
            yield MutationLife(
                slot * PER_SLOT + kind, slot, administration.timeline.date_of(slot), created,
                created + (0 if kind == _UNPROCESSED else 5_400_000), kind in (_WAGES, _FEE),
            )  # fmt: skip


# --- what it comes to ----------------------------------------------------------------------------


def mutation(administration: Administration, life: MutationLife) -> Mutation:
    slot, kind = divmod(life.place, PER_SLOT)
    state = "processed" if life.is_processed else "unprocessed"
    head = (life.created, life.updated)
    if kind >= _WAGES:
        amount, text, bookings = _other(administration, slot, kind)
        return Mutation(life.place, life.date, amount, text, state, *head, bookings)
    which, number = divmod(kind % sales.FIRST_OF_SALES, 2)
    place = slot * 2 + which
    if kind >= sales.FIRST_OF_SALES:
        invoice = sales.sale(administration, administration.of(sales.sale_lives)[place])
        paid = next(p for p in invoice.payments if p.number == number)
        return Mutation(life.place, life.date, paid.price_base, f"Factuur {place}", state, *head, (), invoice, number)  # fmt: skip
    document = _purchase(administration, place)
    paid = document.payments[number]
    return Mutation(
        life.place, life.date, -paid.price_base, f"Betaling {place:06d}", state, *head, (),
        document if life.is_processed else None, number,
    )  # fmt: skip


def _purchase(administration: Administration, place: int) -> documents.Document:
    """A document, as it was if it has been deleted since."""
    life = administration.of(purchases.lives).get(place)
    if life is None:
        changed = administration.of(purchases.old_changes).get(place, [])
        kept = [one for one in changed if one[1] != daily.DELETED]
        life = purchases.life(administration, place, kept, None)
    assert life is not None, "only what is never paid ends by itself"
    return documents.document(administration, life)


def _other(
    administration: Administration, slot: int, kind: int
) -> tuple[int, str, tuple[Booking, ...]]:
    bits = administration.bits(_SALT + kind, slot)
    if kind == _WAGES:
        net = -net_wages(administration, slot)
        return net, f"Loon {slot:05d}", (Booking(NET_WAGES, net, "Nettoloon"),)
    if kind == _FEE:
        first, second = -(500 + bits % 2_000), -(bits >> 16) % 300 - 1
        project = (bits >> 30) % 3
        bookings = (
            Booking(GENERAL, first, "Bankkosten"),
            Booking(EXCHANGE, second, "Koers", project),
        )
        return first + second, "Kosten =rekening", bookings
    amount = 2_000 + bits % 90_000
    if kind == _UNPROCESSED:
        return amount if bits % 2 else -amount, "Onbekend 🤷", ()
    return -amount, "Deels verwerkt", (Booking(GENERAL, -(amount // 2), "De helft"),)


def mutation_id(administration: Administration, place: int) -> str:
    return administration.record_id(MUTATION, place)


def open_of(one: Mutation) -> int:
    """What of it is neither booked nor pays anything."""
    booked = sum(booking.price for booking in one.bookings)
    return 0 if one.document is not None else one.amount - booked


def record(administration: Administration, one: Mutation) -> dict[str, Any]:
    paid = _payments(administration, one)
    left = open_of(one)
    moments = {"created_at": stamp(one.created), "updated_at": stamp(one.updated)}
    id = mutation_id(administration, one.place)
    return {
        "id": id, "administration_id": administration.id, "amount": money(one.amount), "code": None,
        "date": one.date.isoformat(), "message": one.message, "contra_account_name": None,
        "contra_account_number": "", "state": one.state, "settlement_state": "settled",
        "amount_open": money(left), "sepa_fields": None, "batch_reference": None,
        "financial_account_id": financial_account_id(administration, 0),
        "currency": administration.currency, "original_amount": None, **moments,
        "version": version(one.updated),
        "financial_statement_id": administration.record_id(OTHER, 500_000_000 + one.place // PER_SLOT),
        "processed_at": stamp(one.updated) if one.state == "processed" else None,
        "account_servicer_transaction_id": None, "payments": paid,
        "ledger_account_bookings": [
            {
                "id": administration.record_id(OTHER, _BOOKINGS + one.place * 2 + number),
                "administration_id": administration.id, "financial_mutation_id": id,
                "ledger_account_id": account_id(administration, booking.account),
                "project_id": None if booking.project is None else project_id(administration, booking.project),
                "description": booking.text, "price": money(booking.price), **moments,
            }
            for number, booking in enumerate(one.bookings)
        ],
    }  # fmt: skip


def _payments(administration: Administration, one: Mutation) -> list[dict[str, Any]]:
    document = one.document
    if document is None:
        return []
    if isinstance(document, sales.Sale):
        rows = sales_records.payment_records(administration, document)
    else:
        rows = document_records.payment_records(administration, document)
    id = mutation_id(administration, one.place)
    return [row for row in rows if row["financial_mutation_id"] == id]
