"""Which tables of the mart the model has, under which names, and what of them it leaves out.

A table or view of the mart is in TABLES or in LEFT_OUT; a new one that is in neither is an error. Columns need no word here: a
new one is in the model by itself.

Of a fact the model leaves out its own key, and what its dimensions have: a choice of the same in a fact would not be one for
other facts, and texts that differ from row to row are what a model's memory goes into. Its own day it needs, hidden. It leaves out what changes long after the posting date, too (what is still open of an
entry): incremental refresh reads old rows no more. `Receivables` and `Payables` follow from that, and are read whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelTable:
    """A table of the mart in the model.

    source: its name in the schema. date: the column whose day relates it to Date where it has no date_key. roles: columns that
    hold further days, with inactive relationships. window: the column by which a refresh is incremental. only: which rows
    the model loads, as a condition of M. left_out: columns it does not load. names: column -> name in the model, where the rule gives no good one.
    """

    source: str
    name: str
    is_fact: bool = True
    is_hidden: bool = False
    date: str = ""
    roles: tuple[str, ...] = ()
    window: str = ""
    only: str = ""
    left_out: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)


def _dimension(source: str, table: str, /, *left_out: str, **more: str) -> ModelTable:
    return ModelTable(source, table, is_fact=False, left_out=frozenset(left_out), names=more)


TABLES = (
    # Every row of a fact is of an agreement: its members unknown and not applicable would only stand in lists to choose from.
    ModelTable("dim_agreement", "Agreement", is_fact=False, only="[agreement_key] > 0", names={"name": "Company name"}),
    _dimension("dim_date", "Date", month="Month number", month_name="Month"),
    _dimension("dim_account", "Account", name="Account name"),
    _dimension("dim_department", "Department", name="Department"),
    _dimension("dim_customer", "Customer", "payment_terms_key", name="Customer"),
    _dimension("dim_supplier", "Supplier", "payment_terms_key", name="Supplier"),
    _dimension("dim_product", "Product", "description", name="Product"),
    _dimension("dim_project", "Project", "customer_key", "manager_key", name="Project"),
    _dimension("dim_employee", "Employee", name="Employee"),
    _dimension("dim_period", "Period"),
    _dimension("dim_vat", "VAT", name="VAT code name", vat_number="VAT code", account_number="VAT account number"),
    _dimension("dim_document", "Document", "note"),
    ModelTable(
        "fact_journal_entries",
        "Journal entries",
        window="date",
        left_out=frozenset({"entry_number", "amount", "remainder", "remainder_base", "due_date"}),
    ),
    ModelTable("fact_account_balance_month", "Account balances", date="first_day"),
    ModelTable(
        "fact_budget",
        "Budget",
        left_out=frozenset({"config_id", "source_sheet", "source_cell", "source_row"}),
    ),
    ModelTable(
        "fact_receivable_details",
        "Receivables",
        roles=("falls_due",),
        left_out=frozenset({"receivable_key"}),
    ),
    ModelTable(
        "fact_payable_details",
        "Payables",
        roles=("falls_due",),
        left_out=frozenset({"payable_key"}),
    ),
    ModelTable(
        "fact_invoice_lines",
        "Invoice lines",
        roles=("due_date",),
        window="invoice_date",
        left_out=frozenset({
            "line_id", "line_number", "description", "account_number", "net_amount", "vat_amount", "exchange_rate",
            "invoice_remainder_base", "payment_status",
        }),
    ),
    ModelTable(
        "fact_order_lines",
        "Order lines",
        roles=("due_date", "delivery_date"),
        left_out=frozenset({"line_id", "line_number", "description", "net_amount", "exchange_rate"}),
    ),
    ModelTable(
        "fact_purchase_documents",
        "Purchase lines",
        roles=("due_date",),
        left_out=frozenset({
            "line_id", "line_number", "description", "net_amount", "tax_amount", "gross_amount", "exchange_rate", "exported_file",
            "created_at", "updated_at",
        }),
    ),
    ModelTable(
        "fact_timesheets",
        "Timesheets",
        window="date",
        left_out=frozenset({"timesheet_number", "text", "approved_at"}),
    ),
    ModelTable(
        "fact_draft_entries", "Draft entries", left_out=frozenset({"draft_number", "amount", "amount_base", "due_date"})
    ),
    ModelTable("sync_status", "Data status", left_out=frozenset({"agreement"})),
    ModelTable(
        "bridge_user_agreement", "User agreement", is_hidden=True, names={"user_name": "User name"}
    ),
)  # fmt: skip
#: Name in the mart -> why the model does not have it.
LEFT_OUT = {
    "fact_receivables": "Receivables has its postings, and what settles them from which day",
    "fact_payables": "Payables has its postings, and what settles them from which day",
    "fact_accounting": "the postings of fact_journal_entries once more, for readers of SQL",
    "fact_budget_vs_actual": "Budget and Journal entries share their dimensions, and measures compare them",
    "bridge_department": "a distribution's shares are many-to-many; the model's departments are those of the postings",
    "bridge_entry_dimension": "own dimensions are many-to-many with postings: no star",
    "dim_dimension_member": "own dimensions are many-to-many with postings: no star",
    "dim_payment_terms": "customers and suppliers have the terms' name: no snowflake",
    "fact_exchange_rate": "rates belong to no agreement and add up to nothing",
    "exchange_rate_day": "rates belong to no agreement and add up to nothing",
}
#: Column of a fact -> the dimension it points to, and whether that is its active relationship.
KEYS = {
    "agreement_key": ("dim_agreement", True),
    "date_key": ("dim_date", True),
    "account_key": ("dim_account", True),
    "contra_account_key": ("dim_account", False),
    "department_key": ("dim_department", True),
    "customer_key": ("dim_customer", True),
    "supplier_key": ("dim_supplier", True),
    "product_key": ("dim_product", True),
    "project_key": ("dim_project", True),
    "employee_key": ("dim_employee", True),
    "period_key": ("dim_period", True),
    "vat_key": ("dim_vat", True),
    "document_key": ("dim_document", True),
}
#: Dimension -> columns of facts that it has under the same names, beside number, name, id and code of its member.
DOUBLES = {"dim_vat": ("vat_rate_percent",), "dim_period": ("accounting_year", "period")}
#: Columns of facts that measures and queries need, and of which a choice would be none of Date or Period: the day of their relationship to Date,
#: and the year of a fact without one to Period.
OWN_TIMES = frozenset(
    {"date", "invoice_date", "order_date", "month", "first_day", "last_day", "accounting_year"}
)
#: Tables without a relationship: only roles read them.
UNRELATED = frozenset({"bridge_user_agreement"})
