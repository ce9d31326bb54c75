"""The shapes of what is sold: products, invoices, orders, quotes, their lines, and documents.

Sources: docs of restapi.e-conomic.com (headers; a view of invoices leaves out some amounts) and of
apis.e-conomic.com: q2capi 5.3.0 (lines), documentsapi 4.0.1.
"""

from __future__ import annotations

from typing import Any

from saldo.staging.records import ExactNumber, JsonNumber, VendorDate, VendorInstant

from .records import CamelRecord, PaymentTermsRef


class ProductGroupRef(CamelRecord):
    product_group_number: int


class UnitRef(CamelRecord):
    unit_number: int


class CustomerRef(CamelRecord):
    customer_number: int


class Product(CamelRecord):
    """A product; its number is text, leading zeros and all."""

    product_number: str
    name: str
    last_updated: VendorInstant
    product_group: ProductGroupRef | None = None
    unit: UnitRef | None = None
    description: str | None = None
    sales_price: ExactNumber | None = None
    cost_price: ExactNumber | None = None
    recommended_price: ExactNumber | None = None
    bar_code: str | None = None
    barred: bool = False
    minimum_stock: Any = None
    inventory: Any = None
    inventory_last_updated: Any = None
    departmental_distribution: Any = None
    invoices: Any = None
    pricing: Any = None
    meta_data: Any = None
    self: Any = None


class ProductGroup(CamelRecord):
    product_group_number: int
    name: str
    inventory_enabled: bool = False
    accrual: Any = None
    products: Any = None
    sales_accounts: Any = None
    self: Any = None


class Unit(CamelRecord):
    unit_number: int
    name: str
    products: Any = None
    self: Any = None


class _Header(CamelRecord, kw_only=True):
    """What headers of invoices, orders and quotes have in common; a rate is base currency per 100."""

    date: VendorDate
    currency: str
    net_amount: JsonNumber
    net_amount_in_base_currency: JsonNumber
    customer: CustomerRef | None = None
    exchange_rate: ExactNumber | None = None
    gross_amount: JsonNumber | None = None
    gross_amount_in_base_currency: JsonNumber | None = None
    vat_amount: JsonNumber | None = None
    rounding_amount: JsonNumber | None = None
    due_date: VendorDate | None = None
    payment_terms: PaymentTermsRef | None = None
    delivery: Any = None
    delivery_location: Any = None
    layout: Any = None
    notes: Any = None
    pdf: Any = None
    project: Any = None
    recipient: Any = None
    references: Any = None
    self: Any = None
    soap: Any = None
    attachment: Any = None
    meta_data: Any = None


class Invoice(_Header, kw_only=True):
    """A booked invoice; one with negative amounts is a credit note."""

    booked_invoice_number: int
    remainder: JsonNumber
    remainder_in_base_currency: JsonNumber | None = None
    order_number: Any = None
    sent: Any = None


class UnpaidInvoice(Invoice, kw_only=True):
    """The same in the view of what is not paid: without rate and gross amount in base currency."""


class _Draft(_Header, kw_only=True):
    last_updated: VendorInstant | None = None
    cost_price_in_base_currency: JsonNumber | None = None
    margin_in_base_currency: JsonNumber | None = None
    margin_percentage: ExactNumber | None = None
    lines: Any = None
    templates: Any = None


class DraftInvoice(_Draft, kw_only=True):
    draft_invoice_number: int


class Order(_Draft, kw_only=True):
    """An order; its own link says in which list it is: drafts, sent or archived."""

    order_number: int
    self: str


class Quote(_Draft, kw_only=True):
    """A quote; its own link says in which list it is: drafts, sent or archived."""

    quote_number: int
    self: str


class _Line(CamelRecord, kw_only=True):
    """A line: `number` is unique among all lines, `userInterfaceNumber` counts within its document."""

    document_id: int
    number: int
    user_interface_number: int | None = None
    product_number: str | None = None
    description: str | None = None
    quantity: ExactNumber | None = None
    unit_number: int | None = None
    unit_net_price: ExactNumber | None = None
    unit_cost_price: ExactNumber | None = None
    discount_percentage: ExactNumber | None = None
    department_number: int | None = None
    total_net_amount: JsonNumber | None = None
    vat_rate: ExactNumber | None = None
    vat_amount: JsonNumber | None = None
    recommended_price: Any = None
    quantity2: Any = None
    unit2_number: Any = None
    accrue: Any = None
    accrue_start_date: Any = None
    accrue_end_date: Any = None
    margin_in_base_currency: Any = None
    margin_percentage: Any = None
    object_version: Any = None


class InvoiceLine(_Line, kw_only=True):
    """A line of a booked invoice, whose number is its `documentId`."""

    booked_account: int | None = None


class DraftInvoiceLine(_Line, kw_only=True):
    draft_invoice_number: int


class OrderLine(_Line, kw_only=True):
    order_number: int


class QuoteLine(_Line, kw_only=True):
    quote_number: int


class AttachedDocument(CamelRecord):
    """A PDF that hangs on a voucher; what is attached later is merged into it under the same number."""

    number: int
    voucher_number: int
    accounting_year: str
    page_count: int | None = None
    note: str | None = None
    file: Any = None
    object_version: Any = None
