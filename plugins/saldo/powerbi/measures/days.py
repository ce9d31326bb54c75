"""Which days measures are of."""

from __future__ import annotations

from .chosen import is_chosen

#: A variable: when the facts were refreshed. ALLSELECTED: one day for the rows of a table and their total.
READ = "VAR LastRead = CALCULATE ( MAX ( 'Data status'[Data as of] ), ALLSELECTED ( 'Agreement' ) )"


def in_spans(spans: str) -> str:
    """DAX of whether a day of Date is in one of these spans of Period."""
    day = "'Date'[Date]"
    return f"NOT ( ISEMPTY ( FILTER ( {spans}, 'Period'[Start date] <= {day} && 'Period'[End date] >= {day} ) ) )"


#: Variables, of which ChosenDays are the days chosen: of Date, and of Period where something of it is chosen. Balances, budgets and open items
#: have no relationship to Period, and agreements have years of their own: days are what all of them share.
DAYS = f"""\
VAR IsByPeriod = {is_chosen("Period")}
VAR ChosenAgreements = CALCULATETABLE ( VALUES ( 'Agreement'[Agreement key] ), ALLSELECTED ( 'Agreement' ) )
VAR PeriodSpans =
    CALCULATETABLE (
        SUMMARIZE ( 'Period', 'Period'[Start date], 'Period'[End date] ),
        KEEPFILTERS ( TREATAS ( ChosenAgreements, 'Period'[Agreement key] ) )
    )
VAR ChosenDays =
    FILTER (
        VALUES ( 'Date'[Date] ),
        NOT ( IsByPeriod )
            || {in_spans("PeriodSpans")}
    )"""
