"""What must hold of every table of the mart: one entry of SUITES per table, data only.

What a table's columns say by their names is not repeated here: each `<x>_key` refers to `dim_<x>`, and
`currency` and `base_currency` are currencies the agreement knows. Rules of accounting that are no rule
of a column are files of include/sql/checks (see checks.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from saldo.events import EVENT_TYPES


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Expectations of one table. Columns of `complete`, the key and every reference are never null."""

    table: str
    #: The grain: unique and complete.
    key: tuple[str, ...]
    #: What a person knows a row by, and its numbers: shown of rows that break a rule, in data docs and mails, and so nothing
    #: that is personal (docs/rights.md).
    shown: tuple[str, ...]
    complete: tuple[str, ...] = ()
    #: Column that is null where the vendor's records leave something out (or until what is late lands, which is tried
    #: every night) -> what a person does there: a warning.
    expected: Mapping[str, str] = field(default_factory=dict)
    #: References that are not named like their dimension.
    refers: Mapping[str, str] = field(default_factory=dict)
    #: Keys of the table's own that refer to no dimension.
    own: tuple[str, ...] = ()
    #: The column with the date of date_key.
    date: str = "date"
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


#: A number that was given and that the vendor itself does not know (key -1) is a warning: members can be
#: deleted at the vendor, and what lands late repairs itself. These cannot be deleted while entries name
#: them: once the entity that fills the table of core beside them has landed, such a line is in no balance,
#: which is critical.
MUST_BE_KNOWN = {"account_key": "account"}

_RATE = "an exchange rate at the vendor"
_OF_A_YEAR = {
    "accounting_year": "make the accounting year of its date at the vendor, or correct the date there; the next night that "
    "lands years and periods fills it in"
}
_LINE_KINDS = ("product", "text", "rounding")
#: A vendor's own types (entry_type) are the vendor's to name.
_EVENTS: dict[str, tuple[str, ...]] = {"event_type": EVENT_TYPES}


def _dimension(name: str, *complete: str, shown: tuple[str, ...] = ()) -> Suite:
    """A dimension `dim_<name>` with `<name>_key` and `<name>_number`. shown: instead of number and name."""
    return Suite(
        table=f"dim_{name}",
        key=(f"{name}_key",),
        shown=shown or (f"{name}_number", "name"),
        complete=(f"{name}_number", "name", "is_deleted", *complete),
    )


SUITES = (
    Suite(
        table="dim_agreement",
        key=("agreement_key",),
        shown=("agreement_id", "name"),
        complete=("agreement_id", "name", "vendor", "base_currency"),
    ),
    _dimension("account", "account_type", "sort_order"),
    Suite(
        table="dim_period",
        key=("period_key",),
        shown=("accounting_year", "period", "start_date", "end_date"),
        complete=("accounting_year", "period", "start_date", "end_date", "is_closed"),
    ),
    _dimension("payment_terms", "payment_terms_type"),
    _dimension("customer", "is_barred"),
    _dimension("supplier", "is_barred"),
    _dimension("department", "is_barred", "is_distribution"),
    Suite(
        table="bridge_department",
        key=("department_key", "part_department_key"),
        shown=("department_key", "part_department_key", "share"),
        complete=("share",),
        refers={"part_department_key": "dim_department"},
    ),
    _dimension("employee", "is_barred", shown=("employee_key",)),
    _dimension("vat", "is_barred"),
    _dimension("product", "is_barred"),
    Suite(
        table="dim_project",
        key=("project_key",),
        shown=("project_number",),
        complete=("project_number", "is_deleted"),
        refers={"manager_key": "dim_employee"},
    ),
    Suite(
        table="dim_dimension_member",
        key=("dimension_member_key",),
        shown=("dimension_number", "dimension_member_number"),
        complete=("dimension_number", "dimension_member_number", "is_deleted"),
    ),
    Suite(
        table="dim_document",
        key=("document_key",),
        shown=("kind", "accounting_year", "document_number"),
        complete=("kind", "document_number", "has_pdf", "is_deleted"),
        allowed={"kind": ("voucher", "invoice")},
    ),
    Suite(
        table="fact_journal_entries",
        key=("journal_entry_key",),
        shown=("entry_number", "voucher_number", "date", "account_number", "amount_base"),
        complete=("agreement_id", "entry_number", "date", "account_number", "amount", "amount_base",
                  "is_opening", "has_pdf"),
        expected=_OF_A_YEAR | {"period": _OF_A_YEAR["accounting_year"]},
        own=("voucher_key",),
        allowed=_EVENTS,
    ),
    Suite(
        table="fact_receivables",
        key=("receivable_key",),
        shown=("entry_number", "date", "amount_base"),
        complete=("agreement_id", "entry_number", "date", "customer_number", "amount",
                  "amount_base", "is_settled"),
        expected=_OF_A_YEAR,
        own=("voucher_key",),
        allowed=_EVENTS,
    ),
    Suite(
        table="fact_payables",
        key=("payable_key",),
        shown=("entry_number", "date", "amount_base"),
        complete=("agreement_id", "entry_number", "date", "supplier_number", "amount",
                  "amount_base", "is_settled"),
        expected=_OF_A_YEAR,
        own=("voucher_key",),
        allowed=_EVENTS,
    ),
    Suite(
        table="fact_account_balance_month",
        key=("account_key", "department_key", "first_day"),
        shown=("account_number", "department_number", "month", "first_day", "closing_base"),
        complete=("agreement_id", "month", "first_day", "last_day", "account_number", "opening_base", "movement_base",
                  "closing_base"),
        expected=_OF_A_YEAR,
    ),
    Suite(
        table="fact_budget",
        key=("scenario", "month", "account_key", "department_key"),
        shown=("scenario", "account_number", "department_number", "month", "amount_base", "source_file", "source_cell"),
        complete=("agreement_id", "account_number", "base_currency", "amount_base", "version", "source_file",
                  "source_cell"),
        date="month",
    ),
    Suite(
        table="fact_draft_entries",
        key=("draft_entry_key",),
        shown=("draft_number", "journal_number", "voucher_number", "date", "amount"),
        complete=("agreement_id", "draft_number", "journal_number", "date", "amount"),
        expected={"amount_base": f"give the draft {_RATE}, or book it"},
        refers={"contra_account_key": "dim_account"},
        allowed=_EVENTS,
    ),
    Suite(
        table="fact_invoice_lines",
        key=("invoice_line_key",),
        shown=("invoice_number", "is_draft", "line_number", "line_kind", "invoice_date", "net_amount"),
        complete=("agreement_id", "invoice_number", "line_kind", "is_draft", "is_credit_note",
                  "invoice_date", "net_amount", "invoice_remainder_base", "payment_status", "has_pdf"),
        expected={"net_amount_base": f"give the invoice (as a rule a draft in a foreign currency) {_RATE}, or book it"},
        date="invoice_date",
        allowed={"line_kind": _LINE_KINDS, "payment_status": ("paid", "open", "draft")},
    ),
    Suite(
        table="fact_order_lines",
        key=("order_line_key",),
        shown=("kind", "order_number", "line_number", "line_kind", "order_date", "net_amount"),
        complete=("agreement_id", "kind", "status", "order_number", "line_kind", "order_date",
                  "net_amount"),
        expected={"net_amount_base": f"give the order or quote {_RATE}"},
        date="order_date",
        allowed={
            "kind": ("order", "quote"),
            "status": ("draft", "sent", "archived"),
            "line_kind": _LINE_KINDS,
        },
    ),
    Suite(
        table="fact_purchase_documents",
        key=("purchase_line_key",),
        shown=("document_number", "line_id", "kind", "state", "date", "gross_amount"),
        complete=("agreement_id", "document_number", "line_id", "kind", "state", "currency", "net_amount", "tax_amount",
                  "gross_amount", "is_paid", "is_exported", "is_changed_since_export"),
        expected={
            "account_number": "choose a ledger account for the line at the vendor",
            "net_amount_base": f"give the document {_RATE}",
            "paid_amount_base": f"give the document {_RATE}",
        },
        # A document's states are the vendor's to add to: a new one is shown as other_<state>.
        allowed={"kind": ("purchase_invoice", "receipt")},
    ),
    Suite(
        table="bridge_entry_dimension",
        key=("journal_entry_key", "dimension_number"),
        shown=("entry_number", "dimension_number"),
        complete=("agreement_id", "entry_number", "date"),
        own=("journal_entry_key",),
    ),
    Suite(
        table="fact_timesheets",
        key=("timesheet_key",),
        shown=("timesheet_number", "date", "project_number", "hours"),
        complete=("agreement_id", "timesheet_number", "date", "is_approved", "is_invoiced", "is_posted"),
        expected={"hours": "fill in the hours of the line at the vendor, or delete it there"},
    ),
)  # fmt: skip
