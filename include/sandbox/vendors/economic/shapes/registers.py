"""How e-conomic writes the small lists: classic with nested references, OpenAPI flat."""

from __future__ import annotations

from sandbox.books import registers
from sandbox.books.chart import BANK

from .links import Row, link


def _account(base: str, number: int) -> Row:
    return link(base, "accounts", number, accountNumber=number)


def department(item: registers.Department, base: str) -> Row:
    return link(
        base, "departments", item.number, departmentNumber=item.number, name=item.name
    )  # fmt: skip


def distribution(item: registers.Distribution, base: str) -> Row:
    parts = [
        {
            "percentage": float(percentage),
            "department": link(base, "departments", number, departmentNumber=number),
        }
        for percentage, number in item.parts
    ]
    return link(
        base, "departmental-distributions", item.number,
        departmentalDistributionNumber=item.number, name=item.name,
        distributionType="distribution" if item.is_of_users else "department",
        distributions=parts,
    )  # fmt: skip


def journal(item: registers.Journal, base: str) -> Row:
    own = f"{base}/journals/{item.number}"
    settings: Row = {
        "voucherNumbers": {
            "minimumVoucherNumber": item.first_voucher,
            "maximumVoucherNumber": item.last_voucher,
        },
        "contraAccounts": {
            "customerPayments": _account(base, BANK),
            "supplierPayments": _account(base, BANK),
        },
    }
    if item.restricted_to:
        settings["entryTypeRestrictedTo"] = item.restricted_to
    return {
        "journalNumber": item.number,
        "name": item.name,
        "settings": settings,
        "vouchers": f"{own}/vouchers",
        "entries": f"{own}/entries",
        "templates": {
            "financeVoucher": f"{own}/templates/financeVoucher",
            "manualCustomerInvoice": f"{own}/templates/manualCustomerInvoice",
            "self": f"{own}/templates",
        },
        "self": own,
    }


def customer_group(item: registers.Group, base: str) -> Row:
    own = f"{base}/customer-groups/{item.number}"
    account = {**_account(base, item.account)}
    account["accountingYears"] = f"{base}/accounts/{item.account}/accounting-years"
    return {
        "customerGroupNumber": item.number,
        "name": item.name,
        "account": account,
        "customers": f"{own}/customers",
        "self": own,
    }


def supplier_group(item: registers.Group) -> Row:
    return {
        "number": item.number,
        "name": item.name,
        "accountNumber": item.account,
        "objectVersion": f"{item.number:08x}{len(item.name):x}",
    }


def payment_terms(item: registers.Terms, base: str) -> Row:
    found: Row = {"paymentTermsNumber": item.number}
    if item.days is not None:
        found["daysOfCredit"] = item.days
    more = {"name": item.name, "paymentTermsType": item.type}
    return link(base, "payment-terms", item.number, **found, **more)


def vat_account(item: registers.VatAccount, base: str) -> Row:
    names = {kind.number: kind.name for kind in registers.vat_types()}
    found: Row = {
        "vatCode": item.code,
        "name": item.name,
        "ratePercentage": float(item.rate),
        "account": _account(base, item.account),
        "vatType": link(
            base, "vat-types", item.type, vatTypeNumber=item.type, name=names[item.type]
        ),
    }
    if item.contra_account is not None:
        found["contraAccount"] = _account(base, item.contra_account)
    if item.is_barred:
        found["barred"] = True
    return link(base, "vat-accounts", item.code, **found)


def vat_type(item: registers.VatType, base: str) -> Row:
    return link(base, "vat-types", item.number, vatTypeNumber=item.number, name=item.name)


def vat_zone(item: registers.VatZone, base: str) -> Row:
    return link(
        base, "vat-zones", item.number, name=item.name, vatZoneNumber=item.number,
        enabledForCustomer=item.for_customers, enabledForSupplier=item.for_suppliers,
    )  # fmt: skip


def currency(item: registers.Currency, base: str) -> Row:
    return link(
        base, "currencies", item.code, code=item.code, isoNumber=item.iso_number, name=item.name
    )


def employee(item: registers.Employee, base: str) -> Row:
    own = f"{base}/employees/{item.number}"
    found: Row = {
        "employeeNumber": item.number,
        "employeeGroup": link(base, "employee-groups", item.group, employeeGroupNumber=item.group),
        "name": item.name,
    }
    if item.email:
        found["email"] = item.email
    if item.phone:
        found["phone"] = item.phone
    if item.is_barred:
        found["barred"] = True
    links = {
        "customers": f"{own}/customers",
        "draftInvoices": f"{own}/invoices/drafts",
        "bookedInvoices": f"{own}/invoices/booked",
    }
    return {**found, **links, "self": own}
