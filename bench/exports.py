"""Files of purchase documents: 100,000 rows from the warehouse into a workbook, beside openpyxl's write-only mode and pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from saldo.warehouse.connection import connect

from .children import ChildFailed, call, python
from .cluster import Cluster
from .measure import Lap
from .targets import Laps, Target

MADE, WORKBOOK = (
    "Saldo: the file made, opened again, stored and compared",
    "Saldo: the workbook alone",
)
OPENPYXL, PANDAS = "openpyxl: write_only", "pandas: to_excel"
ROWS = 100_000
#: How much memory a file may take.
MB_GROWTH = 150
_LINES = 3
_AGREEMENT, _DATABASE = "bench", "exports_bench"
_LAPS = {MADE: "made", WORKBOOK: "workbook", OPENPYXL: "openpyxl", PANDAS: "pandas"}
_BOOKS = """
insert into core.agreement (agreement_id, vendor, agreement_number, company_name, base_currency, change_seq)
values (%(id)s, 'moneybird', '300000000000000001', 'Bench BV', 'EUR', 1)
;
insert into core.supplier (agreement_id, supplier_number, name, code, is_barred, is_deleted, change_seq)
select %(id)s, 'K' || n, 'Leverancier ' || n || ' B.V.', 'K-' || n, false, false, 1 from generate_series(0, 499) as n
;
insert into core.account (agreement_id, account_number, name, account_type, sort_key, is_deleted, change_seq)
select %(id)s, 'A' || n, 'Kosten ' || n, 'expenses', n, false, 1 from generate_series(0, 99) as n
;
insert into core.vat (agreement_id, vat_code, name, rate_percent, is_barred, is_deleted, change_seq)
values (%(id)s, 'V0', '21%% btw', 21, false, false, 1), (%(id)s, 'V1', '9%% btw', 9, false, false, 1)
;
insert into core.purchase_document (
    agreement_id, document_number, kind, reference, date, due_date, state, supplier_number, currency, net_amount,
    net_amount_base, gross_amount, gross_amount_base, created_at, updated_at, version, is_deleted, change_seq
)
select
    %(id)s, (412233445500000000 + n)::text, 'purchase_invoice', 'F' || n, date '2025-01-01' + n %% 600,
    date '2025-02-01' + n %% 600, 'open', 'K' || n %% 500, 'EUR', t.net, t.net, t.net + t.tax, t.net + t.tax,
    timestamptz '2025-01-01 09:12Z' + n * interval '1 minute', timestamptz '2026-01-01 09:12Z', n, false, n
from generate_series(0, %(documents)s - 1) as n
cross join lateral (
    select sum(l.net) as net, sum(round(l.net * case l.line %% 2 when 0 then 0.21 else 0.09 end, 2)) as tax
    from (select k as line, (n * 37 + k * 11) %% 100000 / 100.0 as net from generate_series(0, %(lines)s - 1) as k) as l
) as t
;
insert into core.purchase_document_line (
    agreement_id, document_number, line_id, line_number, description, quantity_text, quantity, vat_code, account_number,
    period_start, period_end, net_amount, net_amount_base, is_deleted, change_seq
)
select
    %(id)s, (412233445500000000 + n)::text, n || '-' || k, k, 'Levering en diensten ' || n || ' volgens bijlage', '2 x', 2.0,
    'V' || k %% 2, 'A' || (n + k) %% 100, date '2026-01-01', date '2026-01-31', (n * 37 + k * 11) %% 100000 / 100.0,
    (n * 37 + k * 11) %% 100000 / 100.0, false, n
from generate_series(0, %(documents)s - 1) as n, generate_series(0, %(lines)s - 1) as k
where n * %(lines)s + k < %(rows)s
"""


def section_of(rows: int) -> str:
    return f"A file of {rows:,} rows of purchase documents"


def run(rows: int, cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
    """All laps of a file of so many rows, each in a process of its own."""
    dsn = cluster.empty_warehouse(_DATABASE)
    _fill(dsn, rows)
    cluster.settle(_DATABASE)
    for what, name in _LAPS.items():
        lap = Lap(section_of(rows), what)
        place = folder / f"exports-{name}"
        place.mkdir()
        task = {"what": name, "dsn": dsn, "agreement_id": _AGREEMENT, "folder": str(place)}
        with cluster.metered(lap):
            found = call(python("bench.exports_lap"), task)
        for field in ("seconds", "client_cpu_s", "peak_mb", "grown_mb", "rows", "written"):
            setattr(lap, field, found.get(field))
        if lap.rows != rows:
            raise ChildFailed(f"{lap.section}, {lap.what}: {lap.rows} rows instead of {rows}")
        lap.disk_mb = sum(path.stat().st_size for path in place.rglob("*.xlsx")) / 1e6
        show(lap)
    cluster.drop(_DATABASE)


def _fill(dsn: str, rows: int) -> None:
    values = {"id": _AGREEMENT, "documents": -(-rows // _LINES), "lines": _LINES, "rows": rows}
    with connect(dsn) as connection, connection.transaction():
        for statement in _BOOKS.split("\n;\n"):
            connection.execute(statement.encode(), values)


def targets(laps: Laps, rows: int) -> Sequence[Target]:
    """Memory, and how the others compare, in a run of this size."""
    section = section_of(rows)
    found = [laps.get(section, what) for what in _LAPS]
    if None in found:
        return []
    made, workbook, openpyxl, pandas = (lap for lap in found if lap)
    return [
        Target(
            f"{section}: memory, growth",
            f"less than {MB_GROWTH} MB",
            f"{made.grown_mb:.0f} MB (openpyxl {openpyxl.grown_mb:.0f}, pandas {pandas.grown_mb:.0f})",
            (made.grown_mb or 0) < MB_GROWTH,
        ),
        Target(
            f"{section}: time of the workbook beside openpyxl and pandas",
            "at most 1 x of each",
            " and ".join(
                f"{workbook.seconds / other.seconds:.2f} x" for other in (openpyxl, pandas)
            ),
            workbook.seconds <= min(openpyxl.seconds, pandas.seconds),
        ),
    ]
