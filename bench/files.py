"""Files of people beside pandas: from a budget on disk to committed rows, in time, CPU and memory.

Saldo's lap is the whole intake: the folder looked at, the file read and checked cell by cell, its rows in staging, judged beside the
ledger, and in core. The others' laps read the same file into a DataFrame with exact amounts, and write it to a bare table by to_sql.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import connect

from . import budgets
from .agreement import sandbox
from .children import ChildFailed, call, python
from .cluster import Cluster
from .landing_lap import agreement
from .measure import Lap

INTAKE = "Saldo: the file into staging and core"
AGAIN = "Saldo: the file again, 1 % changed"
SAME = "Saldo: the file saved again as it was"
FACTS, FACTS_AGAIN = "Saldo: fact_budget of it, afterwards", "Saldo: fact_budget of the 1 %"
PLAIN, MULTI = "pandas: to_sql as it comes", "pandas: to_sql, 1,000 rows a statement"
SMALL = 10_000
#: A workbook has so many times fewer rows than a CSV file: 200,000 beside 1,000,000.
_FEWER = 5
#: Entries of the books that the budget is judged beside.
_ENTRIES = 10_000
_BOOKS, _SALDO_DB, _OTHER_DB = "files_books", "files_bench", "files_pandas"
_CORE = "select count(*), sum(amount) from core.budget where not is_deleted"
_OTHER = "select count(*), sum(amount) from budget"


def section_of(kind: str, rows: int) -> str:
    return f"A budget of {rows:,} rows in {'a workbook' if kind == 'xlsx' else 'CSV'}"


def sizes_of(rows: int) -> dict[str, int]:
    """Kind of file -> its rows, in a run of this size."""
    return {"xlsx": rows // _FEWER, "csv": rows}


@dataclass
class _Budget:
    """A file of a size, and what must be in the tables afterwards."""

    kind: str
    rows: int
    path: Path
    every: int = 0

    def write(self, accounts: list[str]) -> None:
        budgets.write(self.path, self.rows, accounts, every=self.every)

    @property
    def total(self) -> str:
        return f"{budgets.total(self.rows, every=self.every):.4f}"


class BudgetFiles:
    """The laps of both kinds of files, small ones first: what they differ in is what size costs in memory."""

    def __init__(self, cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
        self._cluster, self._folder, self._show = cluster, folder, show

    def run(self, rows: int) -> None:
        with sandbox(_ENTRIES, self._folder) as url:
            self._land(url)
        for kind, count in sizes_of(rows).items():
            self._budget(kind, SMALL, is_whole=False)
            self._budget(kind, count, is_whole=True)
        self._cluster.drop(_BOOKS)

    def _land(self, url: str) -> None:
        """Books to judge budgets beside, with their facts: each lap of Saldo begins with a copy."""
        dsn = self._cluster.empty_warehouse(_BOOKS)
        call(python("bench.landing_lap"), {"what": "entities", "dsn": dsn, "url": url})
        with connect(dsn) as connection:
            refresh(connection, agreement(), RunRequest())
            self._accounts = [
                number
                for (number,) in connection.execute(
                    "select account_number from core.account where account_type in ('profit_and_loss', 'status') "
                    "order by 1"
                )
            ]
        self._cluster.settle(_BOOKS)

    def _budget(self, kind: str, rows: int, *, is_whole: bool) -> None:
        folder = self._folder / f"files-{kind}-{rows}"
        folder.mkdir()
        budget = _Budget(kind, rows, folder / f"Budget 2026.{kind}")
        budget.write(self._accounts)
        dsn = self._cluster.copy_of(_BOOKS, _SALDO_DB)
        self._saldo(budget, INTAKE, "intake", dsn)
        if is_whole:
            self._saldo(budget, FACTS, "facts", dsn)
        for what, name in ((PLAIN, "plain"), (MULTI, "multi")):
            self._pandas(budget, what, name)
        if is_whole:
            self._again(budget, dsn)
        self._cluster.drop(_SALDO_DB)

    def _again(self, budget: _Budget, dsn: str) -> None:
        """The nights after: somebody saves the file as it was, and somebody changes a little of it."""
        self._cluster.settle(_SALDO_DB)
        budget.write(self._accounts)
        self._saldo(budget, SAME, "intake", dsn)
        budget.every = 100
        budget.write(self._accounts)
        self._saldo(budget, AGAIN, "intake", dsn)
        self._saldo(budget, FACTS_AGAIN, "facts", dsn)

    # --- laps ------------------------------------------------------------------------------------

    def _saldo(self, budget: _Budget, what: str, name: str, dsn: str) -> None:
        lap = Lap(section_of(budget.kind, budget.rows), what)
        task = {"what": name, "dsn": dsn, "folder": str(budget.path.parent), "kind": budget.kind}
        self._lap(lap, "bench.files_lap", task)
        self._check(lap, dsn, _CORE, budget)

    def _pandas(self, budget: _Budget, what: str, name: str) -> None:
        lap = Lap(section_of(budget.kind, budget.rows), what)
        dsn = self._cluster.empty_database(_OTHER_DB)
        self._lap(lap, "bench.pandas_lap", {"what": name, "dsn": dsn, "path": str(budget.path)})
        self._check(lap, dsn, _OTHER, budget)
        self._cluster.drop(_OTHER_DB)

    def _lap(self, lap: Lap, module: str, task: dict[str, Any]) -> None:
        with self._cluster.metered(lap):
            found = call(python(module), task)
        for field in ("seconds", "client_cpu_s", "peak_mb", "rows", "written"):
            setattr(lap, field, found.get(field))

    def _check(self, lap: Lap, dsn: str, statement: str, budget: _Budget) -> None:
        """A lap that lost a row, or a hundredth, has measured nothing."""
        with connect(dsn) as connection:
            found = connection.execute(statement.encode()).fetchone()
        if found is None or (found[0], f"{found[1]:.4f}") != (budget.rows, budget.total):
            raise ChildFailed(
                f"{lap.section}, {lap.what}: {found} instead of {budget.rows} rows, {budget.total}"
            )
        self._show(lap)


def run(rows: int, cluster: Cluster, folder: Path, show: Callable[[Lap], None]) -> None:
    """rows: of the CSV file."""
    BudgetFiles(cluster, folder, show).run(rows)
