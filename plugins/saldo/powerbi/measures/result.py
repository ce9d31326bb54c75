"""Profit and loss: by the vendor's own sections, or by the lines of the group's report, as Account has them."""

from __future__ import annotations

from saldo.powerbi.types import COUNT, DATE, PERCENT

from .chosen import is_chosen
from .currency import in_one_currency
from .days import DAYS, READ, in_spans
from .measure import Measure
from .to_date import to_date

#: Of all agreements in context, whichever their currencies: within what goes from one to the next.
SUM_OF_RESULT = """\
- CALCULATE (
    SUM ( 'Journal entries'[Amount base] ),
    KEEPFILTERS ( 'Journal entries'[Is opening] = FALSE () ),
    KEEPFILTERS ( 'Account'[Is balance sheet] = FALSE () )
)"""
#: An unfiltered page has a budget's year, or the calendar's end, as its last day: people expect the books as they are.
_COMPARED = f"""\
{DAYS}
{READ}
VAR LastKnown = MAXX ( FILTER ( ChosenDays, 'Date'[Date] <= LastRead ), 'Date'[Date] )
RETURN
    IF ( ISBLANK ( LastKnown ), MAXX ( ChosenDays, 'Date'[Date] ), LastKnown )"""
_OF_YEAR_BEFORE = "CALCULATE ( [Result], ALL ( 'Date' ), ALL ( 'Period' ), TREATAS ( DAYS, 'Date'[Same day next year] ) )"
#: Where Period is chosen, of each agreement's own days. Of a year or month under way no more than of this one: eleven months are not compared with twelve. DAX's own functions of time refuse days
#: with gaps, which slicers give; and each day of the year before stands beside one day, so that days add up to their month.
_YEAR_BEFORE = f"""\
VAR LastDay = [Comparison day]
RETURN
    IF (
        {is_chosen("Period")},
        SUMX (
            VALUES ( 'Agreement'[Agreement key] ),
            VAR TheAgreement = 'Agreement'[Agreement key]
            VAR PeriodSpans =
                CALCULATETABLE (
                    SUMMARIZE ( 'Period', 'Period'[Start date], 'Period'[End date] ),
                    KEEPFILTERS ( 'Period'[Agreement key] = TheAgreement )
                )
            VAR OwnDays = FILTER ( VALUES ( 'Date'[Date] ), 'Date'[Date] <= LastDay && {in_spans("PeriodSpans")} )
            RETURN
                {_OF_YEAR_BEFORE.replace("DAYS", "OwnDays")}
        ),
        VAR ComparedDays = FILTER ( VALUES ( 'Date'[Date] ), 'Date'[Date] <= LastDay )
        RETURN
            {_OF_YEAR_BEFORE.replace("DAYS", "ComparedDays")}
    )"""
#: What is posted ahead of its date has nothing beside it yet, and days to come are compared with nothing.
_CHANGE = f"""\
{DAYS}
{READ}
VAR ComparedDays = FILTER ( ChosenDays, 'Date'[Date] <= LastRead )
RETURN
    CALCULATE ( [Result], ComparedDays ) - CALCULATE ( [Result previous year], ComparedDays )"""
_CHANGE_SQL = "-sum(case when is_year_before then -amount_base else amount_base end) filter (where is_compared)"
_RESULT_SQL = (
    "coalesce(-sum(amount_base) filter (where not is_opening and is_balance_sheet is not true), 0)"
)
_OUTSIDE = """\
CALCULATE (
    [Result],
    KEEPFILTERS ( FILTER ( ALL ( 'Account'[Report line] ), 'Account'[Report line] IN { BLANK (), "Unmapped" } ) )
)"""
RESULT = (
    Measure(
        "Result",
        "Result",
        "Profit and loss: income positive, costs negative. Opening entries are left out; an account that is in no chart counts.",
        "entries",
        _RESULT_SQL,
        in_one_currency(SUM_OF_RESULT),
    ),
    Measure(
        "Result year to date",
        "Result",
        "Result from the first day of the fiscal year to Balance day; the parameter FiscalYearStart says when it begins.",
        "year_to_date",
        _RESULT_SQL,
        to_date("Result"),
    ),
    Measure(
        "Comparison day",
        "Result",
        "The day up to which the year before is shown: the last day chosen up to the newest refresh of the facts; where all of them are "
        "to come, the last one.",
        "day",
        "max(comparison_day)",
        _COMPARED,
        DATE,
    ),
    Measure(
        "Result previous year",
        "Result",
        "Result of the same days one year earlier, those up to Comparison day; 29 February stands beside 28 February of the year after.",
        "two_years",
        "coalesce(-sum(amount_base) filter (where is_year_before), 0)",
        in_one_currency(_YEAR_BEFORE),
    ),
    Measure(
        "Result outside the group's lines",
        "Result",
        "Result on accounts that no line of the group's report holds.",
        "entries",
        "coalesce(-sum(amount_base) filter (where not is_opening and is_balance_sheet is not true "
        "and coalesce(report_line, 'Unmapped') = 'Unmapped'), 0)",
        _OUTSIDE,
    ),
    Measure(
        "Posted",
        "Result",
        "What was posted, debit positive, opening entries left out.",
        "entries",
        "coalesce(sum(amount_base) filter (where not is_opening), 0)",
        in_one_currency(
            "CALCULATE ( SUM ( 'Journal entries'[Amount base] ), KEEPFILTERS ( 'Journal entries'[Is opening] = FALSE () ) )"
        ),
    ),
    Measure(
        "Postings", "Result", "Posted lines.", "entries", "count(*)", "COUNTROWS ( 'Journal entries' )", COUNT
    ),
    Measure(
        "Vouchers",
        "Result",
        "Vouchers with a posted line.",
        "entries",
        "count(distinct voucher_key)",
        "DISTINCTCOUNT ( 'Journal entries'[Voucher key] )",
        COUNT,
    ),
    Measure(
        "Postings with a PDF",
        "Result",
        "Share of posted lines whose document has a PDF.",
        "entries",
        "(count(*) filter (where has_pdf))::numeric / nullif(count(*), 0)",
        "DIVIDE ( CALCULATE ( [Postings], KEEPFILTERS ( 'Journal entries'[Has PDF] = TRUE () ) ), [Postings] )",
        PERCENT,
    ),
)  # fmt: skip
CHANGE = (
    Measure(
        "Result change",
        "Result",
        "Result less Result previous year, both of the days chosen up to the newest refresh of the facts: what is posted ahead of its "
        "date does not count. Empty where all days are to come.",
        "two_years",
        f"coalesce({_CHANGE_SQL}, 0)",
        in_one_currency(_CHANGE),
    ),
    Measure(
        "Result change %",
        "Result",
        "The change as a share of the earlier result.",
        "two_years",
        f"{_CHANGE_SQL} / nullif(abs(sum(amount_base) filter (where is_year_before)), 0)",
        "DIVIDE ( [Result change], ABS ( [Result previous year] ) )",
        PERCENT,
    ),
)
