"""e-conomic's own control totals, asked for afresh: what proof compares the facts with.

Docs: https://restdocs.e-conomic.com (accounting-years, invoices and customers: totals and balances) and
https://apis.e-conomic.com (bookedEntriesapi: count).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from saldo.declarations.controls import (
    Balance,
    BooksYear,
    Invoice,
    InvoiceTotals,
    Line,
    Marker,
    Totals,
)
from saldo.declarations.source import EVERYTHING, Days, Range
from saldo.staging.records import VendorDate, decode_hook, tolerant
from saldo.ways.append_only import Beyond

from . import totals
from .client import EconomicClient
from .entities import ENTITIES

_ENTRIES = next(entity for entity in ENTITIES if entity.name == "entries")
_INVOICES = next(entity for entity in ENTITIES if entity.name == "invoices")


class _Account(msgspec.Struct, rename="camel"):
    account_number: int


class _Total(msgspec.Struct, rename="camel"):
    account: _Account
    total_in_base_currency: Decimal


class _Entry(msgspec.Struct, rename="camel"):
    entry_number: int
    account_number: int
    date: VendorDate
    amount_in_base_currency: Decimal


class _InvoiceTotal(msgspec.Struct, rename="camel"):
    net_amount_in_base_currency: Decimal = Decimal(0)
    invoice_count: int = 0
    gross_remainder_in_base_currency: Decimal = Decimal(0)


class _Invoice(msgspec.Struct, rename="camel"):
    booked_invoice_number: int
    date: VendorDate
    net_amount_in_base_currency: Decimal
    remainder_in_base_currency: Decimal = Decimal(0)


class _Customer(msgspec.Struct, rename="camel"):
    customer_number: int
    balance: Decimal = Decimal(0)


_total = msgspec.json.Decoder(_Total).decode
_entry = msgspec.json.Decoder(_Entry, dec_hook=decode_hook).decode
_invoice_total = tolerant(msgspec.json.Decoder(_InvoiceTotal).decode)
_invoice = msgspec.json.Decoder(_Invoice, dec_hook=decode_hook).decode
_customer = tolerant(msgspec.json.Decoder(_Customer).decode)


class EconomicControls:
    """Every control there is; saldo.declarations.controls says what each returns. Markers are entry
    numbers, and invoice numbers. Amounts are decoded from their digits, never through a float."""

    def __init__(self, client: EconomicClient) -> None:
        self._client = client
        self.usage, self.daily_calls = client.usage, client.daily_calls

    def check_identity(self, known: str | None) -> str:
        return self._client.check_identity(known)

    def opens(self, company: str) -> None:
        """See CheckedSource.opens: the tokens open one company's books, whichever is asked for."""

    def years(self) -> list[BooksYear]:
        return [
            BooksYear(y.year, y.from_date, y.to_date, y.closed) for y in totals.years(self._client)
        ]

    def year_totals(self, year: str) -> Totals:
        return self._totals(totals.year_path(year))

    def period_totals(self, year: str, period: str) -> Totals:
        return self._totals(totals.period_path(year, period))

    def _totals(self, path: str) -> Totals:
        found: Totals = {}
        for record in totals.collection(self._client, path):
            total = _total(bytes(record))
            account = str(total.account.account_number)
            found[account] = found.get(account, Decimal(0)) + total.total_in_base_currency
        return found

    def entry_count(self, *, upto: Marker, days: tuple[date, date] | None = None) -> int:
        request = Days(*days) if days else EVERYTHING
        return self._client.count(_ENTRIES, request, upto=int(upto)) or 0

    def is_still(self, marker: Marker) -> bool:
        """Of old entries e-conomic tells no changes."""
        return next(self.entries_beyond(marker), None) is None

    def entries_beyond(self, marker: Marker) -> Iterator[Line]:
        newest = int(marker)
        for page in self._client.pages(_ENTRIES, Beyond(newest)):
            for record in page.records:
                entry = _entry(bytes(record))
                newest = max(newest, entry.entry_number)
                yield Line(
                    newest,
                    str(entry.account_number),
                    entry.date,
                    entry.amount_in_base_currency,
                )

    def invoices(self) -> InvoiceTotals:
        booked = self._client.get("invoices/totals/booked", decode=_invoice_total)
        unpaid = self._client.get("invoices/totals/booked/unpaid", decode=_invoice_total)
        return InvoiceTotals(
            booked.net_amount_in_base_currency,
            booked.invoice_count,
            unpaid.gross_remainder_in_base_currency,
        )

    def invoices_beyond(
        self, marker: Marker | None, *, upto: Marker | None = None
    ) -> Iterator[Invoice]:
        newest = int(marker or 0)
        request = Beyond(newest) if upto is None else Range(newest, int(upto))
        for page in self._client.pages(_INVOICES, request):
            for record in page.records:
                invoice = _invoice(bytes(record))
                newest = max(newest, invoice.booked_invoice_number)
                yield Invoice(
                    newest,
                    invoice.date,
                    invoice.net_amount_in_base_currency,
                    invoice.remainder_in_base_currency,
                )

    def customer_balances(self) -> Iterator[Balance]:
        for record in totals.collection(self._client, "customers"):
            customer = _customer(bytes(record))
            yield Balance(str(customer.customer_number), customer.balance)
