"""People's workbooks and CSV files: budgets, account mappings and exchange rates, as rows or as a list of all that is wrong.

No Airflow, no database, no network: a local file and a `Layout` go in. docs/workbooks.md says what is accepted.
"""

from __future__ import annotations

from saldo.workbooks.book import Book, read
from saldo.workbooks.layout import Csv, Layout
from saldo.workbooks.lines import BudgetRow
from saldo.workbooks.mapping import MappingRow
from saldo.workbooks.marked import marked_copy
from saldo.workbooks.problems import Problem, Rejected
from saldo.workbooks.rates import read_rates
from saldo.workbooks.signs import to_ledger

__all__ = [
    "Book",
    "BudgetRow",
    "Csv",
    "Layout",
    "MappingRow",
    "Problem",
    "Rejected",
    "marked_copy",
    "read",
    "read_rates",
    "to_ledger",
]
