"""The entities of e-conomic that are landed; data, no logic; the order is the landing order.

A path with "api/v" is a resource of an OpenAPI service, pinned to a version; the others are classic.
"""

from __future__ import annotations

from saldo.declarations.entity import DaysOf, Entity
from saldo.ways.append_only import AppendOnly
from saldo.ways.change_log import ChangeLog
from saldo.ways.conditions import OneOf
from saldo.ways.list_moves import ListMoves
from saldo.ways.modified_since import ModifiedSince
from saldo.ways.open_amounts import OpenAmounts
from saldo.ways.parts import Parts
from saldo.ways.references import References
from saldo.ways.snapshot import Shown, Snapshot

from . import records as r
from . import sales_records as s

#: Orders and quotes move through lists in the course of their life; a record's own link says in which list it is.
LISTS = ListMoves(lists=("drafts", "sent", "archived"), link="self")

#: What an invoice lacks is what its entry on the customer's account lacks: a payment is matched with that entry.
OPEN_IN_LEDGER = Shown(
    "entries",
    among=OneOf("type", ("1",)),
    number="customerInvoiceNumber",
    amount="remainder",
    also=(
        ("customer.customerNumber", "customerNumber"),
        ("currency", "currencyCode"),
        ("dueDate", "dueDate"),
    ),
    totals=("invoice_totals", "booked/unpaid"),
)

ENTITIES = (
    Entity("self", path="self", record=r.Self, key="agreementNumber", reads=Snapshot()),
    Entity("accounts", path="accounts", record=r.Account, key="accountNumber", reads=Snapshot()),
    Entity(
        "accounting_years",
        path="accounting-years",
        record=r.AccountingYear,
        key="year",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "periods",
        path="accountingyearsapi/v2.0.1/accountingYears/periods",
        record=r.Period,
        key="periodNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "departments",
        path="departments",
        record=r.Department,
        key="departmentNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "departmental_distributions",
        path="departmental-distributions",
        record=r.DepartmentalDistribution,
        key="departmentalDistributionNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "customer_groups",
        path="customer-groups",
        record=r.CustomerGroup,
        key="customerGroupNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "supplier_groups",
        path="suppliersapi/v2.0.0/Groups",
        record=r.SupplierGroup,
        key="number",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "payment_terms",
        path="payment-terms",
        record=r.PaymentTerms,
        key="paymentTermsNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "vat_types",
        path="vat-types",
        record=r.VatType,
        key="vatTypeNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "vat_zones",
        path="vat-zones",
        record=r.VatZone,
        key="vatZoneNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "vat_accounts",
        path="vat-accounts",
        record=r.VatAccount,
        key="vatCode",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "currencies",
        path="currencies",
        record=r.Currency,
        key="code",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "employees",
        path="employees",
        record=r.Employee,
        key="employeeNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "journals",
        path="journals",
        record=r.Journal,
        key="journalNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "product_groups",
        path="product-groups",
        record=s.ProductGroup,
        key="productGroupNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity("units", path="units", record=s.Unit, key="unitNumber", reads=Snapshot(), is_small=True),
    Entity(
        "customers",
        path="customers",
        record=r.Customer,
        key="customerNumber",
        reads=ModifiedSince("lastUpdated"),
    ),
    Entity(
        "suppliers",
        path="suppliers",
        record=r.Supplier,
        key="supplierNumber",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "draft_entries",
        path="journalsapi/v16.0.1/draft-entries",
        record=r.DraftEntry,
        key="entryNumber",
        reads=Snapshot(),
        allow_mass_delete=True,
        is_small=True,
    ),
    Entity(
        "entry_dimensions",
        path="dimensionsapi/v5.3.1/dimension-data/booked-entries",
        record=r.EntryDimension,
        key=("entryNumber", "dimensionNumber"),
        reads=AppendOnly(numbered_as="entries"),
        silent_changes=(ChangeLog("dimensionsapi/v5.3.1/dimension-data/booked-entries/changelog"),),
    ),
    Entity(
        "entries",
        path="bookedEntriesapi/v7.0.0/booked-entries",
        record=r.Entry,
        key="entryNumber",
        reads=AppendOnly(is_cut_off=True),
        window="date",
        silent_changes=(
            OpenAmounts("remainder"),
            References("customers", ("customerNumber",)),
            References("suppliers", ("supplierNumber",)),
            References("accounts", ("accountNumber",)),
        ),
    ),
    Entity(
        "products",
        path="products",
        record=s.Product,
        key="productNumber",
        reads=ModifiedSince("lastUpdated"),
        is_small=True,
    ),
    Entity(
        "invoice_totals",
        path="invoices/totals/{kind}",
        record=r.InvoiceTotal,
        key="totalsOf",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "unpaid_invoices",
        path="invoices/unpaid",
        record=s.UnpaidInvoice,
        key="bookedInvoiceNumber",
        reads=Snapshot(unless=OPEN_IN_LEDGER),
        allow_mass_delete=True,
    ),
    Entity(
        "invoices",
        path="invoices/booked",
        record=s.Invoice,
        key="bookedInvoiceNumber",
        reads=AppendOnly(is_cut_off=True),
        window="date",
        silent_changes=(
            OpenAmounts("remainder", listed_in="unpaid_invoices"),
            References("customers", ("customer.customerNumber",)),
        ),
    ),
    Entity(
        "invoice_lines",
        path="q2capi/v5.3.0/invoices/booked/lines",
        record=s.InvoiceLine,
        key=("documentId", "number"),
        reads=AppendOnly(is_sorted=False, numbered_as="invoices"),
        window=DaysOf("invoices", "date"),
    ),
    Entity(
        "draft_invoices",
        path="invoices/drafts",
        record=s.DraftInvoice,
        key="draftInvoiceNumber",
        reads=Snapshot(),
        is_small=True,
        allow_mass_delete=True,
    ),
    Entity(
        "draft_invoice_lines",
        path="q2capi/v5.3.0/invoices/drafts/lines",
        record=s.DraftInvoiceLine,
        key=("documentId", "number"),
        reads=Snapshot(),
        part_of="draft_invoices",
        is_small=True,
        allow_mass_delete=True,
    ),
    Entity(
        "orders",
        path="orders/{list}",
        record=s.Order,
        key="orderNumber",
        reads=LISTS,
        silent_changes=(References("customers", ("customer.customerNumber",)),),
        is_small=True,
    ),
    Entity(
        "order_lines",
        path="q2capi/v5.3.0/orders/{list}/lines",
        record=s.OrderLine,
        key=("documentId", "number"),
        reads=Parts("orders", field="orderNumber"),
        is_small=True,
    ),
    Entity(
        "quotes",
        path="quotes/{list}",
        record=s.Quote,
        key="quoteNumber",
        reads=LISTS,
        silent_changes=(References("customers", ("customer.customerNumber",)),),
        is_small=True,
    ),
    Entity(
        "quote_lines",
        path="q2capi/v5.3.0/quotes/{list}/lines",
        record=s.QuoteLine,
        key=("documentId", "number"),
        reads=Parts("quotes", field="quoteNumber"),
        is_small=True,
    ),
    Entity(
        "documents",
        path="documentsapi/v4.0.1/AttachedDocuments",
        record=s.AttachedDocument,
        key="number",
        reads=AppendOnly(),
    ),
    Entity(
        "account_totals",
        path="accounting-years/{year}/totals",
        record=r.AccountTotal,
        key=("account.accountNumber", "fromDate", "toDate"),
        reads=ModifiedSince("toDate", together=("fromDate", "toDate")),
        is_small=True,
    ),
)
