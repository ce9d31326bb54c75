"""The shapes of Moneybird's registers: every field its specification names.

What Saldo reads must be there; what may be null may as well be left out, as may what nobody reads: its absence stops
nothing. Source: https://github.com/moneybird/openapi (v2-20260821). Ids are texts of 18 digits, in some places numbers; amounts and
rates are texts with a point, whose number of decimals varies. What is bought and sold is in `document_records.py`.
"""

from __future__ import annotations

from typing import Any, Literal

from saldo.declarations.entity import Record
from saldo.staging.number_texts import TextNumber
from saldo.staging.records import ExactNumber, JsonNumber, VendorDate, VendorInstant

#: An id: digits in a text; a number in examples of the specification.
Id = TextNumber | int
#: An amount: a text, and documented as a number, too.
Money = TextNumber | JsonNumber
#: A price, a quantity, a percentage or a rate, likewise.
Factor = TextNumber | ExactNumber


class Administration(Record):
    """One set of books. suspended: Moneybird has closed it for want of payment."""

    id: Id
    name: str
    currency: str
    country: str | None = None
    language: str | None = None
    time_zone: str | None = None
    access: str | None = None
    suspended: bool | None = False
    period_locked_until: VendorDate | None = None
    period_start_date: VendorDate | None = None


class OfAdministration(Record):
    """A record of an administration, which may say of which."""

    id: Id
    administration_id: Id | None = None


class TaxonomyItem(Record):
    """Where an account belongs in the Dutch reference chart (RGS)."""

    taxonomy_version: str | None = None
    code: str | None = None
    name: str | None = None
    name_english: str | None = None
    reference: str | None = None


class LedgerAccount(OfAdministration, kw_only=True):
    """account_id: what people call it by ("4000", "46801.01"), where it is called by anything."""

    name: str
    account_type: Literal[
        "non_current_assets",
        "current_assets",
        "equity",
        "provisions",
        "non_current_liabilities",
        "current_liabilities",
        "revenue",
        "direct_costs",
        "expenses",
        "other_income_expenses",
        "other",
        "temporary",
    ]
    account_id: str | None = None
    parent_id: Id | None = None
    active: bool | None = True
    financial_account_id: Id | None = None
    taxonomy_item: TaxonomyItem | None = None
    allowed_document_types: Any = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class TaxRate(OfAdministration, kw_only=True):
    name: str
    percentage: Factor | None = None
    tax_rate_type: Literal["sales_invoice", "purchase_invoice", "general_journal_document"]
    show_tax: bool | None = None
    active: bool | None = None
    country: str | None = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class FinancialAccount(OfAdministration, kw_only=True):
    """A bank account, a credit card, a cash box."""

    type: str | None = None
    name: str
    identifier: str | None = None
    currency: str
    provider: str | None = None
    moneybird_account: bool | None = False
    active: bool | None = True
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class Project(Record):
    id: Id
    name: str
    state: Literal["active", "archived"]
    budget: Factor | None = None


class SimpleContact(OfAdministration):
    """A contact, as documents hold it; a private person has no company_name. customer_id: what people call it by."""

    company_name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    customer_id: str | None = None
    country: str | None = None
    address1: str | None = None
    address2: str | None = None
    zipcode: str | None = None
    city: str | None = None
    phone: str | None = None
    email: str | None = None
    tax_number: str | None = None
    chamber_of_commerce: str | None = None
    bank_account: str | None = None
    archived: bool | None = False
    version: int | None = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None
    delivery_method: str | None = None
    is_trusted: Any = None
    max_transfer_amount: Any = None
    attention: Any = None
    email_ubl: Any = None
    send_invoices_to_attention: Any = None
    send_invoices_to_email: Any = None
    send_estimates_to_attention: Any = None
    send_estimates_to_email: Any = None
    direct_debit: Any = None
    sepa_active: Any = None
    sepa_iban: Any = None
    sepa_iban_account_name: Any = None
    sepa_bic: Any = None
    sepa_mandate_id: Any = None
    sepa_mandate_date: Any = None
    sepa_sequence_type: Any = None
    credit_card_number: Any = None
    credit_card_reference: Any = None
    credit_card_type: Any = None
    tax_number_validated_at: Any = None
    tax_number_valid: Any = None
    invoice_workflow_id: Any = None
    estimate_workflow_id: Any = None
    si_identifier: Any = None
    si_identifier_type: Any = None
    moneybird_payments_mandate: Any = None
    sales_invoices_url: Any = None
    notes: Any = None
    custom_fields: Any = None
    contact_people: Any = None


class Contact(SimpleContact, kw_only=True):
    """A customer, a supplier, or both."""

    version: int
    events: Any = None


class AccountTotal(Record):
    """A line of the general ledger report of a calendar year: what an account moved by, and its balances, signed as the
    report signs them. It comes by columns; the client makes lines of it, with null where a column does not name the
    account."""

    year: str
    ledger_account_id: Id
    start_balance: Money | None
    debit_sum: Money | None
    credit_sum: Money | None
    final_balance: Money | None
