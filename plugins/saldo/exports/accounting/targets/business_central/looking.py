"""What is there of documents: waiting in the journal, in the ledger, or as purchase invoices, in two requests for a hundred of them.

Journal lines and entries are found by their document number, invoices by their vendor invoice number, which no other document
has, whichever vendor somebody may have put it on since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from saldo.errors import BadResponse
from saldo.vendors.business_central.odata import Query, Row, is_any, option

from ..target import Calls, Dispatch, Found
from . import comparing, receipts
from .company import Company

_LINE = (
    "id,lineNumber,documentNumber,externalDocumentNumber,accountNumber,postingDate,amount,description,taxCode,"
    "balanceAccountType,balancingAccountNumber"
)
_ENTRY = "documentNumber,accountNumber,postingDate,debitAmount,creditAmount"


@dataclass
class Sight:
    """What is there of one document. lines: of the journal; entries: of the ledger; invoices: drafts and posted ones. lacks: dimensions
    that lines still lack, by the line's path. others: ids of dimensions with another value -> ours, by the line's path. missing: receipts that are not there whole."""

    dispatch: Dispatch
    lines: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    lacks: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    others: list[tuple[str, dict[str, str]]] = field(default_factory=list)
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
    company: Company, dispatches: Sequence[Dispatch], calls: Calls | None = None, *, with_receipts: bool = True
) -> dict[str, Sight]:  # fmt: skip
    """Key -> what is there, for every one. Raises as Company.read does."""
    sights = _seen(company, dispatches, calls)
    moving = [one.dispatch for one in sights.values() if one.lines and one.entries]
    if moving:  # posted while it was asked, perhaps: what is twice is so the second time, too
        sights |= _seen(company, moving, calls)
    if with_receipts:
        receipts.look(company, list(sights.values()), calls)
    return sights


def lines_of_the_journal(company: Company, code: str) -> list[Row]:
    """All that posting would take. A line whose main account is an employee's is not shown by Business Central."""
    path = f"{company.journal(code)}/journalLines"
    return company.read([Query(path, "", _LINE, "dimensionSetLines")])[0]


def numbers_in_the_ledger(company: Company, numbers: Sequence[str]) -> set[str]:
    """Which of these document numbers have entries."""
    queries = [Query("generalLedgerEntries", one, "documentNumber") for one in is_any("documentNumber", numbers)]  # fmt: skip
    return {str(row["documentNumber"]) for rows in company.read(queries) for row in rows}


def _seen(
    company: Company, dispatches: Sequence[Dispatch], calls: Calls | None
) -> dict[str, Sight]:
    sights = {one.key: Sight(one) for one in dispatches}
    keys = {one.document.reference: one.key for one in dispatches}
    asked = [*_of_journals(company, dispatches), *_of_invoices(dispatches)]
    answers = company.read([query for _, query in asked], keys=list(sights), calls=calls)
    for (kind, _), rows in zip(asked, answers, strict=True):
        for row in rows:
            number = str(row["vendorInvoiceNumber" if kind == "invoices" else "documentNumber"])
            sight = sights.get(keys.get(number, number))
            if sight is None:
                raise BadResponse(
                    f"{company.name}: {kind} of {number!r} were not asked for, and answered; nothing is sent before that is clear. Tell Microsoft"
                )
            getattr(sight, kind).append(row)
    booked = _booked_invoices(company, list(sights.values()))
    for sight in sights.values():
        sight.found = _found_in_journal(sight) if _is_journal(sight.dispatch) else _found_invoice(sight, booked, company.configuration.currency)  # fmt: skip
    return sights


def _of_journals(company: Company, dispatches: Sequence[Dispatch]) -> Iterator[tuple[str, Query]]:
    """Each in the journal it was sent to, whatever the file says since. Journals come before the ledger: what is posted in between
    is then seen in both rather than in neither."""
    numbers: dict[str, list[str]] = {}
    for one in filter(_is_journal, dispatches):
        numbers.setdefault(one.document.payload["journal"], []).append(one.key)
    for code, keys in numbers.items():
        if code != company.configuration.batch.journal and company.journal_id(code) is None:
            continue  # it was deleted with what was in it
        for filter_ in is_any("documentNumber", keys):
            path = f"{company.journal(code)}/journalLines"
            yield "lines", Query(path, filter_, _LINE, "dimensionSetLines")
    for filter_ in is_any("documentNumber", [key for keys in numbers.values() for key in keys]):
        yield "entries", Query("generalLedgerEntries", filter_, _ENTRY)


def _of_invoices(dispatches: Sequence[Dispatch]) -> Iterator[tuple[str, Query]]:
    references = [one.document.reference for one in dispatches if not _is_journal(one)]
    below = "purchaseInvoiceLines($expand=dimensionSetLines)"
    for filter_ in is_any("vendorInvoiceNumber", references):
        yield "invoices", Query("purchaseInvoices", filter_, "", below)


def _booked_invoices(company: Company, sights: Sequence[Sight]) -> set[str]:
    """Numbers of those that the ledger has: one that is only released may be Open, too."""
    numbers = [str(row["number"]) for one in sights for row in one.invoices if not _is_draft(row)]
    return numbers_in_the_ledger(company, numbers) if numbers else set()


def _is_journal(dispatch: Dispatch) -> bool:
    return dispatch.document.shape == "journal"


def _is_draft(row: Row) -> bool:
    return option(row["status"]) in ("Draft", "In Review")


def _found_in_journal(sight: Sight) -> Found:
    document, key = sight.dispatch.document, sight.dispatch.key
    lines = comparing.journal_lines(document, sight.lines) if sight.lines else None
    entries = comparing.entries(document, sight.entries) if sight.entries else None
    if lines is None and entries is None:
        return Found(where="nowhere")
    parts = [part for part in (entries, lines) if part]
    sight.lacks = [(f"journalLines({id})", lacking) for id, lacking in lines.lacks] if lines else []
    sight.others = [(f"journalLines({id})", others) for id, others in lines.others] if lines else []
    return Found(
        where="posted" if entries else "waiting",
        reference=key,
        difference="; ".join(part.difference for part in parts if part.notes),
        copies=sum(part.copies for part in parts),
        is_complete=not sight.lacks,
    )


def _found_invoice(sight: Sight, booked: set[str], currency: str) -> Found:
    """booked: numbers of invoices that the ledger has. currency: of the books."""
    rows = sight.invoices
    if not rows:
        return Found(where="nowhere")
    compared = [comparing.invoice(sight.dispatch.document, row, currency) for row in rows]
    posted = [row for row in rows if not _is_draft(row) and str(row["number"]) in booked]
    sight.lacks = [
        (f"purchaseInvoiceLines({id})", lacking) for one in compared for id, lacking in one.lacks
    ]
    sight.others = [
        (f"purchaseInvoiceLines({id})", others) for one in compared for id, others in one.others
    ]
    gone = [row for row in rows if option(row["status"]) in ("Canceled", "Corrective")]
    message = f"invoice {gone[0]['number']} was cancelled in Business Central" if gone else ""
    return Found(
        where="posted" if posted else "waiting",
        reference=str((posted or rows)[0]["number"]),
        difference="; ".join(filter(None, [*(one.difference for one in compared), message])),
        copies=len(rows),
        is_complete=not sight.lacks,
        message=message,
    )
