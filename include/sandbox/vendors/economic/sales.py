"""The classic family's sales documents: invoices in all their views, totals, PDFs.

`/invoices/booked` and its views are made page by page: a page costs what it shows, whatever was sold.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.book import Book
from sandbox.books.invoice_totals import Totals
from sandbox.books.invoices import Invoices
from sandbox.books.orders import DRAFT_INVOICE, documents
from sandbox.books.pdf import pdf
from sandbox.books.people import first_known
from sandbox.books.timeline import BACK_DATED_BY
from sandbox.books.vouchers import FIRST_INVOICE
from sandbox.http import as_json

from .access import options_of
from .collection import bad_page, collection, page_of, whole_list
from .errors import classic_error
from .filters import Clause, Fields, parse, range_of
from .shapes import orders
from .shapes.invoices import Headers

#: The first part of the paths this module answers.
SERVED = ("invoices", "orders", "quotes")
NUMBER = "bookedInvoiceNumber"
CUSTOMER = "customer.customerNumber"
INVOICE_FIELDS: Fields = {NUMBER: int, "date": date.fromisoformat, CUSTOMER: int}
Row = dict[str, Any]
_REMEMBERED = 4

#: The views of booked invoices; all but the first leave out what a payment cannot change.
VIEWS: dict[str, Callable[[Invoices], Sequence[int]]] = {
    "invoices/booked": lambda found: found.booked,
    "invoices/unpaid": lambda found: found.unpaid,
    "invoices/paid": lambda found: found.paid,
    "invoices/overdue": lambda found: found.overdue,
    "invoices/not-due": lambda found: found.not_due,
}


def draft_totals(book: Book) -> Totals:
    found = [*documents(book.company, book.day, DRAFT_INVOICE)]
    dates = [item.date for item in found]
    net = sum(item.net_base for item in found)
    return Totals(net, len(found), min(dates, default=None), max(dates, default=None))


TOTALS: dict[str, Callable[[Book], Totals]] = {
    "booked": lambda book: book.ledger.invoice_totals.booked,
    "booked/paid": lambda book: book.ledger.invoice_totals.paid,
    "booked/unpaid": lambda book: book.ledger.invoice_totals.unpaid,
    "booked/unpaid/overdue": lambda book: book.ledger.invoice_totals.overdue,
    "booked/unpaid/not-overdue": lambda book: book.ledger.invoice_totals.not_due,
    "drafts": draft_totals,
}


def not_found() -> Response:
    return classic_error(404, "Resource not found.", "E06000")


def answer(request: Request, book: Book, base: str, path: str) -> Response:
    if path in VIEWS:
        return _invoices(request, book, base, path)
    if path.startswith("invoices/totals/"):
        return _totals(request, book, base, path.removeprefix("invoices/totals/"))
    if path.startswith("invoices/booked/"):
        return _single(book, base, path.removeprefix("invoices/booked/"))
    return _unbooked(request, book, base, path)


def _unbooked(request: Request, book: Book, base: str, path: str) -> Response:
    """`{resource}/{list}` of draft invoices, orders and quotes, or `{resource}/{list}/{number}`."""
    resource, status, number = [*path.split("/"), "", ""][:3]
    kind = next(kind for kind, names in orders.NAMES.items() if names.resource == resource)
    if status not in kind.lists or path.count("/") > 2:
        return not_found()
    if number:
        one = (
            orders.single(book, kind, status, int(number), base)
            if number.isascii() and number.isdigit()
            else None
        )
        return not_found() if one is None else as_json(one)
    clauses = parse(request.query_params.get("filter"), orders.header_fields(kind))
    rows = [*orders.rows(book, kind, status, base)]
    return whole_list(request, f"{base}/{path}", rows, clauses)


def _invoices(request: Request, book: Book, base: str, path: str) -> Response:
    wish = request.query_params.get("filter")
    clauses = parse(wish, INVOICE_FIELDS)
    page, sort = page_of(request), request.query_params.get("sort", NUMBER)
    if page is None:
        return bad_page()
    if sort.removeprefix("-") != NUMBER:
        return classic_error(400, f"Sorting is not allowed on property '{sort}'.", "E04830")
    invoices = book.ledger.invoices
    view = VIEWS[path](invoices)
    found = _places(invoices, view, clauses, f"{path}?{wish}")
    skip, size = page
    places = found if sort == NUMBER else found[::-1]
    headers, is_whole = Headers(invoices, base), path == "invoices/booked"
    rows = (
        headers.row(view[place], is_whole=is_whole)
        for place in places[skip * size : (skip + 1) * size]
    )
    return collection(
        request, f"{base}/{path}", page, rows, results=len(found), without_filter=len(view)
    )


def _places(
    invoices: Invoices, view: Sequence[int], clauses: list[Clause], name: str
) -> Sequence[int]:
    """Where in a view the invoices are that a filter lets pass; by arithmetic if it can be done."""
    numbers = range_of(clauses, NUMBER)
    if numbers.chosen is not None:
        ks = [n - FIRST_INVOICE for n in numbers.chosen]
        places = [
            place for k in ks if (place := bisect_left(view, k)) < len(view) and view[place] == k
        ]
    start = bisect_right(view, numbers.after - FIRST_INVOICE)
    stop = len(view) if numbers.upto is None else bisect_right(view, numbers.upto - FIRST_INVOICE)
    for clause in numbers.rest:
        start, stop = _narrowed(invoices, view, clause, start, stop)
    within: Sequence[int] = range(start, max(start, stop))
    if numbers.chosen is not None:
        within = [place for place in places if place in within]
    if not numbers.rest:
        return within
    if name not in invoices.found:
        if len(invoices.found) >= _REMEMBERED:
            invoices.found.clear()
        invoices.found[name] = [
            place for place in within if _fits(invoices, view[place], numbers.rest)
        ]
    return invoices.found[name]


def _narrowed(
    invoices: Invoices, view: Sequence[int], clause: Clause, start: int, stop: int
) -> tuple[int, int]:
    """The part of a view in which a clause on the date can be true: few invoices are dated back, and
    none by more than so many days."""
    ledger = invoices.ledger
    if clause.field == "date" and clause.op in ("gt", "gte", "eq"):
        start = max(start, bisect_left(view, 2 * ledger.first_slot_from(clause.value)))
    if clause.field == "date" and clause.op in ("lt", "lte", "eq"):
        latest = clause.value + timedelta(days=BACK_DATED_BY + 1)
        stop = min(stop, bisect_left(view, 2 * ledger.first_slot_from(latest)))
    return start, stop


def _fits(invoices: Invoices, k: int, clauses: list[Clause]) -> bool:
    read: dict[str, Callable[[], Any]] = {
        NUMBER: lambda: k + FIRST_INVOICE,
        "date": lambda: invoices.date_of(k),
        CUSTOMER: lambda: invoices.customer_of(k),
    }
    return all(clause.matches(read[clause.field]()) for clause in clauses)


# --- one invoice, totals -------------------------------------------------------------------------


def _single(book: Book, base: str, path: str) -> Response:
    """`{number}` with its lines, or `{number}/pdf`."""
    number, _, what = path.partition("/")
    k = int(number) - FIRST_INVOICE if number.isascii() and number.isdigit() else -1
    invoices = book.ledger.invoices
    if k not in invoices.booked or what not in ("", "pdf"):
        return not_found()
    if not what:
        return as_json(Headers(invoices, base).whole(k))
    sale = invoices.sale(k)
    name = "Kreditnota" if sale.net < 0 else "Faktura"
    who = first_known(book.company, sale.customer_index).name
    lines = [f"{name} {sale.number}", book.company.name, f"Til: {who}", sale.date.isoformat()]
    lines += [
        f"{x.place}. {' '.join(x.description.split())}: {(x.net or 0) / 100:.2f} {sale.currency}"
        for x in invoices.lines(k, sale)
    ]
    lines.append(f"I alt: {(sale.net + sale.vat) / 100:.2f} {sale.currency}")
    return Response(pdf(lines), media_type="application/pdf")


def _totals(request: Request, book: Book, base: str, what: str) -> Response:
    own = f"{base}/invoices/totals/{what}"
    if what not in TOTALS:
        return not_found()
    found, off = TOTALS[what](book), options_of(request).totals_off
    body: Row = {
        "netAmountInBaseCurrency": (found.net_base + off) / 100,
        "invoiceCount": found.invoices,
    }
    if found.first is not None and found.last is not None:
        body |= {"minDate": found.first.isoformat(), "maxDate": found.last.isoformat()}
    if "unpaid" in what:
        body["grossRemainderInBaseCurrency"] = (found.remainder_base + off) / 100
    for name in ("customers", "employees", "accountingYears", "periods"):
        body[name] = f"{own}/{name}"
    below = {
        "booked": ("paid", "unpaid"),
        "booked/unpaid": ("overdue", "not-overdue"),
    }.get(what, ())
    body |= {name.replace("not-overdue", "notOverdue"): f"{own}/{name}" for name in below}
    return as_json({**body, "self": own})
