"""Receivables and payables: open and overdue at a day by what remains now, and the ledger's balance of that day."""

from __future__ import annotations

from saldo.powerbi.types import PERCENT

from .measure import Measure

_OPEN = """\
VAR LastDay = [Balance day]
RETURN
    {sign}CALCULATE ( SUM ( '{table}'[Remainder base] ), ALL ( 'Date' ), '{table}'[Date] <= LastDay )"""
_OVERDUE = """\
VAR LastDay = [Balance day]
RETURN
    {sign}CALCULATE (
        SUM ( '{table}'[Remainder base] ),
        ALL ( 'Date' ),
        '{table}'[Date] <= LastDay,
        '{table}'[Falls due] < LastDay
    )"""
_AGED = """\
VAR LastDay = [Balance day]
RETURN
    SUMX (
        'Ageing',
        VAR Latest = LastDay - 'Ageing'[Days from]
        VAR Earliest = LastDay - 'Ageing'[Days to]
        RETURN
            {sign}CALCULATE (
                SUM ( '{table}'[Remainder base] ),
                ALL ( 'Date' ),
                '{table}'[Date] <= LastDay,
                '{table}'[Falls due] >= Earliest && '{table}'[Falls due] <= Latest
            )
    )"""
_BALANCE = """\
VAR LastDay = [Balance day]
RETURN
    {sign}CALCULATE ( SUM ( '{table}'[Amount base] ), ALL ( 'Date' ), '{table}'[Date] <= LastDay )"""


def _of(table: str, who: str, rows: str, postings: str, sign: str) -> tuple[Measure, ...]:
    minus, owed = (
        ("- ", "positive is owed to them") if sign == "-" else ("", "positive is owed by them")
    )
    folder = "Receivables and payables"

    def text(dax: str) -> str:
        return dax.format(table=table, sign=minus)

    return (
        Measure(
            f"{table} open",
            folder,
            f"What is open on {who} on Balance day, by what remains of it now; {owed}.",
            rows,  # type: ignore[arg-type]
            f"coalesce({sign}sum(remainder_base), 0)",
            text(_OPEN),
        ),
        Measure(
            f"{table} overdue",
            folder,
            f"The part of it that was due before Balance day; {owed}.",
            rows,  # type: ignore[arg-type]
            f"coalesce({sign}sum(remainder_base) filter (where days_overdue > 0), 0)",
            text(_OVERDUE),
        ),
        Measure(
            f"{table} overdue %",
            folder,
            "The overdue part as a share of what is open.",
            rows,  # type: ignore[arg-type]
            "sum(remainder_base) filter (where days_overdue > 0) / nullif(sum(remainder_base), 0)",
            f"DIVIDE ( [{table} overdue], [{table} open] )",
            PERCENT,
        ),
        Measure(
            f"{table} by age",
            folder,
            f"What is open by days overdue on Balance day: put Ageing beside it; {owed}.",
            rows,  # type: ignore[arg-type]
            f"coalesce({sign}sum(remainder_base), 0)",
            text(_AGED),
        ),
        Measure(
            f"{table} balance",
            folder,
            f"Sum of all postings on {who} up to Balance day, settled or not: what was open on that day; {owed}.",
            postings,  # type: ignore[arg-type]
            f"coalesce({sign}sum(amount_base), 0)",
            text(_BALANCE),
        ),
    )  # fmt: skip


OPEN_ITEMS = (
    *_of("Receivables", "customers", "receivables", "receivable_postings", ""),
    *_of("Payables", "suppliers", "payables", "payable_postings", "-"),
)
