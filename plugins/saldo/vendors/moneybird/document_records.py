"""The shapes of Moneybird's documents, sales invoices and bank lines: every field its specification names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from saldo.declarations.entity import Record
from saldo.staging.open_lists import known_words
from saldo.staging.records import VendorDate, VendorInstant

from .records import Factor, Id, Money, OfAdministration, SimpleContact

#: What a payment is of, as include/sql/core/moneybird/financial_mutations.payments.sql knows it.
DocumentType = Annotated[str, known_words("Document|SalesInvoice|ExternalSalesInvoice|VatDocument")]


class Detail(OfAdministration, kw_only=True):
    """A line. amount: as a person typed it ("2 x"); amount_decimal: the number in it. price: of one, with tax where the
    document's prices include it. period: "20250501..20250531" or "202505..202506". There is no tax, and no amount with it."""

    tax_rate_id: Id | None = None
    ledger_account_id: Id | None = None
    description: str | None = None
    price: Factor | None = None
    amount: str | None = None
    amount_decimal: Factor | None = None
    project_id: Id | None = None
    product_id: Id | None = None
    period: str | None = None
    row_order: int | None = None
    total_price_excl_tax_with_discount: Money | None = None
    total_price_excl_tax_with_discount_base: Money | None = None
    tax_report_reference: Any = None
    mandatory_tax_text: Any = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None
    is_optional: Any = None
    is_selected: Any = None


class Payment(OfAdministration, kw_only=True):
    """price: may be null, as the specification says; core cannot hold such a payment, and names its document."""

    invoice_type: DocumentType
    invoice_id: Id
    price: Money | None = None
    price_base: Money | None = None
    payment_date: VendorDate
    financial_account_id: Id | None = None
    financial_mutation_id: Id | None = None
    ledger_account_id: Id | None = None
    credit_invoice_id: Id | None = None
    linked_payment_id: Id | None = None
    payment_transaction_id: Id | None = None
    transaction_identifier: str | None = None
    manual_payment_action: str | None = None
    user_id: Any = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class Attachment(OfAdministration, kw_only=True):
    filename: str | None = None
    content_type: str | None = None
    size: int | None = None
    attachable_id: Id | None = None
    attachable_type: str | None = None
    rotation: Any = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class Versioned(OfAdministration, kw_only=True):
    """What the synchronization lists name. version: another number means another content; in practice the second of the
    last change."""

    version: int
    updated_at: VendorInstant | None = None


class PurchaseDocument(Versioned, kw_only=True):
    """A purchase invoice or a receipt: the same shape, and the same id where one becomes the other. A new one may have no
    contact and no details. `_base`: in the administration's currency."""

    created_at: VendorInstant
    #: Null of a draft; never left out, since without it a document is in no month.
    date: VendorDate | None
    state: Literal["new", "saved", "open", "late", "paid", "pending_payment"]
    contact_id: Id | None = None
    reference: str | None = None
    currency: str | None = None
    total_price_excl_tax: Money | None = None
    total_price_excl_tax_base: Money | None = None
    total_price_incl_tax: Money | None = None
    total_price_incl_tax_base: Money | None = None
    details: list[Detail]
    payments: list[Payment]
    contact: SimpleContact | None = None
    due_date: VendorDate | None = None
    entry_number: int | None = None
    exchange_rate: Factor | None = None
    revenue_invoice: bool | None = None
    prices_are_incl_tax: bool | None = None
    origin: str | None = None
    paid_at: VendorDate | None = None
    tax_number: str | None = None
    attachments: list[Attachment] | None = None
    fiscal_allocations: Any = None
    notes: Any = None
    events: Any = None


class JournalEntry(OfAdministration, kw_only=True):
    ledger_account_id: Id
    debit: Money
    credit: Money
    contact_id: Id | None = None
    project_id: Id | None = None
    description: str | None = None
    row_order: int | None = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class GeneralJournalDocument(Versioned, kw_only=True):
    created_at: VendorInstant | None = None
    date: VendorDate
    reference: str | None = None
    general_journal_document_entries: list[JournalEntry]
    journal_type: str | None = None
    attachments: Any = None
    notes: Any = None
    events: Any = None


class TaxTotal(Record, kw_only=True):
    tax_rate_id: Id | None = None
    taxable_amount: Money | None = None
    taxable_amount_base: Money | None = None
    tax_amount: Money | None = None
    tax_amount_base: Money | None = None


class SalesInvoice(Versioned, kw_only=True):
    """invoice_id: its number; a draft has none, and no invoice_date."""

    created_at: VendorInstant
    contact_id: Id | None = None
    invoice_id: str | None = None
    state: Literal[
        "draft", "scheduled", "open", "pending_payment", "reminded", "late", "paid", "uncollectible"
    ]
    #: As `date` of a purchase.
    invoice_date: VendorDate | None
    currency: str
    total_price_excl_tax: Money | None = None
    total_price_excl_tax_base: Money | None = None
    total_price_incl_tax: Money | None = None
    total_price_incl_tax_base: Money | None = None
    details: list[Detail]
    payments: list[Payment]
    contact: SimpleContact | None = None
    due_date: VendorDate | None = None
    reference: str | None = None
    discount: Factor | None = None
    original_sales_invoice_id: Id | None = None
    prices_are_incl_tax: bool | None = None
    paid_at: VendorDate | None = None
    sent_at: VendorDate | None = None
    total_paid: Money | None = None
    total_unpaid: Money | None = None
    total_unpaid_base: Money | None = None
    total_discount: Money | None = None
    marked_dubious_on: VendorDate | None = None
    marked_uncollectible_on: VendorDate | None = None
    tax_totals: list[TaxTotal] | None = None
    contact_person_id: Any = None
    contact_person: Any = None
    recurring_sales_invoice_id: Any = None
    subscription_id: Any = None
    workflow_id: Any = None
    document_style_id: Any = None
    identity_id: Any = None
    draft_id: Any = None
    payment_conditions: Any = None
    payment_reference: Any = None
    short_payment_reference: Any = None
    language: Any = None
    paused: Any = None
    public_view_code: Any = None
    public_view_code_expires_at: Any = None
    reminder_count: Any = None
    next_reminder: Any = None
    original_estimate_id: Any = None
    url: Any = None
    payment_url: Any = None
    custom_fields: Any = None
    notes: Any = None
    attachments: Any = None
    events: Any = None
    time_entries: Any = None


class LedgerAccountBooking(OfAdministration, kw_only=True):
    """What of a bank line was booked straight on an account."""

    ledger_account_id: Id
    price: Money
    description: str | None = None
    project_id: Id | None = None
    financial_mutation_id: Id | None = None
    created_at: VendorInstant | None = None
    updated_at: VendorInstant | None = None


class FinancialMutation(Versioned, kw_only=True):
    """A line of a bank statement; amount: positive came in."""

    created_at: VendorInstant | None = None
    amount: Money
    date: VendorDate
    state: Literal["unprocessed", "processed"] | None = None
    amount_open: Money | None = None
    financial_account_id: Id | None = None
    currency: str | None = None
    payments: list[Payment]
    ledger_account_bookings: list[LedgerAccountBooking]
    settlement_state: str | None = None
    code: str | None = None
    message: str | None = None
    contra_account_name: str | None = None
    contra_account_number: str | None = None
    original_amount: Money | None = None
    financial_statement_id: Id | None = None
    processed_at: VendorInstant | None = None
    batch_reference: Any = None
    sepa_fields: Any = None
    account_servicer_transaction_id: Any = None
