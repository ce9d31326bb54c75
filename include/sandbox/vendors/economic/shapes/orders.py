"""How e-conomic writes draft invoices, orders and quotes: headers of the classic family, lines of q2capi."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sandbox.books.book import Book
from sandbox.books.invoice_lines import SalesLine
from sandbox.books.invoices import cost_base, in_base
from sandbox.books.orders import DRAFT_INVOICE, ORDER, QUOTE, Kind, SalesDocument, documents

from ..filters import Fields
from .invoices import (
    accrual,
    classic_line,
    fixed_part,
    head_of_line,
    line_amounts,
    recipient,
)
from .links import Row, link


class Names(NamedTuple):
    """What the vendor calls a kind: its resource, the property of its number, and the handle of older APIs."""

    resource: str
    number: str
    handle: str


NAMES = {
    DRAFT_INVOICE: Names("invoices", "draftInvoiceNumber", "currentInvoiceHandle"),
    ORDER: Names("orders", "orderNumber", "orderHandle"),
    QUOTE: Names("quotes", "quoteNumber", "quoteHandle"),
}


def header_fields(kind: Kind) -> Fields:
    """What the lists of headers can be filtered on."""
    return {
        NAMES[kind].number: int,
        "date": lambda text: date.fromisoformat(text).isoformat(),
        "lastUpdated": str,
        "customer.customerNumber": int,
    }


def line_fields(kind: Kind) -> Fields:
    return {"documentId": int, "number": int, NAMES[kind].number: int}


def rows(book: Book, kind: Kind, status: str, base: str) -> Iterator[Row]:
    """The headers in one of a kind's lists."""
    shared = json.loads("{" + fixed_part(book.day, base) + "}")
    for item in documents(book.company, book.day, kind):
        if item.status == status:
            yield header(book, kind, item, shared, base)


def header(book: Book, kind: Kind, item: SalesDocument, shared: Row, base: str) -> Row:
    names = NAMES[kind]
    own = f"{base}/{names.resource}/{item.status}/{item.number}"
    gross, cost = item.net + item.vat, item.cost_base
    margin = item.net_base - cost
    found: Row = {
        names.number: item.number,
        "soap": {names.handle: {"id": item.id}},
        "date": item.date.isoformat(),
        "currency": item.currency,
        "exchangeRate": item.rate / 100,
        "netAmount": item.net / 100,
        "netAmountInBaseCurrency": item.net_base / 100,
        "grossAmount": gross / 100,
        "grossAmountInBaseCurrency": in_base(gross, item.rate) / 100,
        "vatAmount": item.vat / 100,
        "roundingAmount": item.rounding_base / 100,
        "costPriceInBaseCurrency": cost / 100,
        "marginInBaseCurrency": margin / 100,
        "marginPercentage": percentage(margin, item.net_base),
        "dueDate": item.due.isoformat(),
        "customer": link(base, "customers", item.customer, customerNumber=item.customer),
        "recipient": json.loads(recipient(book.company, item.customer_index, base)),
        "lastUpdated": item.last_updated,
        "pdf": {"download": f"{own}/pdf"},
    }
    return {**found, **shared, "self": own}


def single(book: Book, kind: Kind, status: str, number: int, base: str) -> Row | None:
    """One document with its lines."""
    item = next(
        (
            x
            for x in documents(book.company, book.day, kind)
            if (x.status, x.number) == (status, number)
        ),
        None,
    )
    if item is None:
        return None
    shared = json.loads("{" + fixed_part(book.day, base) + "}")
    lines = [classic_line(line, base, item.vat != 0) for line in item.lines]
    return {**header(book, kind, item, shared, base), "lines": lines}


def percentage(part: int, whole: int) -> float:
    """To two decimals; 0 of nothing."""
    exact = Decimal(100 * part) / whole if whole else Decimal(0)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def line_rows(book: Book, kind: Kind, status: str) -> Iterator[Row]:
    """The lines of the documents in one of a kind's lists, in order of their number."""
    for item in documents(book.company, book.day, kind):
        if item.status == status:
            for place, line in enumerate(item.lines):
                yield _line(kind, item, item.first_line + place, line)


def _line(kind: Kind, item: SalesDocument, number: int, line: SalesLine) -> Row:
    head = head_of_line(item.id, number, line) + f'"{NAMES[kind].number}":{item.number},'
    if line.net is None:
        found: Row = json.loads(f'{head}"accrue":false,"objectVersion":"{number:08x}"}}')
        return found
    net = in_base(line.net, item.rate)
    margin = net - cost_base(line, item.rate)
    found = json.loads(
        f"{head}{line_amounts(line)}{accrual(line, item.date)}"
        f'"marginInBaseCurrency":{margin / 100!r},"marginPercentage":{percentage(margin, net)!r},'
        f'"totalNetAmount":{line.net / 100!r},"objectVersion":"{number:08x}{line.net:x}"}}'
    )
    return found
