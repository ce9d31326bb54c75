"""Budget beside what was posted, in the months for which the scenario has a budget."""

from __future__ import annotations

from saldo.powerbi.types import PERCENT

from .currency import in_one_currency, indented
from .measure import Measure
from .reach import of_budgets
from .result import SUM_OF_RESULT
from .to_date import to_date

#: Of the whole budget: an account without one, and a month, have their actuals, too.
_IS_ONE = "CALCULATE ( HASONEVALUE ( 'Budget'[Scenario] ), ALL ( 'Account' ), ALL ( 'Department' ), ALL ( 'Date' ) )"
_BUDGET = "- CALCULATE ( SUM ( 'Budget'[Amount base] ), KEEPFILTERS ( 'Account'[Is balance sheet] = FALSE () ) )"
_ACTUAL = f"""\
SUMX (
    CALCULATETABLE (
        SUMMARIZE ( 'Budget', 'Agreement'[Agreement key], 'Date'[Month start] ),
        ALL ( 'Account' ),
        ALL ( 'Department' )
    ),
{indented(SUM_OF_RESULT)}
)"""


def _of_one(dax: str) -> str:
    """Of one scenario, in one currency, and by what budgets are by."""
    return in_one_currency(in_one_currency(of_budgets(dax), only_if=_IS_ONE))


_BUDGET_SQL = "coalesce(-sum(budget_base) filter (where is_balance_sheet is not true), 0)"
_ACTUAL_SQL = "coalesce(-sum(actual_base) filter (where is_balance_sheet is not true), 0)"
_VARIANCE_SQL = "coalesce(-sum(variance_base) filter (where is_balance_sheet is not true), 0)"
_SHARE_SQL = (
    "-sum(variance_base) filter (where is_balance_sheet is not true) "
    "/ nullif(abs(sum(budget_base) filter (where is_balance_sheet is not true)), 0)"
)

BUDGET = (
    Measure(
        "Budget",
        "Budget",
        "Budgeted result of the months chosen, those to come included: income positive, costs negative. "
        "Empty until one scenario is chosen, where there are several, and where a customer, supplier, project, VAT code, document, posting or "
        "Period is chosen.",
        "budget",
        _BUDGET_SQL,
        _of_one(_BUDGET),
    ),
    Measure(
        "Actual in budgeted months",
        "Budget",
        "Result of the months for which the scenario has a budget, accounts without a budget included.",
        "budget",
        _ACTUAL_SQL,
        _of_one(_ACTUAL),
    ),
    Measure(
        "Budget variance",
        "Budget",
        "Actual less budget of the months chosen: positive is better than budgeted, more income or less cost. "
        "Of a year under way: Variance year to date.",
        "budget",
        _VARIANCE_SQL,
        "[Actual in budgeted months] - [Budget]",
    ),
    Measure(
        "Budget variance %",
        "Budget",
        "The variance as a share of the budget.",
        "budget",
        _SHARE_SQL,
        "DIVIDE ( [Budget variance], ABS ( [Budget] ) )",
        PERCENT,
    ),
    # A month's budget stands on its first day: up to any day of it all of it counts.
    Measure(
        "Budget year to date",
        "Budget",
        "Budget of the months from the first of the fiscal year to that of Balance day, that month as a whole.",
        "budget_to_date",
        _BUDGET_SQL,
        to_date("Budget"),
    ),
    Measure(
        "Actual year to date",
        "Budget",
        "Result of those of these months for which the scenario has a budget, up to Balance day; accounts without a budget included.",
        "budget_to_date",
        _ACTUAL_SQL,
        to_date("Actual in budgeted months"),
    ),
    Measure(
        "Variance year to date",
        "Budget",
        "Actual year to date less Budget year to date: positive is better than budgeted. In a month that is under way a whole "
        "month's budget stands beside its postings so far: choose the month before to compare months that are over.",
        "budget_to_date",
        _VARIANCE_SQL,
        "[Actual year to date] - [Budget year to date]",
    ),
    Measure(
        "Variance year to date %",
        "Budget",
        "The variance year to date as a share of the budget year to date.",
        "budget_to_date",
        _SHARE_SQL,
        "DIVIDE ( [Variance year to date], ABS ( [Budget year to date] ) )",
        PERCENT,
    ),
)
