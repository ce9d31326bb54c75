"""Facts: dimensions and facts of one agreement, brought up to date in one transaction.

Each file of include/sql/mart rewrites the rows whose inputs changed since it last ran (the change
sequences of core say which) and those of the window that is to be rewritten whatever changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import ClientCursor, sql

from . import watermark
from .agreement import Agreement
from .paths import SQL_DIR
from .plan import Wish
from .warehouse import Connection, exclusive, read_sql

#: Files in the order in which they run: dimensions before the facts that show them.
MART = (
    "dim_agreement",
    "dim_account",
    "dim_period",
    "dim_payment_terms",
    "dim_customer",
    "dim_supplier",
    "dim_department",
    "bridge_department",
    "dim_employee",
    "dim_vat",
    "dim_product",
    "dim_project",
    "dim_document",
    "fact_journal_entries",
    "fact_receivables",
    "fact_payables",
    "fact_account_balance_month",
    "fact_draft_entries",
    "fact_invoice_lines",
    "fact_order_lines",
)
#: Core tables the files follow by change sequence: %(since_<table>)s.
CORE = (
    "agreement",
    "account",
    "accounting_year",
    "period",
    "customer",
    "customer_group",
    "supplier",
    "supplier_group",
    "payment_terms",
    "vat",
    "vat_type",
    "vat_zone",
    "department",
    "departmental_distribution",
    "employee",
    "entry_dimension",
    "ledger_entry",
    "product",
    "product_group",
    "unit",
    "invoice",
    "invoice_line",
    "sales_order",
    "sales_order_line",
    "attached_document",
)
#: Analyzed at once, not when autovacuum comes by, where the planner would be far off without. A sample costs a
#: second whatever is new: it is worth it for many rows, and for some where there were few.
_ANALYZED = (
    "core.key_map", "core.ledger_entry", "core.invoice", "core.invoice_line", "mart.fact_journal_entries",
    "mart.fact_invoice_lines", "mart.dim_document",
)  # fmt: skip
_SOME, _MANY, _SHARE = 1_000, 20_000, 0.1
ALL_TIME = ("-infinity", "infinity")
NO_TIME = ("infinity", "-infinity")


@dataclass
class Changes:
    """Rows of one table of the mart."""

    inserted: int
    updated: int
    deleted: int

    @property
    def total(self) -> int:
        return self.inserted + self.updated + self.deleted


def refresh(
    connection: Connection, agreement: Agreement, wish: Wish, *, base_url: str = ""
) -> dict[str, Changes]:
    """Bring the mart of one agreement up to date; returns what changed, table by table.

    base_url: address of the API server, without a slash at its end, that links to documents begin
    with; empty for links that are relative to it. When it is another one all links change.
    Idempotent; readers see the state before or the state after. Nothing happens, and nothing is
    returned, before the agreement's own record (`self`) has landed once. Raises Busy.
    """
    with exclusive(connection, agreement.id, "facts"), connection.transaction():
        # One snapshot for all files: an entity that lands meanwhile is shown by the next refresh.
        connection.execute("set transaction isolation level repeatable read")
        # Rows are looked up by key where few changed: the default takes a disk's arm for granted, and
        # reads all of the history instead.
        connection.execute("set local random_page_cost = 1.1")
        reached = {table: _reached(connection, table, agreement.id) for table in CORE}
        if not reached["agreement"]:
            return {}
        parameters = {**_parameters(connection, agreement, wish), "base_url": base_url}
        changes = {name: _run(connection, name, parameters) for name in MART}
        watermark.save_progress(connection, agreement.id, "mart", reached)
    if _is_much(connection, sum(table.inserted for table in changes.values())):
        # After commit, since it holds its lock to the end of its transaction; who analyzes is skipped.
        connection.execute(f"analyze (skip_locked) {', '.join(_ANALYZED)}".encode())
    return changes


def _is_much(connection: Connection, inserted: int) -> bool:
    """Beside what the planner knew of when it was last told."""
    if not _SOME < inserted <= _MANY:
        return inserted > _MANY
    [(known,)] = connection.execute(
        "select sum(greatest(reltuples, 0)) from pg_class where oid = any(%s::regclass[])",
        [list(_ANALYZED)],
    ).fetchall()
    return inserted > _SHARE * float(known)


def _reached(connection: Connection, table: str, agreement_id: str) -> int:
    row = connection.execute(
        sql.SQL("select coalesce(max(change_seq), 0) from {} where agreement_id = %s").format(
            sql.Identifier("core", table)
        ),
        [agreement_id],
    ).fetchone()
    return int(row[0]) if row else 0


def _parameters(connection: Connection, agreement: Agreement, wish: Wish) -> dict[str, object]:
    connection.execute(
        "insert into core.key_map (agreement_id, kind, source_key) select %(id)s, 'agreement', %(id)s "
        "where not exists (select from core.key_map where agreement_id = %(id)s "
        "and kind = 'agreement' and source_key = %(id)s)",
        {"id": agreement.id},
    )
    key = connection.execute(
        "select key from core.key_map where agreement_id = %(id)s and kind = 'agreement' "
        "and source_key = %(id)s",
        {"id": agreement.id},
    ).fetchone()
    since = watermark.progress(connection, agreement.id, "mart")
    is_full = wish.mode == "full"
    window: tuple[str | date, str | date] = ALL_TIME if is_full else wish.window or NO_TIME
    return {
        "agreement_id": agreement.id,
        "agreement_key": key[0] if key else None,
        "company": agreement.company,
        "window_start": window[0],
        "window_end": window[1],
        **{f"since_{t}": 0 if is_full else since.get(t, 0) for t in CORE},
    }


def _run(connection: Connection, name: str, parameters: dict[str, object]) -> Changes:
    """Run one file; its last statement selects inserted, updated and deleted rows."""
    text = read_sql(SQL_DIR / "mart" / f"{name}.sql")
    with ClientCursor(connection) as cursor:
        cursor.execute(text.encode(), parameters)
        while cursor.nextset():
            pass
        inserted, updated, deleted = cursor.fetchone() or (0, 0, 0)
    return Changes(inserted, updated, deleted)
