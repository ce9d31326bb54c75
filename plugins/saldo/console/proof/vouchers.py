"""A voucher: whom it is about, and its documents with the link to each PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from saldo.vendors import VENDORS

from .books import Books

#: Postings that a page shows of one voucher.
LINES = 500


class Document(NamedTuple):
    """path: of its PDF below /saldo; None where there is none, and why_not says why."""

    row: Any
    path: str | None
    why_not: str


def documents_of(
    books: Books, *, number: str | None, year: str | None, entry: str | None
) -> list[Document]:
    """What is attached to the voucher, and the booked invoices it posts."""
    rows = books.rows("voucher_documents", number=number, year=year, entry=entry)
    return [_document(books, row) for row in rows]


def _document(books: Books, row: Any) -> Document:
    vendor = VENDORS.get(books.head.vendor)
    kind = vendor.documents.kinds.get(row.kind) if vendor else None
    if row.is_deleted:
        return Document(row, None, "Deleted at the vendor")
    if kind is None:
        return Document(row, None, f"{books.head.vendor_name} hands out no PDF of it to Saldo")
    if not row.has_pdf:
        return Document(row, None, "The vendor has no PDF of it")
    if not books.head.is_live:
        return Document(row, None, "The agreement is switched off: its documents cannot be fetched")
    number = getattr(row, kind.number)
    return Document(row, f"/api/v1/documents/{books.head.id}/{row.kind}/{number}.pdf", "")


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
