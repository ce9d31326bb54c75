"""The OpenAPI services: cursor lists, `/count`, `/paged`; what can be filtered as the specifications say."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from . import (
    economic_entries,
    economic_json,
    economic_lines,
    economic_orders,
    economic_registers,
    registers,
)
from .calendar import periods
from .drafts import drafts
from .economic_errors import missing_module
from .economic_paging import listed, not_found
from .filters import Fields
from .orders import KINDS
from .state import Book


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
    page = book.company.cursor_page
    if service == "dimensionsapi" and not book.company.departments:
        return missing_module(request)
    if service == "bookedentriesapi" and resource.startswith("booked-entries"):
        return economic_entries.entries(request, book, resource)
    if service == "dimensionsapi" and resource == "dimension-data/booked-entries/changelog":
        return economic_entries.changelog(request, book)
    if service == "dimensionsapi" and resource.startswith("dimension-data/booked-entries"):
        return economic_entries.placings(request, book, resource)
    if service == "documentsapi" and resource.startswith(economic_lines.DOCUMENTS):
        return economic_lines.documents(request, book, resource)
    if service == "q2capi" and resource.startswith(economic_lines.BOOKED):
        return economic_lines.lines(request, book, resource)
    if service == "q2capi":
        return _unbooked_lines(request, book, resource)
    if service == "journalsapi" and resource.startswith("draft-entries"):
        rows = [economic_json.draft(d) for d in drafts(book.company, book.day)]
        return listed(
            request, resource, "draft-entries", rows, "entryNumber", DRAFT_FIELDS, page=page
        )
    if service == "suppliersapi" and resource.startswith("groups"):
        rows = [economic_registers.supplier_group(g) for g in registers.supplier_groups(book.day)]
        return listed(request, resource, "groups", rows, "number", GROUP_FIELDS, page=page)
    if service == "accountingyearsapi" and resource.startswith("accountingyears/periods"):
        found = periods(book.company, today=book.ledger.today)
        rows = [economic_json.period(p) for p in found]
        return listed(
            request, resource, "accountingyears/periods", rows, "periodNumber", {}, page=page
        )
    return not_found()


def _unbooked_lines(request: Request, book: Book, resource: str) -> Response:
    """`{resource}/{list}/lines` of draft invoices, orders and quotes."""
    for kind in KINDS:
        for status in kind.lists:
            name = f"{kind.resource}/{status}/lines"
            if resource.startswith(name):
                rows = [*economic_orders.line_rows(book, kind, status)]
                fields = economic_orders.line_fields(kind)
                page = book.company.cursor_page
                return listed(request, resource, name, rows, "number", fields, page=page)
    return not_found()
