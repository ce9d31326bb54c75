"""The entities of e-conomic that are landed; data, no logic; the order is the landing order.

A path with "api/v" is a resource of an OpenAPI service, pinned to a version; the others are classic.
"""

from __future__ import annotations

from saldo.entity import Entity

from .records import (
    Account,
    AccountingYear,
    Customer,
    Department,
    Entry,
    Period,
    Self,
    Supplier,
)

ENTITIES = (
    Entity("self", path="self", record=Self, key="agreementNumber"),
    Entity("accounts", path="accounts", record=Account, key="accountNumber"),
    Entity("accounting_years", path="accounting-years", record=AccountingYear, key="year"),
    Entity(
        "periods",
        path="accountingyearsapi/v2.0.1/accountingYears/periods",
        record=Period,
        key="periodNumber",
    ),
    Entity(
        "customers",
        path="customers",
        record=Customer,
        key="customerNumber",
        mode="incremental",
        changed="lastUpdated",
    ),
    Entity("suppliers", path="suppliers", record=Supplier, key="supplierNumber"),
    Entity("departments", path="departments", record=Department, key="departmentNumber"),
    Entity(
        "entries",
        path="bookedEntriesapi/v7.0.0/booked-entries",
        record=Entry,
        key="entryNumber",
        mode="incremental",
        changed="entryNumber",
        window="date",
        settles="remainder",
    ),
)
