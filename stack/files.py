"""The end of `make up`: people's files of the sandbox are read, and their budgets shown beside what was posted."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from rich.console import Console
from rich.table import Table

from .airflow_api import AirflowApi, DagRun
from .settings import StackError

DAG_ID = "saldo_files"
#: How long the run may take.
_PATIENCE_S = 600
_BUDGETS = """
select
    f.agreement_id,
    f.scenario,
    concat_ws('/', to_char(min(f.month), 'YYYY'), nullif(to_char(max(f.month), 'YYYY'), to_char(min(f.month), 'YYYY'))) as year,
    -sum(f.budget_base) filter (where not f.is_balance_sheet) as budget,
    -sum(f.actual_base) filter (where not f.is_balance_sheet) as actual,
    -sum(f.variance_base) filter (where not f.is_balance_sheet) as variance
from mart.fact_budget_vs_actual as f
group by
    f.agreement_id,
    f.scenario
order by
    f.agreement_id,
    f.scenario
"""


def see_files_through(api: AirflowApi, *, is_due: bool, look: Callable[[], None]) -> DagRun | None:
    """Run the DAG of files where it is due or has never run, and wait for its end. None where it is not there. look: called
    every second."""
    if DAG_ID not in api.dag_ids():
        return None
    if is_due or api.last_run(DAG_ID) is None:
        api.trigger(DAG_ID)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        run = api.last_run(DAG_ID)
        if run and run.is_over:
            return run
        look()
        time.sleep(1)
    raise StackError(
        f"{DAG_ID} did not end within {_PATIENCE_S // 60} minutes; look at it in the UI"
    )


def show_budgets(dsn: str, console: Console) -> None:
    """The result that was budgeted beside the one that was posted, scenario by scenario; nothing without budgets."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_BUDGETS).fetchall()
    if not rows:
        return
    table = Table(title="\nBudget and actual (result: income positive)")
    for place, name in enumerate(("agreement", "scenario", "year", "budget", "actual", "variance")):
        table.add_column(name, justify="left" if place < 3 else "right")
    for agreement, scenario, year, *amounts in rows:
        shown = [f"{amount or 0:,.2f}" for amount in amounts]
        table.add_row(agreement, scenario, year, *shown)
    console.print(table)
