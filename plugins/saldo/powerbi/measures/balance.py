"""Balances on any day: that of the month's end, or the one with which the month begins and its postings up to the day."""

from __future__ import annotations

from saldo.powerbi.types import DATE, TEXT

from .currency import in_one_currency, indented
from .days import DAYS
from .measure import Measure
from .reach import hint, of_balances

#: Profit and loss has no balance after the end of the accounting year, whether or not anything is posted in the next one yet.
_KEPT = """\
KEEPFILTERS ( IsInYear || ISBLANK ( 'Account'[Is balance sheet] ) || 'Account'[Is balance sheet] = TRUE () )"""
_OF_MONTH = f"""\
CALCULATE (
    SUM ( 'Account balances'[COLUMN] ),
    ALL ( 'Date' ),
    'Account balances'[First day] = FirstDay,
    {_KEPT}
)"""
_OPENING, _CLOSING = (
    indented(_OF_MONTH.replace("COLUMN", column), 4) for column in ("Opening base", "Closing base")
)
#: {days}: variables; {day}: a day; {before}: < or <=, whether its postings count; {ends}: > or >=, whether they are all of its month, whose end needs
#: no postings: those of long ago are not loaded. An agreement's own newest month holds for the days after it.
_BALANCE = f"""\
{{days}}VAR TheDay = {{day}}
RETURN
    SUMX (
        VALUES ( 'Agreement'[Agreement key] ),
        VAR TheAgreement = 'Agreement'[Agreement key]
        VAR FirstDay =
            CALCULATE (
                MAX ( 'Account balances'[First day] ),
                ALL ( 'Account balances' ),
                'Account balances'[Agreement key] = TheAgreement,
                'Account balances'[First day] <= TheDay
            )
        VAR LastDay =
            CALCULATE (
                MAX ( 'Account balances'[Last day] ),
                ALL ( 'Account balances' ),
                'Account balances'[Agreement key] = TheAgreement,
                'Account balances'[First day] = FirstDay
            )
        VAR AccountingYear =
            CALCULATETABLE (
                VALUES ( 'Account balances'[Accounting year] ),
                ALL ( 'Account balances' ),
                'Account balances'[Agreement key] = TheAgreement,
                'Account balances'[First day] = FirstDay
            )
        VAR YearEnd =
            CALCULATE (
                MAX ( 'Period'[End date] ),
                ALL ( 'Period' ),
                'Period'[Agreement key] = TheAgreement,
                TREATAS ( AccountingYear, 'Period'[Accounting year] )
            )
        VAR IsInYear = ISBLANK ( YearEnd ) || TheDay <= YearEnd
        RETURN
            IF (
                TheDay {{ends}} LastDay,
{_CLOSING},
{_OPENING}
                    + CALCULATE (
                        SUM ( 'Journal entries'[Amount base] ),
                        ALL ( 'Date' ),
                        ALL ( 'Period' ),
                        'Journal entries'[Date] >= FirstDay && 'Journal entries'[Date] {{before}} TheDay,
                        KEEPFILTERS ( 'Journal entries'[Is opening] = FALSE () ),
                        {_KEPT}
                    )
            )
    )"""

#: One month (a day, or a part of it) is asked for on purpose: what is entered ahead of its date is found there.
_DAY = f"""\
{DAYS}
VAR FirstDay = MINX ( ChosenDays, 'Date'[Date] )
VAR LastDay = MAXX ( ChosenDays, 'Date'[Date] )
RETURN
    IF ( EOMONTH ( FirstDay, 0 ) = EOMONTH ( LastDay, 0 ), LastDay, [Comparison day] )"""
#: Opening balance + Movement = Balance, on whichever day.
_MOVEMENT = f"""\
{DAYS}
VAR TheDay = [Balance day]
RETURN
    CALCULATE ( [Posted], FILTER ( ChosenDays, 'Date'[Date] <= TheDay ), ALL ( 'Period' ) )"""


def _balance(day: str, before: str, days: str = "") -> str:
    balance = _BALANCE.format(days=days, day=day, before=before, ends=before.replace("<", ">"))
    return in_one_currency(of_balances(balance))


BALANCE = (
    Measure(
        "Balance day",
        "Balance",
        "The day that balances, ageing and year to date are of: the last day chosen. Where more than one month is chosen, or "
        "none, the last of these days up to the newest refresh of the facts; after it, where all of them are.",
        "day",
        "max(balance_day)",
        _DAY,
        DATE,
    ),
    Measure(
        "Balance",
        "Balance",
        "Balance at the end of Balance day, debit positive; by agreement, account and department, and empty where "
        "a customer, supplier, project, VAT code, document or posting is chosen (Balance hint). Accounts of profit and loss begin every accounting year at 0; one that is in no chart is carried on.",
        "balances",
        "coalesce(sum(closing_base), 0)",
        _balance("[Balance day]", "<="),
    ),
    Measure(
        "Opening balance",
        "Balance",
        "Balance before the first day chosen, the openings of an accounting year that begins then included.",
        "balances",
        "coalesce(sum(opening_base), 0)",
        _balance("MINX ( ChosenDays, 'Date'[Date] )", "<", f"{DAYS}\n"),
    ),
    Measure(
        "Movement",
        "Balance",
        "What was posted in the days chosen up to Balance day, debit positive. Within an accounting year: Opening balance + Movement = Balance.",
        "balances",
        "coalesce(sum(movement_base), 0)",
        in_one_currency(_MOVEMENT),
    ),
    Measure(
        "Cash",
        "Balance",
        "Balance of cash at the end of Balance day; the parameter CashLines says what is cash.",
        "balances",
        "coalesce(sum(closing_base) filter (where is_cash), 0)",
        "CALCULATE ( [Balance], KEEPFILTERS ( 'Account'[Is cash] = TRUE () ) )",
    ),
    Measure(
        "Cash movement",
        "Balance",
        "What cash changed by in the days chosen up to Balance day.",
        "balances",
        "coalesce(sum(movement_base) filter (where is_cash), 0)",
        "CALCULATE ( [Movement], KEEPFILTERS ( 'Account'[Is cash] = TRUE () ) )",
    ),
    Measure(
        "VAT balance",
        "Balance",
        "Balance of the accounts that VAT is posted on (Account, Is VAT); negative is owed to the authority.",
        "balances",
        "coalesce(sum(closing_base) filter (where is_vat), 0)",
        "CALCULATE ( [Balance], KEEPFILTERS ( 'Account'[Is VAT] = TRUE () ) )",
    ),
    Measure(
        "Balance hint",
        "Balance",
        "Why there is no balance: something is chosen that balances are not by. Empty where there is one.",
        "agreement",
        "max(null::text)",
        hint(),
        TEXT.format,
    ),
)
