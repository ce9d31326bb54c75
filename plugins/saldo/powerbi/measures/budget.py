"""Budget beside what was posted, in the months for which the scenario has a budget."""

from __future__ import annotations

from saldo.powerbi.types import PERCENT

from .measure import Measure

#: Of the whole budget: an account without one, and a month, have their actuals, too.
_IS_ONE = "CALCULATE ( HASONEVALUE ( 'Budget'[Scenario] ), ALL ( 'Account' ), ALL ( 'Department' ), ALL ( 'Date' ) )"
_ACTUAL = f"""\
IF (
    {_IS_ONE},
    SUMX (
        CALCULATETABLE (
            SUMMARIZE ( 'Budget', 'Agreement'[Agreement key], 'Date'[Month start] ),
            ALL ( 'Account' ),
            ALL ( 'Department' )
        ),
        [Result]
    )
)"""

BUDGET = (
    Measure(
        "Budget",
        "Budget",
        "Budgeted result: income positive, costs negative. Empty until one scenario is chosen, where there are several.",
        "budget",
        "coalesce(-sum(budget_base) filter (where is_balance_sheet is not true), 0)",
        "IF (\n"
        f"    {_IS_ONE},\n"
        "    - CALCULATE ( SUM ( 'Budget'[Amount base] ), KEEPFILTERS ( 'Account'[Is balance sheet] = FALSE () ) )\n"
        ")",
    ),
    Measure(
        "Actual in budgeted months",
        "Budget",
        "Result of the months for which the scenario has a budget, accounts without a budget included.",
        "budget",
        "coalesce(-sum(actual_base) filter (where is_balance_sheet is not true), 0)",
        _ACTUAL,
    ),
    Measure(
        "Budget variance",
        "Budget",
        "Actual less budget: positive is better than budgeted, more income or less cost.",
        "budget",
        "coalesce(-sum(variance_base) filter (where is_balance_sheet is not true), 0)",
        "[Actual in budgeted months] - [Budget]",
    ),
    Measure(
        "Budget variance %",
        "Budget",
        "The variance as a share of the budget.",
        "budget",
        "-sum(variance_base) filter (where is_balance_sheet is not true) "
        "/ nullif(abs(sum(budget_base) filter (where is_balance_sheet is not true)), 0)",
        "DIVIDE ( [Budget variance], ABS ( [Budget] ) )",
        PERCENT,
    ),
)
