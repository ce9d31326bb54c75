"""The list of 50,000 purchase documents and what of each was exported, beside a plain SQL query of the same columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from saldo.exports.register import Filters, summaries_json
from saldo.warehouse.connection import Connection, connect

from .cluster import Cluster
from .measure import Lap, clocked
from .targets import Laps, Target

DOCUMENTS, EXPORTED, CHANGED, TIMES = 50_000, 30_000, 2_000, 40
SECTION = f"The list of {DOCUMENTS:,} purchase documents, 95th percentile"
WHOLE, PLAIN, PAGE, MUTATED = (
    "the whole list as JSON",
    "the same columns by plain SQL",
    "a page of 1,000 of those not exported",
    "those that changed since",
)
MOST_MS = 300
#: Of a file that some of the documents are in.
FILE = "purchase-export-20260101_120000-1.xlsx"
_AGREEMENT, _DATABASE = "bench", "export_list_bench"
_NUMBER = "(412233445500000000 + n)::text"
_BOOKS = (
    f"""
    insert into core.purchase_document (
        agreement_id, document_number, kind, date, state, supplier_number, currency, net_amount, net_amount_base,
        gross_amount, gross_amount_base, created_at, version, is_deleted, change_seq
    )
    select
        %(id)s, {_NUMBER}, 'purchase_invoice', date '2020-01-01' + n %% 2000, 'open', 'K' || n %% 500, 'EUR', n, n, n, n,
        timestamptz '2020-01-01 00:00Z' + n * interval '1 hour', n, false, 1
    from generate_series(1, %(documents)s) as n
    """,
    f"""
    insert into core.purchase_document_line (
        agreement_id, document_number, line_id, line_number, description, vat_code, account_number, net_amount,
        net_amount_base, is_deleted, change_seq
    )
    select %(id)s, {_NUMBER}, n || '-' || k, k, 'Levering ' || n, 'V1', 'A' || n %% 100, n / 2.0, n / 2.0, false, 1
    from generate_series(1, %(documents)s) as n, generate_series(1, 2) as k
    """,
    """
    insert into ops.export_file (
        file_id, agreement_id, name, layout, is_logged, is_again, status, documents, rows, sha256, created_by, created_at
    )
    select
        f, %(id)s, 'purchase-export-20260101_120000-' || f || '.xlsx', 'purchases', true, false, 'registered', 10000, 20000,
        '', 'bench', timestamptz '2026-01-01 12:00Z'
    from generate_series(1, 3) as f
    """,
    """
    insert into ops.export_file_document
    select 1 + row_number() over (order by s.document_number) %% 3, %(id)s, s.document_number, s.version, s.snapshot
    from ops.purchase_snapshots(
        %(id)s,
        (
            select array_agg(d.document_number)
            from (
                select document_number from core.purchase_document where agreement_id = %(id)s
                order by document_number limit %(exported)s
            ) as d
        )
    ) as s
    """,
    """
    select ops.renew_purchase_exports(
        %(id)s, (select array_agg(document_number) from ops.export_file_document where agreement_id = %(id)s), true
    )
    """,
    f"""
    update core.purchase_document set state = 'paid' where agreement_id = %(id)s and document_number in (
        select {_NUMBER} from generate_series(1, %(changed)s) as n
    )
    """,
)
_PLAIN = """
select
    d.document_number, d.kind, d.created_at, d.date, d.state, e.file_name, coalesce(e.all_files, '{}'),
    coalesce(e.mutations, '[]')
from core.purchase_document as d
left join core.purchase_document_export as e
    on e.agreement_id = d.agreement_id and e.document_number = d.document_number
where d.agreement_id = 'bench'
order by d.document_number
"""


def run(cluster: Cluster, show: Callable[[Lap], None]) -> None:
    """All laps, each many times."""
    dsn = cluster.empty_warehouse(_DATABASE)
    with connect(dsn) as connection:
        make(connection, _AGREEMENT)
    cluster.settle(_DATABASE)
    with connect(dsn) as connection:
        _lap(cluster, WHOLE, lambda: _listed(connection, Filters(), None), show)
        _lap(cluster, PLAIN, lambda: len(connection.execute(_PLAIN.encode()).fetchall()), show)
        _lap(cluster, PAGE, lambda: _listed(connection, Filters(not_exported=True), 1000), show)
        _lap(cluster, MUTATED, lambda: _listed(connection, Filters(mutated=True), None), show)
    cluster.drop(_DATABASE)


def make(connection: Connection, agreement: str) -> None:
    """The documents of an agreement, and the files that some of them are in."""
    values = {"id": agreement, "documents": DOCUMENTS, "exported": EXPORTED, "changed": CHANGED}
    for statement in _BOOKS:
        connection.execute(statement.encode(), values)


def _listed(connection: Connection, filters: Filters, most: int | None) -> int:
    text = summaries_json(connection, _AGREEMENT, filters, most=most)
    return text.count(b'"createDate"')


def _lap(cluster: Cluster, what: str, once: Callable[[], int], show: Callable[[Lap], None]) -> None:
    lap, took = Lap(SECTION, what), []
    with cluster.metered(lap), clocked(lap):
        for _ in range(TIMES):
            began = perf_counter()
            lap.rows = once()
            took.append(perf_counter() - began)
    lap.seconds = sorted(took)[int(TIMES * 0.95) - 1]
    show(lap)


def targets(laps: Laps) -> Sequence[Target]:
    """How long the list takes, and beside plain SQL."""
    whole, plain = laps.get(SECTION, WHOLE), laps.get(SECTION, PLAIN)
    if not (whole and plain):
        return []
    return [
        Target(
            SECTION,
            f"less than {MOST_MS} ms",
            f"{whole.seconds * 1000:.0f} ms (plain SQL {plain.seconds * 1000:.0f})",
            whole.seconds * 1000 < MOST_MS,
        )
    ]
