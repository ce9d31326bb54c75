"""Receivables and payables: what was open, and overdue, on a day, and the ledger's balance of that day.

Receivables and Payables have a row for each posting, and one each time another posting settles some of it, from the day of the
later of the two: all rows up to a day are what was open then. mart.fact_receivable_details says how that is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from saldo.powerbi.types import PERCENT

from .currency import in_one_currency
from .measure import Measure, Rows

_UP_TO_DAY = """\
VAR LastDay = [Balance day]
RETURN
    {sign}CALCULATE (
        SUM ( '{table}'[Amount base] ),
        ALL ( 'Date' ),
        KEEPFILTERS ( '{table}'[Date] <= LastDay ){only}
    )"""
_AGED = """\
VAR LastDay = [Balance day]
RETURN
    SUMX (
        'Ageing',
        VAR LatestDue = IF ( ISBLANK ( 'Ageing'[Days from] ), DATE ( 9999, 12, 31 ), LastDay - 'Ageing'[Days from] )
        VAR EarliestDue = LastDay - 'Ageing'[Days to]
        VAR IsOldest = ISBLANK ( 'Ageing'[Days to] )
        RETURN
            {sign}CALCULATE (
                SUM ( '{table}'[Amount base] ),
                ALL ( 'Date' ),
                KEEPFILTERS ( '{table}'[Date] <= LastDay ),
                KEEPFILTERS ( '{table}'[Falls due] <= LatestDue && ( IsOldest || '{table}'[Falls due] >= EarliestDue ) )
            )
    )"""
_FOLDER = "Receivables and payables"


@dataclass(frozen=True)
class _Side:
    """table: its name in the model. who, owed: in words. sign: of the measures' SQL, over amounts that are debit positive."""

    table: str
    who: str
    owed: str
    sign: str
    items: Rows
    postings: Rows
    differences: Rows

    def up_to_day(self, *only: str, sign: str | None = None) -> str:
        """DAX of the sum of all rows up to the balance day; only: conditions, in which TABLE is the table."""
        conditions = "".join(
            f",\n        {one}".replace("TABLE", f"'{self.table}'") for one in only
        )
        return self._dax(_UP_TO_DAY, self.sign if sign is None else sign, conditions)

    def aged(self) -> str:
        """DAX of what was open, by how late it was."""
        return self._dax(_AGED, self.sign)

    def _dax(self, text: str, sign: str, only: str = "") -> str:
        dax = text.format(table=self.table, sign="- " if sign else "", only=only)
        return in_one_currency(dax)


def _of(side: _Side) -> tuple[Measure, ...]:
    table, who, owed, sign = side.table, side.who, side.owed, side.sign
    opposite = "" if sign else "-"
    return (
        Measure(
            f"{table} open",
            _FOLDER,
            f"What was open on {who} on Balance day: what is posted up to it, less what was settled up to it; {owed}.",
            side.items,
            f"coalesce({sign}sum(remainder_base), 0)",
            side.up_to_day(),
        ),
        Measure(
            f"{table} overdue",
            _FOLDER,
            f"The part of it that was due before Balance day; {owed}.",
            side.items,
            f"coalesce({sign}sum(remainder_base) filter (where days_overdue > 0), 0)",
            side.up_to_day("KEEPFILTERS ( TABLE[Falls due] < LastDay )"),
        ),
        Measure(
            f"{table} overdue %",
            _FOLDER,
            "The overdue part as a share of what was open.",
            side.items,
            "sum(remainder_base) filter (where days_overdue > 0) / nullif(sum(remainder_base), 0)",
            f"DIVIDE ( [{table} overdue], [{table} open] )",
            PERCENT,
        ),
        Measure(
            f"{table} by age",
            _FOLDER,
            f"What was open by days overdue on Balance day: put Ageing beside it; {owed}. Postings that name one invoice settle each "
            "other; of others the oldest is settled first, and what is still open by the vendor was open then, too.",
            side.items,
            f"coalesce({sign}sum(remainder_base), 0)",
            side.aged(),
        ),
        Measure(
            f"{table} balance",
            _FOLDER,
            f"Sum of all postings on {who} up to Balance day: the balance of that day in the ledger; {owed}.",
            side.postings,
            f"coalesce({sign}sum(amount_base), 0)",
            side.up_to_day('KEEPFILTERS ( TABLE[Detail] = "posting" )'),
        ),
        Measure(
            f"{table} difference",
            _FOLDER,
            f"{table} balance less {table} open: what the vendor holds settled, and no posting on {who} is left to settle: "
            "differences of rounding and rates, fees.",
            side.differences,
            f"coalesce({opposite}sum(amount_base), 0)",
            side.up_to_day('KEEPFILTERS ( TABLE[Detail] = "difference" )', sign=opposite),
        ),
    )


OPEN_ITEMS = (
    *_of(
        _Side(
            "Receivables", "customers", "positive is owed by them", "",
            "receivables", "receivable_postings", "receivable_differences",
        )
    ),
    *_of(
        _Side(
            "Payables", "suppliers", "positive is owed to them", "-",
            "payables", "payable_postings", "payable_differences",
        )
    ),
)  # fmt: skip
