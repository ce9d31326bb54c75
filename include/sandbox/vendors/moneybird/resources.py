"""What an administration shows at which path, and which scopes reach it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json

from . import (
    contacts,
    document_records,
    documents,
    journals,
    mutations,
    purchases,
    registers,
    sales,
    sales_records,
)
from .administration import CONTACT, DOCUMENT, JOURNAL, MUTATION, SALES_INVOICE, Administration
from .filters import THIS_YEAR, terms_of
from .paging import answered, page_of
from .synced import Head, Synced

#: Resource -> scopes, any of which reaches it.
SCOPES: dict[str, tuple[str, ...]] = {
    "documents/purchase_invoices": ("documents",),
    "documents/receipts": ("documents",),
    "documents/general_journal_documents": ("documents",),
    "sales_invoices": ("sales_invoices",),
    "financial_mutations": ("bank",),
    "financial_accounts": ("settings",),
    "projects": ("settings",),
    "webhooks": ("settings",),
    "contacts": ("estimates", "sales_invoices", "documents", "bank", "settings"),
    "ledger_accounts": ("settings", "sales_invoices", "documents", "estimates"),
    "tax_rates": ("settings", "sales_invoices", "documents", "estimates"),
}


# --- purchase documents --------------------------------------------------------------------------


def _purchases(kind: str) -> Callable[[Administration], dict[int, Head]]:
    def heads(administration: Administration) -> dict[int, Head]:
        return {
            index: Head(
                index, one.created, one.updated, one.date, "", one, 2 if len(documents.attachments(one)) > 1 else 1
            )
            for index, one in administration.of(purchases.lives).items()
            if one.kind == kind
        }  # fmt: skip

    return heads


def _document(administration: Administration, head: Head) -> documents.Document:
    found: documents.Document = documents.document(administration, head.whole)
    return found


def _purchase(administration: Administration, head: Head) -> dict[str, Any]:
    return document_records.record(administration, _document(administration, head))


def _has_state(administration: Administration, head: Head, values: list[str]) -> bool:
    return "all" in values or _document(administration, head).state in values


def _has_attachment(administration: Administration, head: Head, values: list[str]) -> bool:
    has = bool(documents.attachments(head.whole))
    return "all" in values or ("with" if has else "without") in values


def _has_reference(administration: Administration, head: Head, values: list[str]) -> bool:
    return _document(administration, head).reference in values


def _has_contact(administration: Administration, head: Head, values: list[str]) -> bool:
    contact = _document(administration, head).contact
    return contact is not None and contacts.contact_id(administration, contact) in values


def _has_account(administration: Administration, head: Head, values: list[str]) -> bool:
    wanted = {registers.account_named(administration, value) for value in values}
    return any(line.account in wanted for line in _document(administration, head).lines)


_OF_DOCUMENTS = {
    "state": _has_state,
    "attachment": _has_attachment,
    "recurring": lambda administration, head, values: "enabled" not in values,
    "reference": _has_reference,
    "contact_id": _has_contact,
    "ledger_account_id": _has_account,
}

# --- contacts ------------------------------------------------------------------------------------


def _contacts(administration: Administration) -> dict[int, Head]:
    return {
        index: Head(
            index, one.created, one.updated, None, "archived" if one.is_archived else "", one
        )
        for index, one in administration.of(contacts.contacts).items()
    }


def _contact(administration: Administration, head: Head) -> dict[str, Any]:
    return contacts.record(administration, head.number)


# --- journals, sales and bank --------------------------------------------------------------------


def _journals(administration: Administration) -> dict[int, Head]:
    return {
        place: Head(place, one.created, one.updated, one.date, "saved", one)
        for place, one in administration.of(journals.journals).items()
    }


def _journal(administration: Administration, head: Head) -> dict[str, Any]:
    return journals.record(administration, head.whole)


def _sales(administration: Administration) -> dict[int, Head]:
    return {
        place: Head(
            place, one.created, one.updated, None if one.is_draft else one.date, one.state, one
        )
        for place, one in administration.of(sales.sale_lives).items()
    }


def _sale(administration: Administration, head: Head) -> dict[str, Any]:
    return sales_records.record(administration, sales.sale(administration, head.whole))


def _sold_to(administration: Administration, head: Head, values: list[str]) -> bool:
    contact = sales.sale(administration, head.whole).contact
    return contacts.contact_id(administration, contact) in values


def _mutations(administration: Administration) -> dict[int, Head]:
    return {
        place: Head(
            place, one.created, one.updated, one.date, "processed" if one.is_processed else "unprocessed", one
        )
        for place, one in administration.of(mutations.mutation_lives).items()
    }  # fmt: skip


def _mutation(administration: Administration, head: Head) -> dict[str, Any]:
    return mutations.record(administration, mutations.mutation(administration, head.whole))


def _in_account(administration: Administration, head: Head, values: list[str]) -> bool:
    return registers.financial_account_id(administration, 0) in values


SYNCED: dict[str, Synced] = {
    "documents/purchase_invoices": Synced(
        DOCUMENT, _purchases(purchases.INVOICE), _purchase, _OF_DOCUMENTS, is_of_documents=True
    ),
    "documents/receipts": Synced(
        DOCUMENT, _purchases(purchases.RECEIPT), _purchase, _OF_DOCUMENTS, is_of_documents=True
    ),
    "documents/general_journal_documents": Synced(
        JOURNAL, _journals, _journal, is_of_documents=True
    ),
    "sales_invoices": Synced(SALES_INVOICE, _sales, _sale, {"contact_id": _sold_to}),
    "financial_mutations": Synced(
        MUTATION,
        _mutations,
        _mutation,
        {"financial_account_id": _in_account},
        sync_default=THIS_YEAR,
        too_many="Too many financial mutations to return, please use sync API",
    ),
    "contacts": Synced(CONTACT, _contacts, _contact, default="", has_archived=True),
}

# --- small lists ---------------------------------------------------------------------------------


def _tax_rates(administration: Administration, request: Request) -> Response:
    rows = administration.of(registers.tax_rates)
    known = dict.fromkeys(("name", "tax_rate_type", "active", "percentage", "country", "show_tax"))
    for key, values in terms_of(request.query_params.get("filter"), known).items():
        if values != ["all"]:
            rows = [row for row in rows if _written(row[key]) in values]
    page, headers = page_of(request, rows, is_of_documents=False)
    return answered(page, headers)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "").removesuffix(".0")


def _projects(administration: Administration, request: Request) -> Response:
    terms = terms_of(request.query_params.get("filter") or "state:active", {"state": None})
    states = terms.get("state", ["active"])
    rows = [
        row
        for row in registers.projects(administration)
        if "all" in states or row["state"] in states
    ]
    page, headers = page_of(request, rows, is_of_documents=True)
    return answered(page, headers)


def _whole(make: Callable[[Administration], registers.Rows]) -> Listed:
    return lambda administration, request: as_json(make(administration))


Listed = Callable[[Administration, Request], Response]
LISTED: dict[str, Listed] = {
    "ledger_accounts": _whole(registers.ledger_accounts),
    "financial_accounts": _whole(registers.financial_accounts),
    "tax_rates": _tax_rates,
    "projects": _projects,
}
