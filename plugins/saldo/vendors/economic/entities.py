"""The entities of e-conomic that are landed; data, no logic; the order is the landing order.

A path with "api/v" is a resource of an OpenAPI service, pinned to a version; the others are classic.
"""

from __future__ import annotations

from saldo.entity import Entity

from . import records as r

ENTITIES = (
    Entity("self", path="self", record=r.Self, key="agreementNumber"),
    Entity("accounts", path="accounts", record=r.Account, key="accountNumber"),
    Entity(
        "accounting_years",
        path="accounting-years",
        record=r.AccountingYear,
        key="year",
        is_small=True,
    ),
    Entity(
        "periods",
        path="accountingyearsapi/v2.0.1/accountingYears/periods",
        record=r.Period,
        key="periodNumber",
        is_small=True,
    ),
    Entity(
        "departments",
        path="departments",
        record=r.Department,
        key="departmentNumber",
        is_small=True,
    ),
    Entity(
        "departmental_distributions",
        path="departmental-distributions",
        record=r.DepartmentalDistribution,
        key="departmentalDistributionNumber",
        is_small=True,
    ),
    Entity(
        "customer_groups",
        path="customer-groups",
        record=r.CustomerGroup,
        key="customerGroupNumber",
        is_small=True,
    ),
    Entity(
        "supplier_groups",
        path="suppliersapi/v2.0.0/Groups",
        record=r.SupplierGroup,
        key="number",
        is_small=True,
    ),
    Entity(
        "payment_terms",
        path="payment-terms",
        record=r.PaymentTerms,
        key="paymentTermsNumber",
        is_small=True,
    ),
    Entity("vat_types", path="vat-types", record=r.VatType, key="vatTypeNumber", is_small=True),
    Entity("vat_zones", path="vat-zones", record=r.VatZone, key="vatZoneNumber", is_small=True),
    Entity("vat_accounts", path="vat-accounts", record=r.VatAccount, key="vatCode", is_small=True),
    Entity("currencies", path="currencies", record=r.Currency, key="code", is_small=True),
    Entity("employees", path="employees", record=r.Employee, key="employeeNumber", is_small=True),
    Entity("journals", path="journals", record=r.Journal, key="journalNumber", is_small=True),
    Entity(
        "customers",
        path="customers",
        record=r.Customer,
        key="customerNumber",
        mode="incremental",
        changed="lastUpdated",
    ),
    Entity("suppliers", path="suppliers", record=r.Supplier, key="supplierNumber"),
    Entity(
        "draft_entries",
        path="journalsapi/v16.0.1/draft-entries",
        record=r.DraftEntry,
        key="entryNumber",
        drains=True,
    ),
    Entity(
        "entry_dimensions",
        path="dimensionsapi/v5.3.1/dimension-data/booked-entries",
        record=r.EntryDimension,
        key=("entryNumber", "dimensionNumber"),
        mode="incremental",
        changed="entryNumber",
        log="dimensionsapi/v5.3.1/dimension-data/booked-entries/changelog",
    ),
    Entity(
        "entries",
        path="bookedEntriesapi/v7.0.0/booked-entries",
        record=r.Entry,
        key="entryNumber",
        mode="incremental",
        changed="entryNumber",
        window="date",
        settles="remainder",
        refers=(("customerNumber", "customers"), ("supplierNumber", "suppliers")),
    ),
)
