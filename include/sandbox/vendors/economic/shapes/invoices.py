"""How e-conomic writes booked invoices: headers of the classic family, lines of both.

Hand-made where a page holds a thousand of them. Shapes: restdocs.e-conomic.com (invoices), apis.e-conomic.com
(q2capi: bookedInvoiceLines). What is absent is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from sandbox.books import people
from sandbox.books.calendar import add_months
from sandbox.books.company import Company
from sandbox.books.invoice_lines import SalesLine
from sandbox.books.invoices import Invoices, NumberedLine
from sandbox.books.line import Sale, round_half_away
from sandbox.books.registers import payment_terms
from sandbox.books.vouchers import FIRST_INVOICE, credit_until

from .links import Row, link

_quote = lru_cache(maxsize=8_192)(json.dumps)
TERMS, LAYOUT = 2, 19


class Headers:
    """Writes the invoices of one company with links to one address."""

    def __init__(self, invoices: Invoices, base: str) -> None:
        self._invoices = invoices
        self._company = invoices.ledger.company
        self._base = base
        self._fixed = fixed_part(invoices.ledger.day, base)

    def row(self, k: int, *, is_whole: bool = True) -> str:
        """An invoice; not whole: without exchange rate and gross amount in base currency."""
        sale, base = self._invoices.sale(k), self._base
        gross, own = sale.net + sale.vat, f"{base}/invoices/booked/{sale.number}"
        whole = (
            f'"exchangeRate":{sale.rate / 100!r},'
            f'"grossAmountInBaseCurrency":{(sale.net_base + sale.vat_base) / 100!r},'
            if is_whole
            else ""
        )
        order = f'"orderNumber":{1_000 + k},' if sale.bits % 6 == 0 else ""
        due = credit_until(sale.date)
        return (
            f'{{"bookedInvoiceNumber":{sale.number},{order}"date":"{sale.date.isoformat()}",'
            f'"currency":"{sale.currency}",{whole}"netAmount":{sale.net / 100!r},'
            f'"netAmountInBaseCurrency":{sale.net_base / 100!r},"grossAmount":{gross / 100!r},'
            f'"vatAmount":{sale.vat / 100!r},'
            f'"roundingAmount":{self._invoices.rounding_base(k, sale) / 100!r},'
            f'"remainder":{sale.remainder / 100!r},'
            f'"remainderInBaseCurrency":{sale.remainder_base / 100!r},'
            f'"dueDate":"{due.isoformat()}",'
            f'"customer":{{"customerNumber":{sale.customer},"self":"{base}/customers/{sale.customer}"}},'
            f'"recipient":{recipient(self._company, sale.customer_index, base)},'
            f"{_notes(sale)}{self._fixed},"
            f'"pdf":{{"download":"{own}/pdf"}},"sent":"{base}/invoices/booked/{sale.number}/sent",'
            f'"self":"{own}"}}'
        )

    def whole(self, k: int) -> Row:
        """The single invoice: its header and its lines."""
        sale = self._invoices.sale(k)
        lines = self._invoices.lines(k, sale)
        found: Row = json.loads(self.row(k))
        found["lines"] = [classic_line(x, self._base, sale.vat != 0) for x in lines]
        return found


def _notes(sale: Sale) -> str:
    if sale.bits % 8 == 1:
        return (
            '"notes":{"heading":"Faktura <b>'
            + str(sale.number)
            + '</b>","textLine1":"Tak & hilsen æøå"},'
        )
    return ""


def fixed_part(day: int, base: str) -> str:
    """What every sales document has in common: terms, layout, references; without braces."""
    terms = next(t for t in payment_terms(day) if t.number == TERMS)
    found = {
        "paymentTerms": link(
            base, "payment-terms", terms.number, paymentTermsNumber=terms.number,
            daysOfCredit=terms.days, name=terms.name, paymentTermsType=terms.type,
        ),
        "layout": link(base, "layouts", LAYOUT, layoutNumber=LAYOUT),
        "references": {
            "salesPerson": link(base, "employees", 1, employeeNumber=1),
            "other": "Rekv. 12/34",
        },
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False)[1:-1]


def recipient(company: Company, index: int, base: str) -> str:
    """Whom a document was made out to, as the customer was called in the beginning."""
    who = people.first_known(company, index)
    return (
        f'{{"name":{_quote(who.name)},"address":{_quote(who.address)},"zip":"{who.zip}",'
        f'"city":{_quote(who.city)},"country":"Danmark","cvr":"{who.number:08d}",'
        f'"vatZone":{{"name":"{_ZONES[who.zone]}","vatZoneNumber":{who.zone},'
        f'"enabledForCustomer":true,"self":"{base}/vat-zones/{who.zone}"}}}}'
    )


_ZONES = {1: "Domestic", 2: "EU", 3: "Abroad", 4: "Domestic without VAT"}


def vat_of(net: int) -> int:
    return round_half_away(net * 25, 100)


def classic_line(line: SalesLine, base: str, has_vat: bool) -> Row:
    found: Row = {
        "lineNumber": line.place,
        "sortKey": line.place,
        "description": line.description,
    }
    if line.net is None or line.quantity is None or line.price is None:
        return found
    found |= {
        "quantity": line.quantity / 1000,
        "unitNetPrice": line.price / 100,
        "discountPercentage": line.discount / 100,
        "unitCostPrice": (line.cost or 0) / 100,
        "vatRate": 25.0 if has_vat else 0.0,
        "vatAmount": vat_of(line.net) / 100 if has_vat else 0.0,
        "totalNetAmount": line.net / 100,
        "product": link(base, "products", line.product_number, productNumber=line.product_number),
    }
    if line.unit is not None:
        found["unit"] = link(base, "units", line.unit, unitNumber=line.unit)
    if line.department is not None:
        found["departmentalDistribution"] = link(
            base, "departmental-distributions/departments", line.department,
            departmentalDistributionNumber=line.department, distributionType="department",
        )  # fmt: skip
    return found


# --- lines of q2capi -----------------------------------------------------------------------------


def booked_line(row: NumberedLine, sale: Sale) -> str:
    """A line of a booked invoice; one of text alone has neither product nor amounts."""
    line = row.line
    head = head_of_line(row.invoice, row.number, line)
    if line.net is None:
        return f'{head}"accrue":false,"vatRate":0.0,"objectVersion":"{row.number:08x}"}}'
    has_vat = sale.vat != 0
    return (
        f"{head}{line_amounts(line)}{accrual(line, sale.date)}"
        f'"bookedAccount":{sale.account},"vatRate":{25.0 if has_vat else 0.0},'
        f'"vatAmount":{vat_of(line.net) / 100 if has_vat else 0.0!r},'
        f'"totalNetAmount":{line.net / 100!r},"objectVersion":"{row.number:08x}{abs(line.net):x}"}}'
    )


def head_of_line(document: int, number: int, line: SalesLine) -> str:
    """How every line begins, with an open brace and a comma at the end."""
    return (
        f'{{"documentId":{document},"number":{number},"userInterfaceNumber":{line.place},'
        f'"description":{_quote(line.description)},'
    )


def line_amounts(line: SalesLine) -> str:
    """What lines of invoices, orders and quotes have in common, with a comma after each property."""
    parts = [
        f'"productNumber":"{line.product_number}","quantity":{(line.quantity or 0) / 1000!r},'
        f'"unitNetPrice":{(line.price or 0) / 100!r},"discountPercentage":{line.discount / 100!r},'
    ]
    if line.unit is not None:
        parts.append(f'"unitNumber":{line.unit},')
    if line.cost is not None:
        parts.append(f'"unitCostPrice":{line.cost / 100!r},')
    if line.recommended is not None:
        parts.append(f'"recommendedPrice":{line.recommended / 100!r},')
    if line.department is not None:
        parts.append(f'"departmentNumber":{line.department},')
    return "".join(parts)


def accrual(line: SalesLine, day: date) -> str:
    if not line.is_accrued:
        return '"accrue":false,'
    start = day.replace(day=1)
    end = add_months(start, 12) - timedelta(days=1)
    return (
        f'"accrue":true,"accrueStartDate":"{start.isoformat()}T00:00:00",'
        f'"accrueEndDate":"{end.isoformat()}T00:00:00",'
    )


def booked_lines(rows: Iterable[NumberedLine], invoices: Invoices) -> Iterable[str]:
    """The lines of a page, in their order."""
    for row in rows:
        yield booked_line(row, invoices.sale(row.invoice - FIRST_INVOICE))
