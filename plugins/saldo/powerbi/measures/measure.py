"""What a measure is: once as DAX, and once as SQL over the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saldo.powerbi.types import MONEY

#: What the SQL of a measure is about: include/sql/powerbi/<rows>.sql, for one agreement and a range of days.
Rows = Literal[
    "agreement", "day", "entries", "year_to_date", "two_years", "balances", "receivables", "payables", "receivable_postings", "payable_postings",
    "receivable_differences", "payable_differences",
    "budget", "budget_to_date", "invoice_lines", "order_lines", "purchase_lines", "draft_entries", "timesheets", "status",
]  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """name and comment: for people. folder: under which it stands. rows, sql: its twin, an aggregate over rows of the warehouse.

    The two say the same of one agreement and the days from first to last. Debit is positive in rows; the sign that people
    expect is the measure's.
    """

    name: str
    folder: str
    comment: str
    rows: Rows
    sql: str
    dax: str
    format: str = MONEY
