"""What is there of documents: waiting in the journal, in the ledger, or as purchase invoices, in two requests for a hundred of them.

Journal lines and entries are found by their document number, invoices by their vendor invoice number, which no other document
has, whichever vendor somebody may have put it on since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from saldo.vendors.business_central.odata import Query, Row, is_any, option

from ..target import Calls, Dispatch, Found
from . import comparing, receipts
from .company import Company

_LINE = (
    "id,lineNumber,documentNumber,externalDocumentNumber,accountNumber,postingDate,amount,description,taxCode,"
    "balanceAccountType,balancingAccountNumber"
)
_ENTRY = "documentNumber,accountNumber,postingDate,debitAmount,creditAmount"
_DRAFT = "Draft"


@dataclass
class Sight:
    """What is there of one document. lines: of the journal; entries: of the ledger; invoices: drafts and posted ones. lacks: dimensions
    that lines still lack, by the line's path. missing: receipts that are not there whole."""

    dispatch: Dispatch
    lines: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    lacks: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    missing: list[receipts.Missing] = field(default_factory=list)
    found: Found = field(default_factory=lambda: Found(where="nowhere"))

    @property
    def parent(self) -> str | None:
        """Id of what receipts hang on: the first line of the journal, or the invoice. None where there is none."""
        if self.dispatch.document.shape == "journal":
            first = min(self.lines, key=lambda row: int(row["lineNumber"]), default=None)
        else:
            first = self.invoices[0] if len(self.invoices) == 1 else None
        return str(first["id"]) if first else None


def look(
    company: Company, dispatches: Sequence[Dispatch], calls: Calls | None = None
) -> dict[str, Sight]:
    """Key -> what is there, for every one. Raises as Company.read does."""
    sights = {one.key: Sight(one) for one in dispatches}
    keys = list(sights)
    journal = [one for one in dispatches if one.document.shape == "journal"]
    invoices = {one.document.reference: one.key for one in dispatches if one not in journal}
    asked = _questions(company, [one.key for one in journal], list(invoices))
    answers = company.read([query for _, query in asked], keys=keys, calls=calls)
    for (kind, _), rows in zip(asked, answers, strict=True):
        for row in rows:
            if kind == "invoices":
                sights[invoices[row["vendorInvoiceNumber"]]].invoices.append(row)
            else:
                getattr(sights[row["documentNumber"]], kind).append(row)
    for sight in sights.values():
        sight.found = _found(sight)
    receipts.look(company, list(sights.values()), calls)
    return sights


def lines_of_the_journal(company: Company) -> list[Row]:
    """All that posting would take. A line whose main account is an employee's is not shown by Business Central."""
    return company.read([Query(f"{company.journal}/journalLines", "", _LINE, "dimensionSetLines")])[0]  # fmt: skip


def numbers_in_the_ledger(company: Company, numbers: Sequence[str]) -> set[str]:
    """Which of these document numbers have entries."""
    queries = [Query("generalLedgerEntries", one, "documentNumber") for one in is_any("documentNumber", numbers)]  # fmt: skip
    return {str(row["documentNumber"]) for rows in company.read(queries) for row in rows}


def _questions(
    company: Company, numbers: Sequence[str], references: Sequence[str]
) -> list[tuple[str, Query]]:
    """The journal is asked before the ledger: what is posted in between is then seen twice rather than not at all."""
    asked = []
    for one in is_any("documentNumber", numbers):
        path = f"{company.journal}/journalLines"
        asked.append(("lines", Query(path, one, _LINE, "dimensionSetLines")))
    for one in is_any("documentNumber", numbers):
        asked.append(("entries", Query("generalLedgerEntries", one, _ENTRY)))
    below = "purchaseInvoiceLines($expand=dimensionSetLines)"
    for one in is_any("vendorInvoiceNumber", references):
        asked.append(("invoices", Query("purchaseInvoices", one, "", below)))
    return asked


def _found(sight: Sight) -> Found:
    if sight.dispatch.document.shape == "journal":
        return _found_in_journal(sight)
    return _found_invoice(sight)


def _found_in_journal(sight: Sight) -> Found:
    document, key = sight.dispatch.document, sight.dispatch.key
    lines = comparing.journal_lines(document, sight.lines) if sight.lines else None
    entries = comparing.entries(document, sight.entries) if sight.entries else None
    if lines is None and entries is None:
        return Found(where="nowhere")
    parts = [part for part in (entries, lines) if part]
    sight.lacks = [(f"journalLines({id})", lacking) for id, lacking in lines.lacks] if lines else []
    return Found(
        where="posted" if entries else "waiting",
        reference=key,
        difference="; ".join(part.difference for part in parts if part.notes),
        copies=sum(part.copies for part in parts),
        is_complete=not sight.lacks,
    )


def _found_invoice(sight: Sight) -> Found:
    rows = sight.invoices
    if not rows:
        return Found(where="nowhere")
    compared = [comparing.invoice(sight.dispatch.document, row) for row in rows]
    posted = [row for row in rows if option(row["status"]) != _DRAFT]
    sight.lacks = [
        (f"purchaseInvoiceLines({id})", lacking) for one in compared for id, lacking in one.lacks
    ]
    gone = [row for row in posted if option(row["status"]) in ("Canceled", "Corrective")]
    message = f"invoice {gone[0]['number']} was cancelled in Business Central" if gone else ""
    return Found(
        where="posted" if posted else "waiting",
        reference=str((posted or rows)[0]["number"]),
        difference="; ".join(filter(None, [*(one.difference for one in compared), message])),
        copies=len(rows),
        is_complete=not sight.lacks,
        message=message,
    )
