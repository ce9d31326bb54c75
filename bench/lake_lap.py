"""One lap of the lake in a process of its own: writing its files, or reading entries back from somewhere.

Reads its task from standard input, prints what it measured, as bench.landing_lap does. `what` is one of `LAPS`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.csv

from saldo.lake import LakeWriter, Store
from saldo.run_request import RunRequest
from saldo.vendors import entity_of
from saldo.warehouse.connection import connect
from stack.settings import PROJECT

from .landing_lap import agreement
from .measure import Clock, memory_mb

Found = dict[str, Any]
_MACROS = PROJECT / "include" / "lake" / "state_now.sql"
_BY_MONTH = "select {account}, date_trunc('month', {date}) as month, sum({amount}), count(*) from {rows} group by 1, 2"
_CORE = """
copy (
    select
        entry_number, voucher_number, entry_type, event_type, date, account_number, customer_number,
        supplier_number, project_number, vat_code, text, currency, amount, amount_base, due_date, remainder,
        invoice_number
    from core.ledger_entry
    where agreement_id = 'bench' and not is_deleted
) to stdout (format csv, header)
"""
_AMOUNTS = ("amount", "amount_base", "remainder")


class Task:
    """What a lap may use, made before the clock starts. place: a folder, of the lake or of Parquet files."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.place: str = values.get("place", "")
        self.connection = connect(values["dsn"])
        if values["what"] != "write":  # whose memory is measured
            self.duckdb = import_module("duckdb").connect()
            self.duckdb.execute(_MACROS.read_text())


def write(task: Task) -> Found:
    """The first file of the entries: all of them."""
    store = Store(fsspec.filesystem("file"), task.place, f"file://{task.place}")
    writer = LakeWriter(
        task.connection, store, agreement(), environment="dev", run_id="bench", run_request=RunRequest(),
        kept_since=None, now=datetime.now(UTC),
    )  # fmt: skip
    writer.bring_up_to_date(entity_of("economic", "entries"))
    return {"rows": writer.written.rows, "written": writer.written.rows}


def sum_lake(task: Task) -> Found:
    """The state now, as a reader of the lake works it out."""
    return _summed_by_duckdb(task, _state_now(task), _LAKE)


def sum_file(task: Task) -> Found:
    """The lake's only file, as it is."""
    return _summed_by_duckdb(task, _parquet(task), _LAKE)


def sum_dlt(task: Task) -> Found:
    return _summed_by_duckdb(task, _parquet(task), _DLT)


_LAKE = {"account": "accountNumber", "date": "date", "amount": "amountInBaseCurrency"}
_DLT = {
    "account": "account_number",
    "date": "date::date",
    "amount": "amount_in_base_currency::decimal(19, 4)",
}


def _summed_by_duckdb(task: Task, rows: str, names: dict[str, str]) -> Found:
    return _summed(task.duckdb.sql(_BY_MONTH.format(rows=rows, **names)).fetchall())


def sum_core(task: Task) -> Found:
    return _summed_by_postgres(
        task,
        "core.ledger_entry where agreement_id = 'bench' and not is_deleted",
        {"account": "account_number", "date": "date", "amount": "amount_base"},
    )


def sum_staging(task: Task) -> Found:
    """Of the records as received."""
    return _summed_by_postgres(
        task,
        "staging.economic_entries where agreement_id = 'bench' and deleted_at is null",
        {
            "account": "payload ->> 'accountNumber'",
            "date": "left(payload ->> 'date', 10)::date",
            "amount": "(payload ->> 'amountInBaseCurrency')::numeric(19, 4)",
        },
    )


def _summed_by_postgres(task: Task, rows: str, names: dict[str, str]) -> Found:
    statement = _BY_MONTH.format(rows=rows, **names)
    return _summed(task.connection.execute(statement.encode()).fetchall())


def _summed(groups: list[tuple[Any, ...]]) -> Found:
    """total: of the absolute sums, since the books' own is zero."""
    rows = sum(count for *_, count in groups)
    return {
        "rows": rows,
        "groups": len(groups),
        "total": f"{sum(abs(amount) for *_, amount, _ in groups):.2f}",
    }


def scan_lake(task: Task) -> Found:
    """The state now, all columns, into a table of Arrow."""
    return _scanned(task.duckdb.sql(f"from {_state_now(task)}").to_arrow_table())


def scan_file(task: Task) -> Found:
    return _scanned(task.duckdb.sql(f"from {_parquet(task)}").to_arrow_table())


def scan_core(task: Task) -> Found:
    """COPY out of core, typed as it comes."""
    with task.connection.cursor().copy(_CORE.encode()) as copy:
        csv = BytesIO(b"".join(copy))
    types = dict.fromkeys(_AMOUNTS, pa.decimal128(19, 4)) | {
        name: pa.string() for name in ("voucher_number", "customer_number", "invoice_number")
    }
    options = pa.csv.ConvertOptions(column_types=types)
    return _scanned(
        pa.csv.read_csv(
            csv,
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=options,
        )
    )


def _scanned(table: pa.Table) -> Found:
    return {"rows": table.num_rows}


def _state_now(task: Task) -> str:
    """All of it is part of the lap: finding the files, and which rows count."""
    task.duckdb.execute(f"set variable files = lake_files('{task.place}')")
    return "lake_state_now(getvariable('files'), ['entryNumber'])"


def _parquet(task: Task) -> str:
    return f"read_parquet('{Path(task.place) / '*.parquet'}')"


LAPS: dict[str, Callable[[Task], Found]] = {
    lap.__name__: lap
    for lap in (
        write,
        sum_lake,
        sum_file,
        sum_dlt,
        sum_core,
        sum_staging,
        scan_lake,
        scan_file,
        scan_core,
    )
}


def main() -> None:
    values = json.load(sys.stdin)
    task, lap = Task(values), LAPS[values["what"]]
    clock = Clock()
    found = lap(task)
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
