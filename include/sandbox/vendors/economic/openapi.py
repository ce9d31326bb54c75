"""The OpenAPI services: cursor lists, `/count`, `/paged`; what can be filtered as the specifications say."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books import registers
from sandbox.books.book import Book
from sandbox.books.calendar import periods
from sandbox.books.drafts import drafts
from sandbox.books.orders import KINDS

from . import entries, lines
from .access import options_of
from .filters import Fields
from .paging import listed, not_found
from .shapes import ledger as shapes
from .shapes import orders
from .shapes.registers import supplier_group


def _midnight(text: str) -> str:
    return f"{date.fromisoformat(text[:10]).isoformat()}T00:00:00"


DRAFT_FIELDS: Fields = {
    **dict.fromkeys(
        (
            "entryNumber", "entryTypeNumber", "voucherNumber", "journalNumber", "accountNumber",
            "contraAccountNumber", "customerNumber", "supplierNumber", "projectNumber",
            "costTypeNumber",
        ),
        int,
    ),
    "date": _midnight,
    "currency": str,
}  # fmt: skip
GROUP_FIELDS: Fields = {"number": int, "name": str, "accountNumber": int}


def answer(request: Request, book: Book, path: str) -> Response:
    service, _, resource = path.lower().partition("/")
    resource = resource.partition("/")[2]  # after the version
    page = options_of(request).cursor_page
    if service == "bookedentriesapi" and resource.startswith("booked-entries"):
        return entries.entries(request, book, resource)
    if service == "dimensionsapi" and resource == "dimension-data/booked-entries/changelog":
        return entries.changelog(request, book)
    if service == "dimensionsapi" and resource.startswith("dimension-data/booked-entries"):
        return entries.placings(request, book, resource)
    if service == "documentsapi" and resource.startswith(lines.DOCUMENTS):
        return lines.documents(request, book, resource)
    if service == "q2capi" and resource.startswith(lines.BOOKED):
        return lines.lines(request, book, resource)
    if service == "q2capi":
        return _unbooked_lines(request, book, resource)
    if service == "journalsapi" and resource.startswith("draft-entries"):
        rows = [shapes.draft(d) for d in drafts(book.company, book.day)]
        return listed(
            request, resource, "draft-entries", rows, "entryNumber", DRAFT_FIELDS, page=page
        )
    if service == "suppliersapi" and resource.startswith("groups"):
        rows = [supplier_group(g) for g in registers.supplier_groups(book.day)]
        return listed(request, resource, "groups", rows, "number", GROUP_FIELDS, page=page)
    if service == "accountingyearsapi" and resource.startswith("accountingyears/periods"):
        found = periods(book.company, today=book.ledger.today)
        rows = [shapes.period(p) for p in found]
        return listed(
            request, resource, "accountingyears/periods", rows, "periodNumber", {}, page=page
        )
    return not_found()


def _unbooked_lines(request: Request, book: Book, resource: str) -> Response:
    """`{resource}/{list}/lines` of draft invoices, orders and quotes."""
    for kind in KINDS:
        for status in kind.lists:
            name = f"{orders.NAMES[kind].resource}/{status}/lines"
            if resource.startswith(name):
                rows = [*orders.line_rows(book, kind, status)]
                fields = orders.line_fields(kind)
                page = options_of(request).cursor_page
                return listed(request, resource, name, rows, "number", fields, page=page)
    return not_found()
