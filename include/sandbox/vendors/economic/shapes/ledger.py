"""How e-conomic writes what the sandbox's companies hold: the JSON of both API families.

Shapes: docs of restapi.e-conomic.com (classic: nested references, strings as enumerations) and of
apis.e-conomic.com (OpenAPI services: flat numbers, integer enumerations, absent instead of null).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sandbox.books import chart, people
from sandbox.books.calendar import Period, Year
from sandbox.books.company import Company
from sandbox.books.dimensions import Move, Placing
from sandbox.books.drafts import Draft
from sandbox.books.line import Line

from .links import link

_quote = lru_cache(maxsize=4_096)(json.dumps)
_day = lru_cache(maxsize=8_192)(lambda day: f'"{day.isoformat()}T00:00:00"')


def entry(line: Line) -> str:
    """A booked entry of bookedEntriesapi 7; hand-made, since it is written a million times."""
    parts = [
        f'{{"entryNumber":{line.number},"accountNumber":{line.account},'
        f'"amount":{line.amount / 100!r},"amountInBaseCurrency":{line.base / 100!r},'
        f'"currencyCode":"{line.currency}","date":{_day(line.date)},'
        f'"text":{_quote(line.text)},"type":{line.type},"voucherNumber":{line.voucher}'
    ]
    if line.vat is not None:
        parts.append(f'"vatAccountNumber":"{line.vat}"')
    if line.customer is not None:
        parts.append(f'"customerNumber":{line.customer}')
        if line.invoice is not None:
            parts.append(f'"customerInvoiceNumber":{line.invoice}')
    if line.supplier is not None:
        parts.append(f'"supplierNumber":{line.supplier}')
        if line.invoice is not None:
            parts.append(f'"supplierInvoiceNumber":"{line.invoice}"')
    if line.due is not None:
        parts.append(f'"dueDate":{_day(line.due)}')
    if line.remainder is not None:
        parts.append(f'"remainder":{line.remainder / 100!r}')
    parts.append(f'"objectVersion":"{line.number:08x}{line.remainder or 0:x}"}}')
    return ",".join(parts)


def entries_page(lines: Iterable[Line], cursor: int | None) -> bytes:
    body = ",".join(map(entry, lines))
    tail = "" if cursor is None else f',"cursor":"{cursor}"'
    return f'{{"items":[{body}]{tail}}}'.encode()


def entries_array(lines: Iterable[Line]) -> bytes:
    """What `/paged` answers: a bare array."""
    return f"[{','.join(map(entry, lines))}]".encode()


def placing(row: Placing) -> dict[str, Any]:
    """Dimension data of a booked entry; a false `isDistribution` is left out, as the vendor documents."""
    found: dict[str, Any] = {
        "entryNumber": row.entry,
        "dimensionNumber": row.dimension,
        "dimensionKey": row.key,
    }
    if row.is_distribution:
        found["isDistribution"] = True
    found["objectVersion"] = f"{row.entry:08x}{row.key:x}"
    return found


def move(item: Move) -> dict[str, Any]:
    """A line of the dimensions' change log: `dimension`, not dimensionNumber, and no distribution flag."""
    found: dict[str, Any] = {"entryNumber": item.entry, "dimension": item.dimension}
    if item.before is not None:
        found["dimensionKeyFrom"] = item.before
    if item.now is not None:
        found["dimensionKeyTo"] = item.now
    return {**found, "timestamp": item.timestamp}


def draft(item: Draft) -> dict[str, Any]:
    """A draft entry of journalsapi: what is absent is left out."""
    found = {
        "entryNumber": item.number,
        "entryTypeNumber": item.type,
        "voucherNumber": item.voucher,
        "journalNumber": item.journal,
        "date": f"{item.date.isoformat()}T00:00:00",
        "accountNumber": item.account,
        "vatCode": item.vat,
        "amount": item.amount / 100,
        "currency": item.currency,
        "exchangeRate": None if item.rate is None else item.rate / 100,
        "contraAccountNumber": item.contra_account,
        "contraVatCode": item.contra_vat,
        "text": item.text or None,
        "customerNumber": item.customer,
        "customerInvoiceNumber": item.customer_invoice,
        "supplierNumber": item.supplier,
        "supplierInvoiceNumber": item.supplier_invoice,
        "dueDate": None if item.due is None else f"{item.due.isoformat()}T00:00:00",
        "objectVersion": f"{item.number:08x}{abs(item.amount):x}",
    }
    return {name: value for name, value in found.items() if value is not None}


def self_resource(company: Company, base: str) -> dict[str, Any]:
    return {
        "agreementNumber": company.agreement_number,
        "agreementType": {"agreementTypeNumber": 1, "name": "e-conomic"},
        "application": {
            "appNumber": 4711,
            "name": "Saldo",
            "requiredRoles": [{"roleNumber": 1, "name": "SuperUser"}],
        },
        "bankInformation": {"bankAccountNumber": "1234567", "bankName": "Andelskassen"},
        "canSendElectronicInvoice": True,
        "company": {
            "name": company.name,
            "city": "København V",
            "country": "Danmark",
            "vatNumber": f"DK{company.agreement_number}1",
        },
        "companyAffiliation": "",
        "modules": [
            {"moduleNumber": 1, "name": "Bogholderi", "self": f"{base}/modules/1"},
        ],
        "settings": {"baseCurrency": company.base_currency},
        "signupDate": "2020-01-01",
        "user": {"loginId": "saldo", "name": "Saldo", "language": {"culture": "da-DK"}},
        "userName": "saldo",
        "self": f"{base}/self",
    }


def account(item: chart.Account, base: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "accountNumber": item.number,
        "accountType": item.type,
        "balance": 0.0,
        "blockDirectEntries": False,
        "debitCredit": "credit" if item.number in chart.REVENUE else "debit",
        "name": item.name,
        "accountingYears": f"{base}/accounts/{item.number}/accounting-years",
        "self": f"{base}/accounts/{item.number}",
    }
    if item.total_from is not None:
        found["totalFromAccount"] = link(
            base, "accounts", item.total_from, accountNumber=item.total_from
        )
    return found


def url_year(label: str) -> str:
    """The classic API's way of putting a split year into a path: "2025/2026" is 2025_6_2026."""
    return label.replace("/", "_6_")


def accounting_year(year: Year, base: str) -> dict[str, Any]:
    own = f"{base}/accounting-years/{url_year(year.label)}"
    found: dict[str, Any] = {
        "year": year.label,
        "fromDate": year.start.isoformat(),
        "toDate": year.end.isoformat(),
        "periods": f"{own}/periods",
        "entries": f"{own}/entries",
        "totals": f"{own}/totals",
        "vouchers": f"{own}/vouchers",
        "self": own,
    }
    if year.is_closed:
        found["closed"] = True
    return found


def period(item: Period) -> dict[str, Any]:
    """A period of accountingyearsapi; a false boolean is left out, as the vendor documents."""
    found: dict[str, Any] = {
        "periodNumber": item.number,
        "year": item.year,
        "dateFrom": f"{item.start.isoformat()}T00:00:00",
        "dateTo": f"{item.end.isoformat()}T00:00:00",
    }
    if item.is_closed:
        found["isClosed"] = True
    return found


def customer(item: people.Customer, base: str, *, balance: int, due: int) -> dict[str, Any]:
    """balance, due: hundredths of base currency that are open, and of it what is overdue."""
    own = f"{base}/customers/{item.number}"
    return {
        "customerNumber": item.number,
        "currency": item.currency,
        "paymentTerms": link(base, "payment-terms", item.terms, paymentTermsNumber=item.terms),
        "customerGroup": link(base, "customer-groups", item.group, customerGroupNumber=item.group),
        "vatZone": link(base, "vat-zones", item.zone, vatZoneNumber=item.zone),
        "address": item.address,
        "balance": balance / 100,
        "dueAmount": due / 100,
        "city": item.city,
        "country": "Danmark",
        "email": f"faktura@kunde{item.number}.example",
        "name": item.name,
        "zip": item.zip,
        "corporateIdentificationNumber": f"{item.number:08d}",
        "lastUpdated": item.last_updated,
        "eInvoicingDisabledByDefault": False,
        "contacts": f"{own}/contacts",
        "deliveryLocations": f"{own}/delivery-locations",
        "invoices": {"drafts": f"{own}/invoices/drafts", "booked": f"{own}/invoices/booked"},
        "templates": {"invoice": f"{own}/templates/invoice"},
        "totals": {"drafts": f"{base}/invoices/totals/drafts/customers/{item.number}"},
        "self": own,
    }


def supplier(item: people.Supplier, base: str) -> dict[str, Any]:
    return {
        "supplierNumber": item.number,
        "currency": item.currency,
        "paymentTerms": link(base, "payment-terms", item.terms, paymentTermsNumber=item.terms),
        "supplierGroup": link(base, "supplier-groups", item.group, supplierGroupNumber=item.group),
        "vatZone": link(base, "vat-zones", item.zone, vatZoneNumber=item.zone),
        "name": item.name,
        "city": item.city,
        "country": "Danmark",
        "zip": item.zip,
        "corporateIdentificationNumber": f"{item.number:08d}",
        "contacts": f"{base}/suppliers/{item.number}/contacts",
        "self": f"{base}/suppliers/{item.number}",
    }
