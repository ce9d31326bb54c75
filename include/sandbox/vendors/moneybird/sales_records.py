"""Sales invoices as Moneybird writes them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from . import payments
from .administration import DETAIL, OTHER, SALES_INVOICE, Administration, stamp, version
from .amounts import in_base, money
from .contacts import contact_id, embedded
from .document_records import SPAN, detail, event
from .registers import tax_rate_id
from .sales import Sale

#: Ids of details and payments of sales begin here, so that they are nobody else's.
_DETAILS, _PAYMENTS = 5_000_000_000, 5_000_000_000


def invoice_id(administration: Administration, place: int) -> str:
    return administration.record_id(SALES_INVOICE, place)


def payment_records(administration: Administration, one: Sale) -> list[dict[str, Any]]:
    id = invoice_id(administration, one.life.place)
    first = _PAYMENTS + one.life.place * 4
    return [
        payments.record(administration, first + payment.number, "SalesInvoice", id, payment)
        for payment in one.payments
    ]


def record(administration: Administration, one: Sale) -> dict[str, Any]:
    life, totals = one.life, one.totals
    paid = sum(payment.price for payment in one.payments)
    is_sent = one.is_posted
    original = None if one.original is None else invoice_id(administration, one.original)
    return {
        "id": invoice_id(administration, life.place), "administration_id": administration.id,
        "contact_id": contact_id(administration, one.contact),
        "contact": embedded(administration, one.contact), "contact_person_id": None, "contact_person": None,
        "invoice_id": f"{life.date.year}-{life.place:05d}" if is_sent else None,
        "recurring_sales_invoice_id": None, "subscription_id": None,
        "workflow_id": administration.record_id(OTHER, 2), "document_style_id": administration.record_id(OTHER, 3),
        "identity_id": administration.record_id(OTHER, 4), "draft_id": None if is_sent else life.place,
        "state": one.state, "invoice_date": life.date.isoformat() if is_sent else None,
        "due_date": life.due.isoformat(), "payment_conditions": "Binnen 30 dagen",
        "payment_reference": f"RF{life.bits % 10**12:012d}", "short_payment_reference": None,
        "reference": None if life.bits % 3 else f"Project {life.bits % 90}", "language": "nl",
        "currency": one.currency, "discount": "0.0", "original_sales_invoice_id": original, "paused": False,
        "paid_at": max(p.date for p in one.payments).isoformat() if one.state == "paid" and one.payments else None,
        "sent_at": life.date.isoformat() if is_sent else None, "created_at": stamp(life.created),
        "updated_at": stamp(life.updated), "public_view_code": f"{life.bits % 10**6:06d}",
        "public_view_code_expires_at": None, "version": version(life.updated),
        "details": _details(administration, one), "payments": payment_records(administration, one),
        "total_paid": money(paid), "total_unpaid": money(totals.gross - paid),
        "total_unpaid_base": money(in_base(totals.gross - paid, one.rate)), "prices_are_incl_tax": one.is_incl,
        "total_price_excl_tax": money(totals.net), "total_price_excl_tax_base": money(totals.net_base),
        "total_price_incl_tax": money(totals.gross), "total_price_incl_tax_base": money(totals.gross_base),
        "total_discount": "0.0", "marked_dubious_on": None, "marked_uncollectible_on": None,
        "reminder_count": int(one.state == "reminded"), "next_reminder": None, "original_estimate_id": None,
        "url": f"http://moneybird.dev/{administration.id}/external/{life.bits:x}/sales_invoice", "payment_url": f"http://moneybird.dev/{administration.id}/pay/{life.bits:x}",
        "custom_fields": [], "notes": [], "attachments": [],
        "events": [event(administration, life.created, "sales_invoice_created")],
        "tax_totals": _tax_totals(administration, one), "time_entries": [],
    }  # fmt: skip


def _details(administration: Administration, one: Sale) -> list[dict[str, Any]]:
    life = one.life
    first = _DETAILS + life.place * SPAN
    return [
        detail(
            administration, administration.record_id(DETAIL, first + line.number), line,
            salt=life.bits + line.number, moments=(life.created, life.updated), reference="NL/1a",
        )
        for line in one.lines
    ]  # fmt: skip


def _tax_totals(administration: Administration, one: Sale) -> list[dict[str, Any]]:
    taxable: Counter[int] = Counter()
    for line in one.lines:
        taxable[line.tax] += line.net
    whole = one.totals.gross - one.totals.net
    first = next(iter(taxable))
    return [
        {
            "tax_rate_id": tax_rate_id(administration, tax), "taxable_amount": money(net),
            "taxable_amount_base": money(in_base(net, one.rate)),
            # The spec has one amount a rate; what several rates come to is told under the first.
            "tax_amount": money(whole if tax == first else 0),
            "tax_amount_base": money(in_base(whole if tax == first else 0, one.rate)),
        }
        for tax, net in taxable.items()
    ]  # fmt: skip
