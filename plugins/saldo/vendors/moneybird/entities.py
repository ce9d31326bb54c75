"""The entities of Moneybird that are landed; data, no logic; the order is the landing order.

Registers are read whole. What has a version is read by the vendor's lists of ids and versions. Paths are those below the
administration, without the format. What is booked comes before what it names, since books go on while a run reads: a document
that was read names no contact that is made later, and a payment that was read is of no document that is.
"""

from __future__ import annotations

from typing import Any

from saldo.declarations.entity import Entity, Record
from saldo.ways.snapshot import Snapshot
from saldo.ways.versions import Versions

from . import document_records as d
from . import records as r


def _whole(name: str, record: type[Record], *, path: str = "", **more: Any) -> Entity:
    return Entity(name, path or name, record, more.pop("key", "id"), reads=Snapshot(), **more)


def _by_versions(name: str, path: str, record: type[Record], **more: Any) -> Entity:
    reads = Versions("version", shares_ids_with=more.pop("shares_ids_with", ()))
    return Entity(name, path, record, "id", reads=reads, **more)


#: What the ledger is made of; it names contacts and registers.
BOOKED = (
    "financial_mutations",
    "purchase_invoices",
    "receipts",
    "general_journal_documents",
    "sales_invoices",
)


def _register(name: str, record: type[Record]) -> Entity:
    return _whole(name, record, is_small=True, named_by=BOOKED)


def _document(name: str, record: type[Record], *, path: str = "", **more: Any) -> Entity:
    named_by = ("financial_mutations",)
    return _by_versions(name, path or f"documents/{name}", record, named_by=named_by, **more)


ENTITIES = (
    _whole("administrations", r.Administration),
    _by_versions("financial_mutations", "financial_mutations", d.FinancialMutation, window="date"),
    _document(
        "purchase_invoices", d.PurchaseDocument, window="date", shares_ids_with=("receipts",)
    ),
    _document(
        "receipts",
        d.PurchaseDocument,
        window="date",
        after="purchase_invoices",
        shares_ids_with=("purchase_invoices",),
    ),
    _document("general_journal_documents", d.GeneralJournalDocument, window="date"),
    _document("sales_invoices", d.SalesInvoice, path="sales_invoices", window="invoice_date"),
    _by_versions("contacts", "contacts", r.Contact, named_by=BOOKED),
    _register("projects", r.Project),
    _register("tax_rates", r.TaxRate),
    _register("ledger_accounts", r.LedgerAccount),
    _register("financial_accounts", r.FinancialAccount),
    _whole(
        "general_ledger",
        r.AccountTotal,
        path="reports/general_ledger",
        key=("year", "ledger_account_id"),
    ),
)
