"""Facts: dimensions and facts of one agreement, brought up to date in one transaction.

Each file of include/sql/mart says what a row of its table is, and when it is written again
(saldo.transform.mart): when its inputs changed since the last refresh, as the change sequences of
core show, or when it is dated in the window of the run. What core has of its own tables is brought up to date
before (saldo.transform.derived).
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from saldo.agreements.agreement import Agreement
from saldo.paths import SQL_DIR
from saldo.readers.applying import note_personal_accounts
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.runs.meter import Tell, nobody
from saldo.vendors import VENDORS
from saldo.vendors.rows import remember
from saldo.vendors.vendor import Vendor
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection, exclusive, read_sql

from . import replay
from .derived import derive
from .mart.declaration import Declaration
from .mart.parsing import declared
from .mart.progress import ALL_TIME, NO_TIME, Progress
from .mart.writer import Changes, Writer

#: Files of include/sql/mart in the order in which they run: dimensions before the facts that show them.
FILES = (
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
    "dim_dimension_member",
    "dim_document",
    "fact_journal_entries",
    "bridge_entry_dimension",
    "fact_receivables",
    "fact_payables",
    "account_month",
    "fact_account_balance_month",
    "fact_draft_entries",
    "fact_invoice_lines",
    "fact_order_lines",
    "fact_purchase_documents",
    "fact_timesheets",
    "fact_budget",
)
#: Files with another one of the same table in their place, of vendors with something that fills a table of core:
#: customers and suppliers have ledgers of their own there.
_IN_PLACE = {
    "fact_receivables": ("receivable", "fact_receivables.subledger"),
    "fact_payables": ("payable", "fact_payables.subledger"),
}
#: Files only of vendors with something that fills a table of core: companies set up dimensions themselves there, or
#: purchase documents are read.
_OF_SOME = {
    "dim_dimension_member": "dimension_slot",
    "bridge_entry_dimension": "dimension_slot",
    "fact_purchase_documents": "purchase_document",
}
#: The tables of the mart among them: what is summed up on the way is in core.
MART = tuple(name for name in FILES if name != "account_month")
#: Analyzed right after a refresh, without waiting for autovacuum, where the planner would be far off. It takes a second
#: whatever is new: worth it for many new rows, and for some where there were few.
_ANALYZED = (
    "core.key_map", "core.ledger_entry", "core.invoice", "core.invoice_line", "mart.fact_journal_entries",
    "mart.fact_invoice_lines", "mart.dim_document",
)  # fmt: skip
_SOME, _MANY, _SHARE = 1_000, 20_000, 0.1


def refresh(
    connection: Connection,
    agreement: Agreement,
    run_request: RunRequest,
    *,
    base_url: str = "",
    tell: Tell = nobody,
) -> dict[str, Changes]:
    """Bring the mart of one agreement up to date; returns what changed, table by table.

    base_url: address of the API server, without a slash at its end, that links to documents begin
    with; empty for links that are relative to it. When it is another one all links change. tell: hears table by table.
    Idempotent; readers see the state before or the state after. Nothing happens, and nothing is
    returned, before the vendor's identity entity has landed once. Raises Busy.
    """
    with exclusive(connection, agreement.id, "facts"):
        # Before the transaction: agreements of one vendor that refresh at the same time would wait for each other.
        remember(connection, VENDORS[agreement.vendor])
        replay.remember(connection, VENDORS[agreement.vendor])
        # Before there is anything to hide.
        note_personal_accounts(connection, [agreement])
        with connection.transaction():
            changes = _write(connection, agreement, run_request, base_url, tell)
    if not changes:
        return {}
    if _is_much(connection, sum(table.inserted for table in changes.values())):
        # After commit, since it holds its lock to the end of its transaction; who analyzes is skipped.
        connection.execute(f"analyze (skip_locked) {', '.join(_ANALYZED)}".encode())
    return {name: changes.get(name, Changes(0, 0, 0)) for name in MART}


def _write(
    connection: Connection,
    agreement: Agreement,
    run_request: RunRequest,
    base_url: str,
    tell: Tell,
) -> dict[str, Changes]:
    """Write every file, as part of the open transaction; nothing before the company's own record has landed."""
    # One snapshot for all files: an entity that lands meanwhile is shown by the next refresh.
    connection.execute("set transaction isolation level repeatable read")
    # Rows are looked up by key where few changed: the default assumes spinning disks, and
    # reads all of the history instead.
    connection.execute("set local random_page_cost = 1.1")
    if not _reached(connection, agreement.id)["agreement"]:
        return {}
    is_repair = run_request.mode == "full" or run_request.window is not None
    derive(connection, agreement.vendor, agreement.id, everything=is_repair)
    reached = _reached(connection, agreement.id)
    progress = _progress(connection, agreement, run_request, reached)
    files = files_of(VENDORS[agreement.vendor])
    tables = catalogue.named(connection, (file.target for file in files.values()))
    writer = Writer(connection, tables, _parameters(connection, agreement, base_url), progress)
    changes: dict[str, Changes] = {}
    for name, file in files.items():
        tell(len(changes), len(files), name)
        changes[name] = writer.write(file)
    writer.forget()
    watermark.save_progress(connection, agreement.id, "mart", reached)
    _note_state(connection, agreement.id)
    return changes


def _note_state(connection: Connection, agreement_id: str) -> None:
    """Of what the facts are made from now on, and which periods are closed: what past reports are asked by."""
    row = connection.execute(
        "select agreement_key from mart.dim_agreement where agreement_id = %s", [agreement_id]
    ).fetchone()
    parameters = {"agreement_id": agreement_id, "agreement_key": row[0] if row else None}
    for name in ("state", "closings"):
        connection.execute(read_sql(SQL_DIR / "as_of" / f"{name}.sql").encode(), parameters)


def files_of(vendor: Vendor) -> dict[str, Declaration]:
    """Table, without its schema -> the file that makes it of a vendor's books, in the order in which they run."""
    found: dict[str, Declaration] = {}
    for name in FILES:
        if _OF_SOME.get(name, "ledger_entry") not in vendor.fills:
            continue
        needed, other = _IN_PLACE.get(name, ("", ""))
        found[name] = declared(other if needed in vendor.fills else name)
    return found


def all_files() -> list[str]:
    """Every file of include/sql/mart, without its ending."""
    return [*FILES, *(other for _, other in _IN_PLACE.values())]


def followed() -> list[str]:
    """The tables of core, without their schema, whose change sequence the files follow."""
    tables = {table for name in all_files() for table in declared(name).follows}
    return sorted(table.removeprefix("core.") for table in tables if table.startswith("core."))


def _is_much(connection: Connection, inserted: int) -> bool:
    """Whether the new rows are many beside those the planner knows of."""
    if not _SOME < inserted <= _MANY:
        return inserted > _MANY
    [(known,)] = connection.execute(
        "select sum(greatest(reltuples, 0)) from pg_class where oid = any(%s::regclass[])",
        [list(_ANALYZED)],
    ).fetchall()
    return inserted > _SHARE * float(known)


def _reached(connection: Connection, agreement_id: str) -> dict[str, int]:
    """Table of core -> its last change, 0 where it has no row of the agreement."""
    last = sql.SQL(
        "select {}, coalesce(max(change_seq), 0) from {} where agreement_id = %(agreement_id)s"
    )
    query = sql.SQL(" union all ").join(
        last.format(sql.Literal(table), sql.Identifier("core", table)) for table in followed()
    )
    return dict(connection.execute(query, {"agreement_id": agreement_id}).fetchall())


def _progress(
    connection: Connection,
    agreement: Agreement,
    run_request: RunRequest,
    reached: Mapping[str, int],
) -> Progress:
    since = watermark.progress(connection, agreement.id, "mart")
    is_full = run_request.mode == "full"
    return Progress(
        since={f"core.{table}": 0 if is_full else since.get(table, 0) for table in reached},
        reached={f"core.{table}": change for table, change in reached.items()},
        window=ALL_TIME if is_full else run_request.window or NO_TIME,
    )


def _parameters(connection: Connection, agreement: Agreement, base_url: str) -> dict[str, object]:
    """Those of every file; makes the agreement's own key when it is seen for the first time."""
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
    return {
        "agreement_id": agreement.id,
        "agreement_key": key[0] if key else None,
        "company": agreement.company,
        "base_url": base_url,
    }
