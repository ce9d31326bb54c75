"""The shapes of e-conomic's records: every field its documentation names.

Sources: docs of restapi.e-conomic.com (classic; false booleans and nulls are left out) and of
apis.e-conomic.com: bookedEntriesapi 7.0.0, accountingyearsapi 2.0.1, dimensionsapi 5.3.1, journalsapi
16.0.1, suppliersapi 2.0.0. What is bought and sold is in `sales_records.py`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from saldo.declarations.entity import Record
from saldo.staging.records import ExactNumber, JsonNumber, VendorDate, VendorInstant


class CamelRecord(Record, rename="camel"):
    """Names as e-conomic writes them: accountNumber."""


class Settings(CamelRecord):
    base_currency: str


class CompanyInfo(CamelRecord):
    name: str
    country: str | None = None


class Self(CamelRecord):
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


class Account(CamelRecord):
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


class AccountingYear(CamelRecord):
    year: str
    from_date: VendorDate
    to_date: VendorDate
    closed: bool = False
    entries: Any = None
    periods: Any = None
    totals: Any = None
    vouchers: Any = None
    self: Any = None


class Period(CamelRecord):
    period_number: int
    year: str
    date_from: VendorDate
    date_to: VendorDate
    is_closed: bool = False
    is_barred: bool = False
    object_version: Any = None


class CustomerGroupRef(CamelRecord):
    customer_group_number: int


class PaymentTermsRef(CamelRecord):
    payment_terms_number: int


class VatZoneRef(CamelRecord):
    vat_zone_number: int


class Customer(CamelRecord):
    customer_number: int
    name: str
    currency: str
    last_updated: VendorInstant
    customer_group: CustomerGroupRef | None = None
    payment_terms: PaymentTermsRef | None = None
    vat_zone: VatZoneRef | None = None
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


class SupplierGroupRef(CamelRecord):
    supplier_group_number: int


class Supplier(CamelRecord):
    supplier_number: int
    name: str
    currency: str | None = None
    supplier_group: SupplierGroupRef | None = None
    payment_terms: PaymentTermsRef | None = None
    vat_zone: VatZoneRef | None = None
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


class Department(CamelRecord):
    department_number: int
    name: str
    barred: bool = False
    self: Any = None


class Entry(CamelRecord):
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


class EntryDimension(CamelRecord):
    """What one booked entry has in one of the up to three dimensions; dimension 1 is the department."""

    entry_number: int
    dimension_number: Literal[1, 2, 3]
    dimension_key: int
    is_distribution: bool = False
    object_version: Any = None


class CustomerGroup(CamelRecord):
    customer_group_number: int
    name: str
    account: Any = None
    layout: Any = None
    customers: Any = None
    self: Any = None


class SupplierGroup(CamelRecord):
    number: int
    name: str
    account_number: int
    object_version: Any = None


class DepartmentRef(CamelRecord):
    department_number: int


class Share(CamelRecord):
    percentage: ExactNumber
    department: DepartmentRef


class DepartmentalDistribution(CamelRecord):
    """Shares of departments; the system makes one of its own for every department."""

    departmental_distribution_number: int
    name: str
    distribution_type: Literal["department", "distribution"]
    distributions: list[Share] = msgspec.field(default_factory=list)
    barred: bool = False
    sub_collections: Any = None
    self: Any = None


class PaymentTerms(CamelRecord):
    payment_terms_number: int
    name: str
    payment_terms_type: Literal[
        "net",
        "invoiceMonth",
        "paidInCash",
        "prepaid",
        "dueDate",
        "factoring",
        "invoiceWeekStartingSunday",
        "invoiceWeekStartingMonday",
        "creditcard",
    ]
    days_of_credit: int | None = None
    description: str | None = None
    contra_account_for_prepaid_amount: Any = None
    contra_account_for_remainder_amount: Any = None
    percentage_for_prepaid_amount: Any = None
    percentage_for_remainder_amount: Any = None
    credit_card_company: Any = None
    self: Any = None


class AccountRef(CamelRecord):
    account_number: int


class VatTypeRef(CamelRecord):
    vat_type_number: int


class VatAccount(CamelRecord):
    vat_code: str
    name: str
    rate_percentage: ExactNumber | None = None
    account: AccountRef | None = None
    contra_account: AccountRef | None = None
    vat_type: VatTypeRef | None = None
    barred: bool = False
    vat_report_setup: Any = None
    self: Any = None


class VatType(CamelRecord):
    vat_type_number: int
    name: str
    vat_accounts: Any = None
    self: Any = None


class VatZone(CamelRecord):
    vat_zone_number: int
    name: str
    enabled_for_customer: bool = False
    enabled_for_supplier: bool = False
    self: Any = None


class Currency(CamelRecord):
    code: str
    name: str
    iso_number: str | None = None
    self: Any = None


class EmployeeGroupRef(CamelRecord):
    employee_group_number: int


class Employee(CamelRecord):
    employee_number: int
    name: str
    employee_group: EmployeeGroupRef | None = None
    email: str | None = None
    phone: str | None = None
    barred: bool = False
    customers: Any = None
    draft_invoices: Any = None
    booked_invoices: Any = None
    self: Any = None


class Journal(CamelRecord):
    journal_number: int
    name: str
    settings: Any = None
    entries: Any = None
    vouchers: Any = None
    templates: Any = None
    self: Any = None


class DraftEntry(CamelRecord):
    """A line of a journal that is not booked yet; journalsapi says which five types there are."""

    entry_number: int
    entry_type_number: Literal[2, 3, 4, 5, 10]
    journal_number: int
    date: VendorDate
    amount: JsonNumber
    currency: str
    voucher_number: int | None = None
    account_number: int | None = None
    vat_code: str | None = None
    exchange_rate: ExactNumber | None = None
    contra_account_number: int | None = None
    contra_vat_code: str | None = None
    text: str | None = None
    project_number: int | None = None
    cost_type_number: int | None = None
    customer_number: int | None = None
    customer_invoice_number: int | str | None = None
    supplier_number: int | None = None
    supplier_invoice_number: str | None = None
    supplier_payment_type: Any = None
    supplier_payment_bank: Any = None
    supplier_payment_message: Any = None
    due_date: VendorDate | None = None
    object_version: Any = None


class AccountTotal(CamelRecord):
    """What an account came to in an accounting year or period, both dates included."""

    account: AccountRef
    total_in_base_currency: JsonNumber
    from_date: VendorDate
    to_date: VendorDate
    self: Any = None


class InvoiceTotal(CamelRecord):
    """What a kind of booked invoices comes to; `totals_of` is the end of the path it was read from."""

    totals_of: str
    net_amount_in_base_currency: JsonNumber
    invoice_count: int
    gross_remainder_in_base_currency: JsonNumber | None = None
    min_date: VendorDate | None = None
    max_date: VendorDate | None = None
    customers: Any = None
    employees: Any = None
    accounting_years: Any = None
    periods: Any = None
    paid: Any = None
    unpaid: Any = None
    overdue: Any = None
    not_overdue: Any = None
    self: Any = None
