"""What a warehouse must show of an administration, told by the integers it is made of: rows as CSV, sums as JSON.

Ledger, receivables and payables follow the rules of postings.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.books.csv_stream import csv_of, money
from sandbox.state import State
from sandbox.vendor import Truth

from . import contacts, documents, journals, mutations, purchases, registers, sales
from . import postings as posted
from .access import administration_of
from .administration import DOCUMENT, SALES_INVOICE, Administration, stamp, version
from .amounts import decimal
from .document_records import detail_id
from .lines import Line
from .registers import CREDITORS, DEBTORS, TENTHS, account_id, project_id, tax_rate_id

DOCUMENT_COLUMNS = (
    "id", "kind", "state", "date", "due_date", "paid_at", "contact_id", "reference", "currency", "exchange_rate",
    "net", "net_base", "gross", "gross_base", "paid", "created_at", "updated_at", "version",
)  # fmt: skip
LINE_COLUMNS = (
    "document_id", "id", "row_order", "description", "amount", "quantity", "price", "tax_rate_id", "percentage",
    "ledger_account_id", "project_id", "period", "net", "net_base",
)  # fmt: skip
POSTING_COLUMNS = (
    "date", "ledger_account_id", "amount", "type", "document_id", "contact_id", "project_id", "description",
)  # fmt: skip
PAYMENT_COLUMNS = ("type", "document_id", "date", "price", "price_base", "by", "mutation_id")


# --- rows ----------------------------------------------------------------------------------------


def document_rows(state: State, company: str) -> Iterator[bytes]:
    """One row a purchase invoice or receipt."""
    administration = administration_of(state, company)
    found = administration.of(documents.documents).values()
    return csv_of(DOCUMENT_COLUMNS, (_document(administration, one) for one in found))


def _document(administration: Administration, one: documents.Document) -> tuple[object, ...]:
    life, totals = one.life, one.totals
    sums = (totals.net, totals.net_base, totals.gross, totals.gross_base) if totals else ()
    return (
        administration.record_id(DOCUMENT, life.place), one.kind, one.state, one.date, one.due or "",
        one.paid_on or "", "" if one.contact is None else contacts.contact_id(administration, one.contact),
        one.reference or "", one.currency, decimal(one.rate, 6),
        *([money(cents) for cents in sums] or [""] * 4), money(sum(p.price for p in one.payments)),
        stamp(life.created), stamp(life.updated), version(life.updated),
    )  # fmt: skip


def line_rows(state: State, company: str) -> Iterator[bytes]:
    """One row a line of a purchase invoice or receipt."""
    administration = administration_of(state, company)
    found = administration.of(documents.documents).values()
    rows = (_line(administration, one.life.place, line) for one in found for line in one.lines)
    return csv_of(LINE_COLUMNS, rows)


def _line(administration: Administration, place: int, line: Line) -> tuple[object, ...]:
    return (
        administration.record_id(DOCUMENT, place), detail_id(administration, place, line.number), line.number,
        line.text, line.amount or "", decimal(line.quantity, 2), decimal(line.price, 4),
        tax_rate_id(administration, line.tax), decimal(TENTHS[line.tax], 1),
        account_id(administration, line.account),
        "" if line.project is None else project_id(administration, line.project), line.period or "",
        money(line.net), money(line.net_base),
    )  # fmt: skip


def posting_rows(state: State, company: str) -> Iterator[bytes]:
    """One row a posting; those of nothing are left out."""
    administration = administration_of(state, company)
    found = (one for one in administration.of(posted.all_postings) if one.amount)
    return csv_of(POSTING_COLUMNS, (_posting(administration, one) for one in found))


def _posting(administration: Administration, one: posted.Posting) -> tuple[object, ...]:
    return (
        one.date, account_id(administration, one.account), money(one.amount), posted.TYPES[one.kind],
        administration.record_id(one.kind, one.place),
        "" if one.contact is None else contacts.contact_id(administration, one.contact),
        "" if one.project is None else project_id(administration, one.project), one.text,
    )  # fmt: skip


def payment_rows(state: State, company: str) -> Iterator[bytes]:
    """One row a payment of a document or an invoice."""
    administration = administration_of(state, company)
    bought = (
        (DOCUMENT, place, one.payments)
        for place, one in administration.of(documents.documents).items()
    )
    sold = (
        (SALES_INVOICE, place, one.payments)
        for place, one in administration.of(sales.sales).items()
    )
    rows = (
        (
            posted.TYPES[kind], administration.record_id(kind, place), one.date, money(one.price),
            money(one.price_base), one.by, one.mutation or "",
        )
        for kind, place, payments in (*bought, *sold)
        for one in payments
    )  # fmt: skip
    return csv_of(PAYMENT_COLUMNS, rows)


# --- sums ----------------------------------------------------------------------------------------


def summary(state: State, company: str) -> dict[str, Any]:
    """Counts, sums and names: small enough to read."""
    administration = administration_of(state, company)
    found = administration.of(documents.documents).values()
    return {
        "today": administration.today.isoformat(),
        "administration_id": administration.id,
        "counts": _counts(administration),
        "states": dict(Counter(one.state for one in found)),
        "ledger": _ledger(administration),
        "receivables": _open(administration, DEBTORS, 1),
        "payables": _open(administration, CREDITORS, -1),
        "accounts": _accounts(administration),
        "contacts": _contacts(administration),
        "deleted": sorted(
            administration.record_id(DOCUMENT, place)
            for place in range(2 * administration.timeline.slots)
            if place not in administration.of(purchases.lives)
        ),
    }


def _counts(administration: Administration) -> dict[str, int]:
    found = administration.of(documents.documents).values()
    kinds = Counter(one.kind for one in found)
    shown = administration.of(contacts.contacts).values()
    return {
        "ledger_accounts": len(registers.accounts(administration)),
        "tax_rates": len(registers.tax_rates(administration)),
        "financial_accounts": len(registers.financial_accounts(administration)),
        "projects": len(registers.projects(administration)),
        "contacts": len(shown),
        "archived_contacts": sum(one.is_archived for one in shown),
        "purchase_invoices": kinds[purchases.INVOICE],
        "receipts": kinds[purchases.RECEIPT],
        "details": sum(len(one.lines) for one in found),
        "payments": sum(len(one.payments) for one in found),
        "attachments": sum(len(one.attachments) for one in found),
        "general_journal_documents": len(administration.of(journals.journals)),
        "sales_invoices": len(administration.of(sales.sale_lives)),
        "financial_mutations": len(administration.of(mutations.mutation_lives)),
    }


def _ledger(administration: Administration) -> dict[str, dict[str, str]]:
    """Ledger account -> month -> movement, debit positive."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for place, months in sorted(administration.of(posted.by_month).items()):
        for month, (debit, credit) in sorted(months.items()):
            if debit != credit:
                found[account_id(administration, place)][f"{month:%Y-%m}"] = money(debit - credit)
    return dict(found)


def _open(administration: Administration, account: int, sign: int) -> dict[str, str]:
    """Contact ("": nobody) -> what is open today, postings dated later too; positive is owed."""
    latest = max((one.date for one in administration.of(posted.all_postings)), default=administration.today)  # fmt: skip
    open_ones = posted.by_contact(administration, account, latest)
    return {
        "" if contact is None else contacts.contact_id(administration, contact): money(sign * cents)
        for contact, cents in sorted(open_ones.items(), key=lambda one: one[0] or 0)
    }


def _accounts(administration: Administration) -> dict[str, str]:
    return {
        account_id(administration, one.place): one.name
        for one in registers.accounts(administration)
    }


def _contacts(administration: Administration) -> dict[str, str]:
    """Names: of a private person both of them."""
    found: dict[str, str] = {}
    for place in administration.of(contacts.contacts):
        fields = contacts.embedded(administration, place)
        names: Iterable[str] = (fields["firstname"] or "", fields["lastname"] or "")
        found[fields["id"]] = fields["company_name"] or " ".join(names).strip()
    return found


TRUTHS: Mapping[str, Truth] = {
    "moneybird": summary,
    "moneybird-documents": document_rows,
    "moneybird-lines": line_rows,
    "moneybird-postings": posting_rows,
    "moneybird-payments": payment_rows,
}
