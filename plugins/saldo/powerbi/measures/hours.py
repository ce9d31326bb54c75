"""Hours that people registered, and what of them is invoiced."""

from __future__ import annotations

from saldo.powerbi.types import PERCENT

from .measure import Measure

_HOURS = "#,##0.0"

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
        "Invoiceable hours at their hourly price, in the currency of Timesheets: choose one before adding up.",
        "timesheets",
        "coalesce(sum(revenue), 0)",
        "SUM ( 'Timesheets'[Revenue] )",
    ),
    Measure(
        "Cost of hours",
        "Hours",
        "Hours at their hourly cost, in the currency of Timesheets: choose one before adding up.",
        "timesheets",
        "coalesce(sum(cost), 0)",
        "SUM ( 'Timesheets'[Cost] )",
    ),
)
