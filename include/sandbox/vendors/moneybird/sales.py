"""Sales invoices and credit notes: what they hold, and what becomes of them.

Every slot brings two. Days of an invoice's life: one in seven comes as a draft, without number and date, and is sent on
day 1 (one in 23 of all never is; every second of those is scheduled); those that pay in parts pay half on day 4; the rest is paid on day 6, or never. What is not
paid when due is late, and every second one of those is reminded a week later.

One in thirteen is a credit note for half of the first line of the invoice two before it; the two settle each other on
its day: a payment of each, without an account, that names the other (`credit_invoice_id`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sandbox.books.line import mix

from .administration import MUTATION, SALES_INVOICE, Administration, at
from .amounts import rate
from .contacts import customer_index
from .lines import Line, Raw, Totals, entered_price, priced
from .payments import BY_BANK, BY_CREDIT, Payment, base_of
from .registers import (
    PROJECTS,
    REVENUE_ABROAD,
    REVENUE_HOME,
    REVENUE_SERVICES,
    SELL_HIGH,
    SELL_LOW,
    SELL_ZERO,
)

SENT, HALF, PAID = 1, 4, 6
#: So many mutations a slot can have; those of sales begin here.
PER_SLOT, FIRST_OF_SALES = 16, 4
_CREDIT_DAYS, _REMINDED_AFTER = 30, 7
_SALT = 61
NEVER, WHOLE, HALVES, HALF_ONLY = range(4)


class SaleLife(NamedTuple):
    """An invoice without what it holds. payments: the slots of those of the bank that have come."""

    place: int
    slot: int
    bits: int
    is_draft: bool
    pays: int
    payments: tuple[int, ...]
    created: int
    updated: int
    date: dt.date
    due: dt.date
    state: str


@dataclass(frozen=True)
class Sale:
    """What Moneybird shows of an invoice; amounts in hundredths. original: the place of the one it credits."""

    life: SaleLife
    currency: str
    rate: int
    is_incl: bool
    contact: int
    lines: list[Line]
    totals: Totals
    payments: list[Payment]
    state: str
    original: int | None

    @property
    def is_posted(self) -> bool:
        return self.state not in ("draft", "scheduled")


def bits_of(administration: Administration, place: int) -> int:
    return administration.bits(_SALT, place)


def credits(administration: Administration, place: int) -> int | None:
    """The place of the invoice that this one credits."""
    if place < 4 or bits_of(administration, place) % 13 or _is_of_drafts(administration, place):
        return None
    original = place - 2
    is_credit = bits_of(administration, original) % 13 == 0 and original >= 4
    return None if is_credit or _is_of_drafts(administration, original) else original


def _is_of_drafts(administration: Administration, place: int) -> bool:
    bits = bits_of(administration, place)
    return bits % 7 == 0 or bits % 23 == 0


def pays_of(administration: Administration, place: int) -> int:
    """A credit note is settled by the invoice it credits."""
    if credits(administration, place) is not None:
        return NEVER
    return (NEVER, NEVER, HALF_ONLY, HALVES, *[WHOLE] * 8)[
        (bits_of(administration, place) >> 8) % 12
    ]


def payment_slots(administration: Administration, place: int) -> list[int]:
    """The slots in which the bank brings money for an invoice, whether or not they have come."""
    if bits_of(administration, place) % 23 == 0:
        return []
    slot = place // 2
    half, rest = administration.later(slot, HALF), administration.later(slot, PAID)
    return {NEVER: [], WHOLE: [rest], HALVES: [half, rest], HALF_ONLY: [half]}[
        pays_of(administration, place)
    ]


def sale_lives(administration: Administration) -> dict[int, SaleLife]:
    return {
        place: _life(administration, place) for place in range(2 * administration.timeline.slots)
    }


def _life(administration: Administration, place: int) -> SaleLife:
    slot, bits = place // 2, bits_of(administration, place)
    created = updated = administration.moment(slot, 0, bits)
    sent = administration.later(slot, SENT)
    is_never_sent = bits % 23 == 0
    is_draft = is_never_sent or (bits % 7 == 0 and not administration.has_passed(sent))
    if bits % 7 == 0 and not is_draft:
        updated = administration.moment(sent, 1, bits >> 3)
    paid: tuple[int, ...] = ()
    if not is_draft:
        paid = tuple(
            s for s in payment_slots(administration, place) if administration.has_passed(s)
        )
        updated = max(updated, *(administration.moment(s, 6, bits >> 5) for s in paid), updated)
    credited = _credit_note(administration, place)
    if credited is not None:
        updated = max(
            updated, administration.moment(credited // 2, 0, bits_of(administration, credited))
        )
    when = administration.timeline.date_of(slot)
    due = when + timedelta(days=_CREDIT_DAYS)
    pays = pays_of(administration, place)
    state, updated = _state(administration, place, pays, is_draft, paid, due, updated)
    return SaleLife(place, slot, bits, is_draft, pays, paid, created, updated, when, due, state)


def _credit_note(administration: Administration, place: int) -> int | None:
    """The place of the credit note of an invoice, once it is there."""
    found = place + 2
    is_there = found < 2 * administration.timeline.slots
    return found if is_there and credits(administration, found) == place else None


def _state(
    administration: Administration, place: int, pays: int, is_draft: bool, paid: Sequence[int], due: date,
    updated: int,
) -> tuple[str, int]:  # fmt: skip
    """The state, and when the invoice last changed."""
    bits = bits_of(administration, place)
    if is_draft:
        return ("scheduled" if bits % 23 == 0 and (bits >> 12) % 2 else "draft"), updated
    needed = {WHOLE: 1, HALVES: 2}.get(pays, 9)
    if len(paid) == needed or credits(administration, place) is not None:
        return "paid", updated
    today, reminded = administration.today, due + timedelta(days=_REMINDED_AFTER)
    if reminded < today and (bits >> 14) % 2:
        return "reminded", max(
            updated, at(reminded + timedelta(days=1), 420 + bits % 60, bits >> 19)
        )
    if due < today:
        return "late", max(updated, at(due + timedelta(days=1), 360 + bits % 60, bits >> 19))
    return "open", updated


# --- what it holds -------------------------------------------------------------------------------


def sales(administration: Administration) -> dict[int, Sale]:
    """All of them by place."""
    return {
        place: sale(administration, one) for place, one in administration.of(sale_lives).items()
    }


def sale(administration: Administration, life: SaleLife) -> Sale:
    original = credits(administration, life.place)
    whose = bits_of(administration, life.place if original is None else original)
    currency = _currency(administration, whose)
    of_rate = rate(currency, administration.currency, life.date)
    is_incl = (whose >> 52) % 4 == 0
    raw = _lines(administration, whose, is_abroad=currency != administration.currency)
    if original is not None:
        raw = [_credited(raw[0])]
    lines, totals = priced(raw, of_rate=of_rate, is_incl=is_incl)
    payments = [] if life.is_draft else _payments(administration, life, currency, totals, original)
    contact = customer_index((whose >> 36) % administration.company.customers)
    return Sale(
        life, currency, of_rate, is_incl, contact, lines, totals, payments, life.state, original
    )


def _credited(raw: Raw) -> Raw:
    return raw._replace(text=f"Creditering: {raw.text}", price=-(raw.price // 20_000 * 10_000))


def _currency(administration: Administration, bits: int) -> str:
    currencies = administration.company.currencies
    if currencies and (bits >> 54) % 6 == 0:
        return currencies[(bits >> 57) % len(currencies)]
    return administration.currency


def _lines(administration: Administration, bits: int, *, is_abroad: bool) -> list[Raw]:
    found = []
    for number in range(1 + (bits >> 9) % 3):
        own = mix(bits + 1_013 * (number + 1))
        tax = SELL_ZERO if is_abroad else (SELL_HIGH, SELL_HIGH, SELL_HIGH, SELL_LOW)[own % 4]
        account = REVENUE_ABROAD if is_abroad else (REVENUE_HOME, REVENUE_SERVICES)[(own >> 4) % 2]
        project = (own >> 34) % PROJECTS if (own >> 30) % 3 == 0 else None
        amount, quantity = (("1 x", 100), ("3 x", 300), ("7,5 uur", 750))[(own >> 8) % 3]
        text = ("Advies", "Levering ☂", "=Onderhoud", "Abonnement")[(own >> 12) % 4]
        # The first line is never nothing or a discount: half of it can be credited.
        price = entered_price(own, number)
        found.append(Raw(text, amount, quantity, price, tax, account, project, None))
    return found


def _payments(
    administration: Administration, life: SaleLife, currency: str, totals: Totals, original: int | None
) -> list[Payment]:  # fmt: skip
    if original is not None:
        return [_settled(administration, 0, life, life.place, totals.gross, currency, original)]
    found, credited, note = [], 0, _credit_note(administration, life.place)
    if note is not None:
        other = administration.of(sale_lives)[note]
        credited = -_gross_of_note(administration, other)
        found.append(_settled(administration, 3, life, note, credited, currency, note))
    half = totals.gross // 2
    for number, slot in enumerate(life.payments):
        is_half = life.pays in (HALVES, HALF_ONLY) and number == 0
        price = half if is_half else totals.gross - credited - (half if number else 0)
        day = administration.timeline.date_of(slot)
        base = base_of(administration, price, currency, day)
        mutation = sales_mutation(administration, life.place, number)
        found.append(Payment(number, slot, day, price, base, BY_BANK, mutation))
    return found


def _gross_of_note(administration: Administration, life: SaleLife) -> int:
    return sale(administration, life).totals.gross


def _settled(
    administration: Administration, number: int, life: SaleLife, note: int, price: int, currency: str, other: int
) -> Payment:  # fmt: skip
    """One half of two documents settling each other on the day of the credit note."""
    slot = note // 2
    day = administration.timeline.date_of(slot)
    base = base_of(administration, price, currency, day)
    id = administration.record_id(SALES_INVOICE, other)
    return Payment(number, slot, day, price, base, BY_CREDIT, None, id)


def sales_mutation(administration: Administration, place: int, number: int) -> str:
    """The mutation that paid an invoice."""
    slot, which = divmod(place, 2)
    return administration.record_id(MUTATION, slot * PER_SLOT + FIRST_OF_SALES + which * 2 + number)
