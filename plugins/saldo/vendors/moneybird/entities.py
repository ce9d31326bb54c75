"""The entities of Moneybird that are landed; data, no logic; the order is the landing order.

Registers are read whole. What has a version is read by the vendor's lists of ids and versions. Paths are those below the
administration, without the format.
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


ENTITIES = (
    _whole("administrations", r.Administration),
    _whole("ledger_accounts", r.LedgerAccount, is_small=True),
    _whole("tax_rates", r.TaxRate, is_small=True),
    _whole("financial_accounts", r.FinancialAccount, is_small=True),
    _whole("projects", r.Project, is_small=True),
    _by_versions("contacts", "contacts", r.Contact),
    _by_versions(
        "purchase_invoices",
        "documents/purchase_invoices",
        d.PurchaseDocument,
        window="date",
        shares_ids_with=("receipts",),
    ),
    _by_versions(
        "receipts",
        "documents/receipts",
        d.PurchaseDocument,
        window="date",
        after="purchase_invoices",
        shares_ids_with=("purchase_invoices",),
    ),
    _by_versions(
        "general_journal_documents",
        "documents/general_journal_documents",
        d.GeneralJournalDocument,
        window="date",
    ),
    _by_versions("sales_invoices", "sales_invoices", d.SalesInvoice, window="invoice_date"),
    _by_versions("financial_mutations", "financial_mutations", d.FinancialMutation, window="date"),
    _whole(
        "general_ledger",
        r.AccountTotal,
        path="reports/general_ledger",
        key=("year", "ledger_account_id"),
    ),
)
