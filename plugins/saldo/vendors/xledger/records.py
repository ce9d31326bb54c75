"""The records of Xledger's entities, as their queries ask for them: every field that queries/ names, no other. One with a
default is not asked for where the schema does not have it: what the ledger and its balances are made of has none.

Docs: the schema at the endpoint's own page (https://www.xledger.net/graphql). Ids come as numbers or as digits in a text;
money as a text with a point; days without a time; instants in Norwegian local time without a zone.
"""

from __future__ import annotations

from typing import Annotated, Any

from saldo.declarations.entity import Record
from saldo.staging.number_texts import TextNumber
from saldo.staging.open_lists import known_words
from saldo.staging.records import ExactNumber, JsonNumber, VendorDate

#: A dbId: an Int in some types, an Int64String in others, and changing.
DbId = int | TextNumber
#: MoneyString: documented as a text, and taken as a number too.
Money = TextNumber | JsonNumber
#: Hours, prices and rates, likewise.
Factor = TextNumber | ExactNumber


#: Words of lists that the schema does not tell: what core makes something of (include/sql/core/xledger).
SourceCode = Annotated[str, known_words("AR|AP|BANK|GL|OB")]
PartyType = Annotated[str, known_words("INVOICE|CREDIT_MEMO|.*(PAYMENT|REMINDER).*")]
PeriodState = Annotated[str, known_words("OPEN|CLOSED")]


def _camel(name: str) -> str:
    """db_id: dbId; gl_object1_db_id: glObject1DbId."""
    first, *rest = name.split("_")
    return first + "".join(part[0].upper() + part[1:] for part in rest)


class XledgerRecord(Record, rename=_camel):
    """A node of a set; what may be null is null and there."""

    db_id: DbId
    owner_db_id: DbId | None


class Coded(Record, rename=_camel):
    """Something named by its code."""

    code: str | None


class Described(Coded):
    """Something named by its code, with what it is called."""

    description: str | None


class PeriodStatus(Record, rename=_camel):
    """A word of the vendor's, in English: OPEN."""

    name: PeriodState | None


class PartyTransactionType(Record, rename=_camel):
    """Likewise: INVOICE."""

    name: PartyType | None


class Linked(Record, rename=_camel):
    """Another record, by its id."""

    db_id: DbId | None


class Entity(XledgerRecord, kw_only=True):
    code: str | None
    description: str | None
    modified_at: str | None = None
    company: Any = None
    currency: Coded | None = None
    gl_setup_entries: Any = None


class Account(XledgerRecord, kw_only=True):
    code: str
    description: str | None
    balance_sheet: bool | None
    asset: bool | None
    liabilities: bool | None
    equity: bool | None
    revenue: bool | None
    cost: bool | None
    credit: bool | None
    group: bool | None
    posting: bool | None
    account_group: Described | None = None


class ObjectKind(Record, rename=_camel):
    db_id: DbId
    name: str | None


class ObjectValue(XledgerRecord, kw_only=True):
    code: str | None
    description: str | None
    object_kind_db_id: DbId | None
    date_from: VendorDate | None = None
    date_to: VendorDate | None = None


class TaxRule(XledgerRecord, kw_only=True):
    object_value_db_id: DbId | None
    object_value: Described | None = None
    date_from: VendorDate | None
    date_to: VendorDate | None = None
    tax_percent: Factor | None
    account: Coded | None = None


class Currency(Record, rename=_camel):
    db_id: DbId
    code: str
    description: str | None


class ExchangeRate(XledgerRecord, kw_only=True):
    from_date: VendorDate | None
    to_date: VendorDate | None
    currency_from_code: str | None
    currency_to_code: str | None
    exchange_rate: Factor | None
    currency_unit: Factor | None = None


class Period(XledgerRecord, kw_only=True):
    description: str | None = None
    fiscal_year: int
    fiscal_period: int
    from_date: VendorDate
    to_date: VendorDate
    period_status: PeriodStatus | None = None


class AccountBalance(XledgerRecord):
    account: Coded
    period: Linked
    amount: Money


class Timesheet(XledgerRecord, kw_only=True):
    text: str | None
    assignment_date: VendorDate
    working_hours: Factor | None
    invoice_hours: Factor | None
    hourly_revenue_currency: Factor | None
    hourly_cost: Factor | None
    approved: bool | None
    invoiced: bool | None
    posted: bool | None
    approved_at: str | None
    activity: Described | None = None
    employee: Linked | None
    project: Linked | None
    time_type: Described | None = None
    currency: Coded | None = None


class Project(XledgerRecord, kw_only=True):
    code: str | None
    description: str | None
    from_date: VendorDate | None
    to_date: VendorDate | None
    external: bool | None = None
    billable: bool | None = None
    main_project_db_id: DbId | None
    project_group: Described | None = None
    customer: Linked | None
    project_manager: Linked | None = None


class Employee(XledgerRecord, kw_only=True):
    code: str | None
    description: str | None
    email: str | None = None
    date_from: VendorDate | None = None
    date_to: VendorDate | None = None
    employee_group: Described | None = None


class Address(Record, rename=_camel):
    street_address: str | None
    zip_code: str | None
    place: str | None
    country: Coded | None


class Registered(Record, rename=_camel):
    """A company by its registration number."""

    company_number: str | None


class Supplier(XledgerRecord, kw_only=True):
    code: str | None
    description: str | None
    from_date: VendorDate | None = None
    to_date: VendorDate | None = None
    subledger_group: Described | None = None
    currency: Coded | None = None
    pay_terms: Described | None = None
    company: Registered | None = None
    address: Address | None = None


class Customer(Supplier, kw_only=True):
    email: str | None = None


class Source(Record, rename=_camel):
    """Where a voucher comes from: AR, AP, GL."""

    code: SourceCode | None


class Header(Record, rename=_camel):
    """A voucher."""

    db_id: DbId | None
    transaction_number: DbId | None
    posted_date: VendorDate


class LedgerHeader(Header):
    transaction_source: Source | None


class YearPeriod(Record, rename=_camel):
    db_id: DbId | None
    fiscal_year: int | None


class Transaction(XledgerRecord):
    text: str | None
    amount: Money
    invoice_amount: Money | None
    account: Coded
    currency: Coded | None
    tax_rule: Coded | None
    gl_object1_db_id: DbId | None
    gl_object2_db_id: DbId | None
    gl_object3_db_id: DbId | None
    gl_object4_db_id: DbId | None
    gl_object5_db_id: DbId | None
    xgl: Linked | None
    period: YearPeriod | None
    header: LedgerHeader


class PartyTransaction(XledgerRecord):
    """A posting on the account of a customer or a supplier."""

    text: str | None
    amount: Money
    invoice_amount: Money | None
    invoice_remaining: Money | None
    invoice_number: str | int | None
    invoice_date: VendorDate | None
    due_date: VendorDate | None
    subledger_db_id: DbId | None
    account: Coded | None
    currency: Coded | None
    sl_transaction_type: PartyTransactionType | None
    transaction_header: Header | None
