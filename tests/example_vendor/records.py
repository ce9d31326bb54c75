"""The shapes of the vendor's records: names in snake_case, numbers written as texts."""

from __future__ import annotations

from typing import Literal

from saldo.declarations.entity import Record
from saldo.staging.number_texts import TextNumber
from saldo.staging.records import VendorDate


class Company(Record):
    company_id: str
    legal_name: str
    currency: str
    country_code: str


class Account(Record):
    account_code: str
    title: str
    kind: Literal["asset", "liability", "equity", "income", "expense"]


class FiscalYear(Record):
    fiscal_year: str
    first_day: VendorDate
    last_day: VendorDate
    is_locked: bool


class Address(Record):
    street: str
    postal_code: str
    city: str
    country_code: str


class Contact(Record):
    contact_id: str
    display_name: str
    email: str | None
    is_blocked: bool
    address: Address | None


class Posting(Record):
    """One line of a voucher; amount in `currency`, base_amount in the company's."""

    journal_code: str
    line_id: str
    voucher: str
    posted_on: VendorDate
    account_code: str
    contact_id: str | None
    kind: str
    description: str
    currency: str
    amount: TextNumber
    base_amount: TextNumber
    open_amount: TextNumber | None
    due_on: VendorDate | None
