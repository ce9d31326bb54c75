"""A voucher: whom it is about, and its documents with the link to each PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from saldo.vendors import VENDORS

from .books import Books

#: Postings that a page shows of one voucher.
LINES = 500


class Document(NamedTuple):
    """number: as the page shows it. path: of its PDF below /saldo; None where there is none, and why_not says why."""

    row: Any
    number: str
    path: str | None
    why_not: str


def documents_of(
    books: Books, *, number: str | None, year: str | None, entry: str | None, is_hidden: bool
) -> list[Document]:
    """What is attached to the voucher, and the booked invoices it posts. is_hidden: their numbers are."""
    rows = books.rows("voucher_documents", number=number, year=year, entry=entry)
    return [_document(books, row, is_hidden=is_hidden and row.kind != "voucher") for row in rows]


def _document(books: Books, row: Any, *, is_hidden: bool) -> Document:
    shown = "(hidden)" if is_hidden else row.document_number
    why_not = _why_not(books, row)
    if why_not:
        return Document(row, shown, None, why_not)
    if is_hidden:  # in no address either, until it is opened
        path = f"/agreements/{books.head.id}/vouchers/documents/{row.document_key}"
        return Document(row, shown, path, "")
    number = number_to_ask(books, row)
    return Document(row, shown, f"/api/v1/documents/{books.head.id}/{row.kind}/{number}.pdf", "")


def _why_not(books: Books, row: Any) -> str:
    """Why its PDF cannot be opened; empty where it can."""
    if row.is_deleted:
        return "Deleted at the vendor"
    if number_to_ask(books, row) is None:
        return f"{books.head.vendor_name} hands out no PDF of it to Saldo"
    if not row.has_pdf:
        return "The vendor has no PDF of it"
    if not books.head.is_live:
        return "The agreement is switched off: its documents cannot be fetched"
    return ""


def hands_out(books: Books) -> bool:
    """Whether the vendor hands out PDFs to Saldo at all."""
    vendor = VENDORS.get(books.head.vendor)
    return vendor is not None and bool(vendor.documents.kinds)


def number_to_ask(books: Books, row: Any) -> str | None:
    """The number its PDF is asked for by; None for a kind of which the vendor hands out none."""
    vendor = VENDORS.get(books.head.vendor)
    kind = vendor.documents.kinds.get(row.kind) if vendor else None
    return str(getattr(row, kind.number)) if kind else None


def of_whom(lines: Sequence[Any]) -> list[tuple[str, str]]:
    """Customers and suppliers of the postings, each once: what they are, and number and name."""
    found: dict[tuple[str, str], None] = {}
    for line in lines:
        for what, number, name in (
            ("Customer", line.customer_number, line.customer_name),
            ("Supplier", line.supplier_number, line.supplier_name),
        ):
            if number is not None:
                found[what, f"{number} {name}"] = None
    return list(found)
