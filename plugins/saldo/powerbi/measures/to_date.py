"""From the first day of the fiscal year to the balance day."""

from __future__ import annotations

_TO_DATE = """\
VAR LastDay = [Balance day]
VAR FiscalYear = CALCULATE ( MAX ( 'Date'[Fiscal year number] ), ALL ( 'Date' ), 'Date'[Date] = LastDay )
RETURN
    CALCULATE (
        [MEASURE],
        FILTER ( ALL ( 'Date' ), 'Date'[Fiscal year number] = FiscalYear && 'Date'[Date] <= LastDay ),
        ALL ( 'Period' )
    )"""


def to_date(measure: str) -> str:
    """DAX of another measure, of the fiscal year of the balance day up to that day."""
    return _TO_DATE.replace("MEASURE", measure)
