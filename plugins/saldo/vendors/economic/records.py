"""The shapes of e-conomic's records: every field its documentation names.

Sources: docs of restapi.e-conomic.com (classic; false booleans and nulls are left out) and of
apis.e-conomic.com: bookedEntriesapi 7.0.0, accountingyearsapi 2.0.1.
"""

from __future__ import annotations

from typing import Any, Literal

from saldo.entity import Record
from saldo.records import JsonNumber, VendorDate, VendorInstant


class Settings(Record):
    base_currency: str


class CompanyInfo(Record):
    name: str
    country: str | None = None


class Self(Record):
    """/self: the agreement a pair of tokens belongs to."""

    agreement_number: int
    company: CompanyInfo
    settings: Settings
    agreement_type: Any = None
    application: Any = None
    bank_information: Any = None
    can_send_electronic_invoice: bool = False
    can_send_mobile_pay: bool = False
    company_affiliation: Any = None
    modules: Any = None
    signup_date: Any = None
    user: Any = None
    user_name: Any = None
    self: Any = None


class Account(Record):
    account_number: int
    account_type: Literal[
        "profitAndLoss", "status", "totalFrom", "heading", "headingStart", "sumInterval", "sumAlpha"
    ]
    name: str
    balance: JsonNumber | None = None
    block_direct_entries: bool = False
    barred: bool = False
    debit_credit: str | None = None
    draft_balance: JsonNumber | None = None
    contra_account: Any = None
    total_from_account: Any = None
    accounts_summed: Any = None
    vat_account: Any = None
    accounting_years: Any = None
    self: Any = None


class AccountingYear(Record):
    year: str
    from_date: VendorDate
    to_date: VendorDate
    closed: bool = False
    entries: Any = None
    periods: Any = None
    totals: Any = None
    vouchers: Any = None
    self: Any = None


class Period(Record):
    period_number: int
    year: str
    date_from: VendorDate
    date_to: VendorDate
    is_closed: bool = False
    is_barred: bool = False
    object_version: Any = None


class CustomerGroup(Record):
    customer_group_number: int


class Customer(Record):
    customer_number: int
    name: str
    currency: str
    last_updated: VendorInstant
    customer_group: CustomerGroup | None = None
    payment_terms: Any = None
    vat_zone: Any = None
    layout: Any = None
    sales_person: Any = None
    attention: Any = None
    customer_contact: Any = None
    address: str | None = None
    zip: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    telephone_and_fax_number: str | None = None
    mobile_phone: str | None = None
    corporate_identification_number: str | None = None
    vat_number: str | None = None
    ean: str | None = None
    p_number: Any = None
    public_entry_number: Any = None
    website: str | None = None
    credit_limit: JsonNumber | None = None
    balance: JsonNumber | None = None
    due_amount: JsonNumber | None = None
    barred: bool = False
    e_invoicing_disabled_by_default: bool = False
    default_delivery_location: Any = None
    price_group: Any = None
    contacts: Any = None
    delivery_locations: Any = None
    invoices: Any = None
    templates: Any = None
    totals: Any = None
    self: Any = None


class Supplier(Record):
    supplier_number: int
    name: str
    currency: str | None = None
    supplier_group: Any = None
    payment_terms: Any = None
    vat_zone: Any = None
    layout: Any = None
    cost_account: Any = None
    address: str | None = None
    zip: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    bank_account: str | None = None
    corporate_identification_number: str | None = None
    barred: bool = False
    remittance_advice: Any = None
    attention: Any = None
    sales_person: Any = None
    default_invoice_text: Any = None
    contacts: Any = None
    supplier_contact: Any = None
    self: Any = None


class Department(Record):
    department_number: int
    name: str
    barred: bool = False
    self: Any = None


class Entry(Record):
    """A booked entry; `type` is the vendor's integer without names (1 customer invoice … 10)."""

    entry_number: int
    account_number: int
    amount: JsonNumber
    amount_in_base_currency: JsonNumber
    date: VendorDate
    type: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    currency_code: str | None = None
    text: str | None = None
    voucher_number: int | None = None
    due_date: VendorDate | None = None
    customer_number: int | None = None
    customer_invoice_number: int | str | None = None
    supplier_number: int | None = None
    supplier_invoice_number: str | None = None
    vat_account_number: str | None = None
    project_number: int | None = None
    cost_type_number: int | None = None
    remainder: JsonNumber | None = None
    supplier_payment: Any = None
    effective_match_date: Any = None
    creation_date: Any = None
    matched_amount: Any = None
    matched_amount_in_base_currency: Any = None
    object_version: Any = None
