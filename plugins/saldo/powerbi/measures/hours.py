"""Hours that people registered, and what of them is invoiced."""

from __future__ import annotations

from saldo.powerbi.types import PERCENT

from .currency import in_one_currency
from .measure import Measure

_HOURS = "#,##0.0"
#: Hours are valued in a currency of their own.
_ONE = "HASONEVALUE ( 'Timesheets'[Currency] )"

HOURS = (
    Measure(
        "Hours",
        "Hours",
        "Hours worked.",
        "timesheets",
        "coalesce(sum(hours), 0)",
        "SUM ( 'Timesheets'[Hours] )",
        _HOURS,
    ),
    Measure(
        "Invoiceable hours",
        "Hours",
        "Hours that are, or are to be, invoiced.",
        "timesheets",
        "coalesce(sum(invoice_hours), 0)",
        "SUM ( 'Timesheets'[Invoice hours] )",
        _HOURS,
    ),
    Measure(
        "Utilisation",
        "Hours",
        "Invoiceable hours as a share of hours worked.",
        "timesheets",
        "sum(invoice_hours) / nullif(sum(hours), 0)",
        "DIVIDE ( [Invoiceable hours], [Hours] )",
        PERCENT,
    ),
    Measure(
        "Hours approved",
        "Hours",
        "Share of hours that somebody has approved.",
        "timesheets",
        "sum(hours) filter (where is_approved) / nullif(sum(hours), 0)",
        "DIVIDE ( CALCULATE ( [Hours], KEEPFILTERS ( 'Timesheets'[Is approved] = TRUE () ) ), [Hours] )",
        PERCENT,
    ),
    Measure(
        "Value of hours",
        "Hours",
        "Invoiceable hours at their hourly price, in the currency of Timesheets; empty where these hours have several.",
        "timesheets",
        "coalesce(sum(revenue), 0)",
        in_one_currency("SUM ( 'Timesheets'[Revenue] )", only_if=_ONE),
    ),
    Measure(
        "Cost of hours",
        "Hours",
        "Hours at their hourly cost, in the currency of Timesheets; empty where these hours have several.",
        "timesheets",
        "coalesce(sum(cost), 0)",
        in_one_currency("SUM ( 'Timesheets'[Cost] )", only_if=_ONE),
    ),
)
