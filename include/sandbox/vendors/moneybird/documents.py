"""A purchase document with all it holds: lines, totals, payments, what is left of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .administration import MUTATION, Administration
from .amounts import rate
from .contacts import supplier_index
from .lines import Line, Raw, Totals, priced, raw_lines
from .payments import BY_BANK, BY_CARD, PRIVATELY, Payment, base_of
from .purchases import BANK, CARD, HALVES, INVOICE, NEVER, PRIVATE, Life, is_batched, lives
from .registers import GENERAL, OFFICE

#: So many mutations of the bank a slot can have; those of purchases come first.
PER_SLOT = 16


@dataclass(frozen=True)
class Document:
    """What Moneybird shows of a purchase invoice or receipt; amounts in hundredths, totals None of a new one."""

    life: Life
    kind: str
    date: dt.date
    due: dt.date | None
    reference: str | None
    currency: str
    rate: int
    is_incl: bool
    contact: int | None
    lines: list[Line]
    totals: Totals | None
    payments: list[Payment]
    state: str
    paid_on: dt.date | None
    #: Name and bytes of attachments, by their place.
    attachments: list[str]

    @property
    def is_posted(self) -> bool:
        return self.state != "new"


def documents(administration: Administration) -> dict[int, Document]:
    """All of them by index; made once, since reports and truth need them all."""
    return {index: document(administration, one) for index, one in administration.of(lives).items()}


def document(administration: Administration, life: Life) -> Document:
    edit = administration.edits.documents.get(life.place)
    fields: dict[str, Any] = edit.fields if edit else {}
    bits, when = life.bits, _date(life, fields)
    currency = _currency(administration, bits)
    of_rate = rate(currency, administration.currency, when)
    is_incl = (bits >> 52) % 3 == 0
    has_lines = not (life.is_new and life.supplier is None)
    raw = _edited(life, raw_lines(bits, life.date)) if has_lines else []
    owed = 0 if life.is_new else priced(raw, of_rate=of_rate, is_incl=is_incl)[1].gross
    payments = [] if life.is_new else _payments(administration, life, currency, owed)
    lines, totals = priced(_by_hand(raw, fields), of_rate=of_rate, is_incl=is_incl)
    if "paid_on" in fields and not life.is_new:
        payments = [
            *payments,
            _by_hand_paid(administration, fields["paid_on"], currency, totals.gross, payments),
        ]
    is_paid = not life.is_new and sum(p.price for p in payments) == totals.gross
    due = _due(life, fields)
    state = fields.get("state") or _state(administration, life, is_paid=is_paid, due=due)
    return Document(
        life, life.kind, when, due, _reference(life, fields), currency, of_rate, is_incl,
        None if life.supplier is None else supplier_index(life.supplier), lines,
        totals if has_lines else None, payments, state,
        max((p.date for p in payments), default=when) if state == "paid" else None, attachments(life),
    )  # fmt: skip


def _currency(administration: Administration, bits: int) -> str:
    currencies = administration.company.currencies
    if currencies and (bits >> 54) % 5 == 0:
        return currencies[(bits >> 57) % len(currencies)]
    return administration.currency


def _mode(life: Life) -> int:
    """What its own edit changed: reference, account, text, an amount, the date."""
    return (life.bits >> 22) % 5


def _date(life: Life, fields: dict[str, Any]) -> date:
    if "date" in fields:
        return date.fromisoformat(fields["date"])
    return life.date - timedelta(days=1) if life.is_edited and _mode(life) == 4 else life.date


def _due(life: Life, fields: dict[str, Any]) -> date | None:
    if "due_date" in fields:
        return date.fromisoformat(fields["due_date"]) if fields["due_date"] else None
    return life.due


def _reference(life: Life, fields: dict[str, Any]) -> str | None:
    if "reference" in fields:
        found: str | None = fields["reference"]
        return found
    number = f"{(life.bits >> 26) % 10**6:06d}"
    reference = (None, number, f"F-{number}", f"=2026-{number}")[(life.bits >> 46) % 4]
    if life.is_edited and _mode(life) == 0:
        reference = f"{reference or ''} (corr.)".strip()
    return reference if not life.touches else f"{reference or ''} v{len(life.touches) + 1}".strip()


def _edited(life: Life, raw: list[Raw]) -> list[Raw]:
    """The lines after the document's own edit and those of days."""
    first = raw[0]
    if life.is_edited:
        mode = _mode(life)
        if mode == 1:
            first = first._replace(account=GENERAL)
        elif mode == 2:
            first = first._replace(text=f"{first.text} (gewijzigd)")
        elif mode == 3:
            first = first._replace(price=first.price + 12_300)
    for day in life.touches:
        if life.pays == NEVER:
            first = first._replace(price=first.price + 10_000)
        first = first._replace(text=f"{first.text} #{day}", account=OFFICE if day % 2 else GENERAL)
    return [first, *raw[1:]]


def _by_hand(raw: list[Raw], fields: dict[str, Any]) -> list[Raw]:
    """The lines after what a test edited."""
    if not raw:
        return raw
    first = raw[0]
    if "price" in fields:
        first = first._replace(price=int(fields["price"]))
    if "description" in fields:
        first = first._replace(text=str(fields["description"]))
    more = [raw[0]._replace(text="Extra regel")] if fields.get("more_lines") else []
    return [first, *raw[1:], *more]


_BY = {BANK: BY_BANK, HALVES: BY_BANK, PRIVATE: PRIVATELY, CARD: BY_CARD}


def _payments(
    administration: Administration, life: Life, currency: str, gross: int
) -> list[Payment]:
    """gross: what was owed when it was paid."""
    found = []
    for number, slot in enumerate(life.payments):
        half = gross // 2
        price = gross if life.pays != HALVES else gross - half if number else half
        by = _BY[life.pays]
        # What is bought in a shop was paid on its date, whenever it was entered.
        day = administration.timeline.date_of(slot) if by == BY_BANK else life.date
        base = base_of(administration, price, currency, day)
        mutation = purchase_mutation(administration, life.place, number) if by == BY_BANK else None
        found.append(Payment(number, slot, day, price, base, by, mutation))
    return found


def _by_hand_paid(
    administration: Administration, on: str, currency: str, gross: int, payments: list[Payment]
) -> Payment:
    """What a test pays privately: all that is left."""
    day, price = date.fromisoformat(on), gross - sum(payment.price for payment in payments)
    base = base_of(administration, price, currency, day)
    return Payment(2, administration.timeline.slots - 1, day, price, base, PRIVATELY)


def purchase_mutation(administration: Administration, place: int, number: int) -> str:
    """The bank's mutation that paid a document."""
    slot, which = divmod(place, 2)
    return administration.record_id(MUTATION, slot * PER_SLOT + which * 2 + number)


def _state(administration: Administration, life: Life, *, is_paid: bool, due: date | None) -> str:
    if life.is_new:
        return "new"
    if is_paid:
        return "paid"
    if life.kind != INVOICE and life.pays == NEVER and (life.bits >> 12) % 3 == 0:
        return "saved"
    if is_batched(administration, life.slot, life.bits, life.pays, life.payments):
        return "pending_payment"
    return "late" if due is not None and due < administration.today else "open"


def attachments(life: Life) -> list[str]:
    """Names of files: none, one or two, and what days attached."""
    count = (0, 1, 1, 1, 2)[(life.bits >> 6) % 5] + life.attached
    names = ("factuur.pdf", "bon ✓.pdf", "bijlage..pdf", "scan (1).pdf")
    return [names[(life.bits + place) % len(names)] for place in range(count)]
