"""What a company holds, for whoever compares a register with it: entries that were posted, drafts, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.state import State
from sandbox.vendor import Truth

from .companies import ledgers_of
from .fields import Row
from .ledger import Ledger


def _summary(state: State, company: str) -> dict[str, Any]:
    """By environment: entries, lines and invoices by their own number, what accounts come to, files."""
    return {where: _of(ledger) for where, ledger in ledgers_of(state, company)}


def _of(ledger: Ledger) -> dict[str, Any]:
    return {
        "id": ledger.id,
        "posted": _grouped(ledger.rows("generalLedgerEntries"), "documentNumber", _entry),
        "lines": _grouped(ledger.rows("journalLines"), "documentNumber", _line),
        "invoices": [_invoice(row) for row in ledger.rows("purchaseInvoices")],
        "balances": {
            row["number"]: str(row["netChange"]) for row in ledger.rows("accounts") if row["netChange"]
        },
        "files": [
            _file(ledger, row)
            for table in ("attachments", "documentAttachments")
            for row in ledger.rows(table)
        ],
    }  # fmt: skip


def _grouped(
    rows: Iterator[Row], key: str, shown: Callable[[Row], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(shown(row))
    return found


def _entry(row: Row) -> dict[str, Any]:
    amount = row["debitAmount"] - row["creditAmount"]
    return {
        "account": row["accountNumber"], "amount": str(amount), "date": row["postingDate"],
        "external": row["_external"], "party": row["_party"], "text": row["description"],
    }  # fmt: skip


def _line(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "journal": row["journalDisplayName"], "account": row["accountNumber"],
        "balancing": row["balancingAccountNumber"], "amount": str(row["amount"]),
        "date": row["postingDate"], "external": row["externalDocumentNumber"],
        "text": row["description"],
    }  # fmt: skip


def _invoice(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "number": row["number"], "external": row["vendorInvoiceNumber"],
        "vendor": row["vendorNumber"], "status": row["status"],
        "amount": str(row["totalAmountIncludingTax"]), "date": row["postingDate"],
    }  # fmt: skip


def _file(ledger: Ledger, row: Row) -> dict[str, Any]:
    return {
        "name": row["fileName"], "bytes": row["byteSize"], "sha256": row["_hash"],
        "parent": row["parentId"], "document": row.get("_document", ""),
    }  # fmt: skip


TRUTHS: dict[str, Truth] = {"business-central": _summary}
