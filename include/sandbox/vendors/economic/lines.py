"""q2capi, the lines of sales documents in bulk, and documentsapi: by cursor, counted, paged.

Booked lines are made from the cursor on, whatever came before: number and documentId are found by arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.book import Book
from sandbox.books.documents import Document
from sandbox.books.invoices import NumberedLine
from sandbox.books.pdf import pdf
from sandbox.books.vouchers import FIRST_INVOICE
from sandbox.http import as_json

from .access import options_of
from .filters import Clause, Fields, parse, range_of
from .paging import PAGED_END, Row, bad_cursor, fits, not_found, paged
from .shapes.invoices import booked_lines

LINE_FIELDS: Fields = {"documentId": int, "number": int}
DOCUMENT_FIELDS: Fields = {"number": int, "voucherNumber": int, "accountingYear": str}
BOOKED, DOCUMENTS = "invoices/booked/lines", "attacheddocuments"


def first_of(request: Request) -> int | None:
    """The number a cursor points to; None if it is nonsense."""
    cursor = request.query_params.get("cursor", "") or "0"
    return int(cursor) if cursor.isascii() and cursor.isdigit() else None


def cursor_page(rows: Iterable[str], following: int | None) -> Response:
    """A page of rows that are JSON already and the number of the next page's first one."""
    tail = "" if following is None else f',"cursor":"{following}"'
    return Response(f'{{"items":[{",".join(rows)}]{tail}}}'.encode(), media_type="application/json")


# --- lines of booked invoices --------------------------------------------------------------------


def lines(request: Request, book: Book, resource: str) -> Response:
    clauses = parse(request.query_params.get("filter"), LINE_FIELDS)
    what, invoices = resource.removeprefix(BOOKED).strip("/"), book.ledger.invoices
    if what == "count":
        return as_json(_count(book, clauses))
    if what == "paged":
        rows = list(islice(_matching(book, clauses, 0), PAGED_END))
        found = [json.loads(row) for row in booked_lines(rows, invoices)]
        return paged(request, found, sortable=("number", "documentId"))
    if what.isdigit():
        row = next(invoices.lines_by_number(at_least=int(what), upto=int(what)), None)
        return not_found() if row is None else as_json(json.loads(*booked_lines([row], invoices)))
    first = first_of(request)
    if what:
        return not_found()
    if first is None:
        return bad_cursor()
    matching = _matching(book, clauses, first)
    page = list(islice(matching, options_of(request).cursor_page))
    following = next(matching, None)
    return cursor_page(booked_lines(page, invoices), following and following.number)


def _matching(book: Book, clauses: list[Clause], first: int) -> Iterator[NumberedLine]:
    """The lines a filter lets pass from a number on, in order of number."""
    numbers = range_of(clauses, "number")
    documents = range_of(numbers.rest, "documentId")
    invoices, upto = book.ledger.invoices, numbers.upto
    at_least = max(numbers.after + 1, first)
    found: Iterator[NumberedLine]
    if documents.chosen is not None:
        ks = (n - FIRST_INVOICE for n in documents.chosen)
        rows = (row for k in ks if k in invoices.booked for row in invoices.numbered(k))
        found = (row for row in sorted(rows) if row.number >= at_least)
    else:
        end = None if documents.upto is None else documents.upto - FIRST_INVOICE + 1
        most = 2 * book.ledger.slots
        after = max(0, documents.after + 1 - FIRST_INVOICE)
        within = range(after, most if end is None else min(end, most))
        if numbers.chosen is not None:
            found = (
                row
                for n in numbers.chosen
                if n >= at_least
                for row in invoices.lines_by_number(at_least=n, upto=n, ks=within)
            )
        else:
            found = invoices.lines_by_number(at_least=at_least, upto=upto, ks=within)
    clauses = [*documents.rest, *(c for c in clauses if c.field == "number")]
    return (row for row in found if all(c.matches(_value(row, c.field)) for c in clauses))


def _value(row: NumberedLine, field: str) -> int:
    return row.number if field == "number" else row.invoice


def _count(book: Book, clauses: list[Clause]) -> int:
    documents = range_of(clauses, "documentId")
    if documents.rest or documents.chosen is not None:
        return sum(1 for _ in _matching(book, clauses, 0))
    stop = 2 * book.ledger.slots
    if documents.upto is not None:
        stop = min(stop, documents.upto - FIRST_INVOICE + 1)
    return book.ledger.invoices.line_count(range(documents.after + 1 - FIRST_INVOICE, stop))


# --- documents of vouchers -----------------------------------------------------------------------


def documents(request: Request, book: Book, resource: str) -> Response:
    clauses = parse(request.query_params.get("filter"), DOCUMENT_FIELDS)
    what = resource.removeprefix(DOCUMENTS).strip("/")
    if what == "count":
        if not clauses:
            return as_json(book.ledger.documents.total)
        return as_json(sum(1 for _ in _documents(book, clauses, 0)))
    number, _, file = what.partition("/")
    if number.isascii() and number.isdigit():
        return _one_document(book, int(number), file)
    if what == "paged":
        rows = list(islice(_documents(book, clauses, 0), PAGED_END))
        return paged(request, [row for _, row in rows], sortable=("number",))
    first = first_of(request)
    if what:
        return not_found()
    if first is None:
        return bad_cursor()
    matching = _documents(book, clauses, first)
    page = [json.dumps(row) for _, row in islice(matching, options_of(request).cursor_page)]
    following = next(matching, None)
    return cursor_page(page, following and following[0])


def _documents(book: Book, clauses: list[Clause], first: int) -> Iterator[tuple[int, Row]]:
    numbers = range_of(clauses, "number")
    at_least = max(numbers.after + 1, first)
    found: Iterable[Document]
    if numbers.chosen is not None:
        get = book.ledger.documents.get
        found = (x for n in numbers.chosen if n >= at_least and (x := get(n)))
    else:
        found = book.ledger.documents.rows(at_least=at_least, upto=numbers.upto)
    rows = ((item.number, document(item)) for item in found)
    return ((number, row) for number, row in rows if fits(row, numbers.rest))


def document(item: Document) -> Row:
    found: Row = {
        "number": item.number,
        "voucherNumber": item.voucher,
        "accountingYear": item.year,
        "pageCount": item.pages,
        "note": item.note,
    }
    return {name: value for name, value in found.items() if value is not None}


def _one_document(book: Book, number: int, file: str) -> Response:
    found = book.ledger.documents.get(number)
    if found is None or file not in ("", "pdf"):
        return not_found()
    if not file:
        return as_json(document(found))
    lines = [f"Bilag {found.voucher} / {found.year}", book.company.name, f"Dokument {number}"]
    return Response(pdf(lines, pages=found.pages or 1), media_type="application/pdf")
