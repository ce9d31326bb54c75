"""Purchase documents as Moneybird writes them."""

from __future__ import annotations

from typing import Any

from .administration import DETAIL, DOCUMENT, OTHER, PAYMENT, Administration, stamp, version
from .amounts import decimal, money
from .contacts import contact_id, embedded
from .documents import Document, Payment
from .lines import Line, written_price
from .mutations import purchase_mutation
from .registers import (
    BANK,
    CARD,
    PRIVATE,
    account_id,
    financial_account_id,
    project_id,
    tax_rate_id,
)

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
        "details": [_detail(administration, one, line) for line in one.lines],
        "fiscal_allocations": [],
        "payments": [_payment(administration, one, payment) for payment in one.payments],
        "notes": [], "attachments": _attachments(administration, one),
        "events": [_event(administration, life.created, "document_saved")],
    }  # fmt: skip


def _detail(administration: Administration, one: Document, line: Line) -> dict[str, Any]:
    life = one.life
    return {
        "id": detail_id(administration, life.place, line.number),
        "administration_id": administration.id, "tax_rate_id": tax_rate_id(administration, line.tax),
        "ledger_account_id": account_id(administration, line.account),
        "project_id": None if line.project is None else project_id(administration, line.project),
        "product_id": None, "amount": line.amount, "amount_decimal": decimal(line.quantity, 2),
        "description": line.text, "price": written_price(line.price, life.bits + line.number),
        "period": line.period, "row_order": line.number,
        "total_price_excl_tax_with_discount": money(line.net),
        "total_price_excl_tax_with_discount_base": money(line.net_base),
        "tax_report_reference": ["NL/5b"], "mandatory_tax_text": None,
        "created_at": stamp(life.created), "updated_at": stamp(life.updated),
    }  # fmt: skip


def payment_fields(
    administration: Administration, id: int, type: str, invoice_id: str, payment: Payment, mutation_id: str | None
) -> dict[str, Any]:  # fmt: skip
    """A payment of any document. Paid privately it has no financial account, by card or bank it has one, and that one's ledger account."""
    bank = None if payment.is_private else 0 if payment.is_mutation else 1
    account = PRIVATE if payment.is_private else BANK if payment.is_mutation else CARD
    made = administration.moment(payment.slot, 6, id)
    return {
        "id": administration.record_id(PAYMENT, id), "administration_id": administration.id,
        "invoice_type": type, "invoice_id": invoice_id,
        "financial_account_id": None if bank is None else financial_account_id(administration, bank),
        "user_id": administration.record_id(OTHER, 1), "payment_transaction_id": None,
        "transaction_identifier": None, "price": money(payment.price),
        "price_base": money(payment.price_base), "payment_date": payment.date.isoformat(),
        "credit_invoice_id": None, "financial_mutation_id": mutation_id,
        "ledger_account_id": account_id(administration, account), "linked_payment_id": None,
        "manual_payment_action": "private_payment" if payment.is_private else None,
        "created_at": stamp(made), "updated_at": stamp(made),
    }  # fmt: skip


def _payment(administration: Administration, one: Document, payment: Payment) -> dict[str, Any]:
    index = one.life.place
    mutation = (
        purchase_mutation(administration, index, payment.number) if payment.is_mutation else None
    )
    return payment_fields(
        administration, index * 4 + payment.number, "Document", document_id(administration, index), payment,
        mutation,
    )  # fmt: skip


def attachment_id(administration: Administration, index: int, place: int) -> str:
    return administration.record_id(OTHER, 1_000 + index * SPAN + place)


def _attachments(administration: Administration, one: Document) -> list[dict[str, Any]]:
    return [
        {
            "id": attachment_id(administration, one.life.place, place), "administration_id": administration.id,
            "attachable_id": document_id(administration, one.life.place), "attachable_type": "Document",
            "filename": name, "content_type": "application/pdf", "size": 1_000 + one.life.bits % 500, "rotation": 0,
            "created_at": stamp(one.life.created), "updated_at": stamp(one.life.created),
        }
        for place, name in enumerate(one.attachments)
    ]  # fmt: skip


def _event(administration: Administration, ms: int, action: str) -> dict[str, Any]:
    return {
        "administration_id": administration.id, "user_id": administration.record_id(OTHER, 1),
        "action": action, "link_entity_id": None, "link_entity_type": None, "data": {},
        "created_at": stamp(ms), "updated_at": stamp(ms),
    }  # fmt: skip
