"""Purchase documents as Moneybird writes them."""

from __future__ import annotations

from typing import Any

from . import payments
from .administration import DETAIL, DOCUMENT, OTHER, Administration, stamp, version
from .amounts import decimal, money
from .contacts import contact_id, embedded
from .documents import Document
from .files import file
from .lines import Line, written_price
from .registers import account_id, project_id, tax_rate_id

#: So many lines and attachments a document can have.
SPAN = 40
_ORIGINS = (None, "upload", "endpoint", "email", "si_peppol", "api")


def document_id(administration: Administration, index: int) -> str:
    return administration.record_id(DOCUMENT, index)


def detail_id(administration: Administration, index: int, number: int) -> str:
    return administration.record_id(DETAIL, index * SPAN + number)


def record(administration: Administration, one: Document) -> dict[str, Any]:
    life, totals = one.life, one.totals
    contact = one.contact
    return {
        "id": document_id(administration, life.place), "administration_id": administration.id,
        "contact_id": None if contact is None else contact_id(administration, contact),
        "contact": None if contact is None else embedded(administration, contact),
        "reference": one.reference, "date": one.date.isoformat(),
        "due_date": one.due.isoformat() if one.due else None, "entry_number": life.place + 1,
        "state": one.state, "currency": one.currency, "exchange_rate": decimal(one.rate, 6),
        "revenue_invoice": False, "prices_are_incl_tax": one.is_incl,
        "origin": _ORIGINS[(life.bits >> 50) % len(_ORIGINS)],
        "paid_at": one.paid_on.isoformat() if one.paid_on else None, "tax_number": None,
        "total_price_excl_tax": money(totals.net) if totals else None,
        "total_price_excl_tax_base": money(totals.net_base) if totals else None,
        "total_price_incl_tax": money(totals.gross) if totals else None,
        "total_price_incl_tax_base": money(totals.gross_base) if totals else None,
        "created_at": stamp(life.created), "updated_at": stamp(life.updated),
        "version": version(life.updated),
        "details": _details(administration, one),
        "fiscal_allocations": [],
        "payments": payment_records(administration, one),
        "notes": [], "attachments": _attachments(administration, one),
        "events": [event(administration, life.created, "document_saved")],
    }  # fmt: skip


def detail(
    administration: Administration,
    id: str,
    line: Line,
    *,
    salt: int,
    moments: tuple[int, int],
    reference: str,
) -> dict[str, Any]:
    """A line of any document. salt: how its price is written; moments: when it came and last changed."""
    return {
        "id": id, "administration_id": administration.id,
        "tax_rate_id": tax_rate_id(administration, line.tax),
        "ledger_account_id": account_id(administration, line.account),
        "project_id": None if line.project is None else project_id(administration, line.project),
        "product_id": None, "amount": line.amount, "amount_decimal": decimal(line.quantity, 2),
        "description": line.text, "price": written_price(line.price, salt),
        "period": line.period, "row_order": line.number,
        "total_price_excl_tax_with_discount": money(line.net),
        "total_price_excl_tax_with_discount_base": money(line.net_base),
        "tax_report_reference": [reference], "mandatory_tax_text": None,
        "created_at": stamp(moments[0]), "updated_at": stamp(moments[1]),
    }  # fmt: skip


def _details(administration: Administration, one: Document) -> list[dict[str, Any]]:
    life = one.life
    return [
        detail(
            administration, detail_id(administration, life.place, line.number), line,
            salt=life.bits + line.number, moments=(life.created, life.updated), reference="NL/5b",
        )
        for line in one.lines
    ]  # fmt: skip


def payment_records(administration: Administration, one: Document) -> list[dict[str, Any]]:
    place = one.life.place
    id = document_id(administration, place)
    return [
        payments.record(administration, place * 4 + payment.number, "Document", id, payment)
        for payment in one.payments
    ]


def attachment_id(administration: Administration, index: int, place: int) -> str:
    return administration.record_id(OTHER, 1_000 + index * SPAN + place)


def _attachments(administration: Administration, one: Document) -> list[dict[str, Any]]:
    return [
        {
            "id": attachment_id(administration, one.life.place, place), "administration_id": administration.id,
            "attachable_id": document_id(administration, one.life.place), "attachable_type": "Document",
            "filename": name, "content_type": "application/pdf", "size": len(file(one.life.place, name)), "rotation": 0,
            "created_at": stamp(one.life.created), "updated_at": stamp(one.life.created),
        }
        for place, name in enumerate(one.attachments)
    ]  # fmt: skip


def event(administration: Administration, ms: int, action: str) -> dict[str, Any]:
    return {
        "administration_id": administration.id, "user_id": administration.record_id(OTHER, 1),
        "action": action, "link_entity_id": None, "link_entity_type": None, "data": {},
        "created_at": stamp(ms), "updated_at": stamp(ms),
    }  # fmt: skip
