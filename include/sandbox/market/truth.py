"""What a warehouse must show of a bank: per currency and month, as the bank prices them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from .rates import Played

_PLACES = Decimal("0.0000000001")


def months(bank: Played, first: date, today: date, last: date) -> dict[str, Any]:
    """Month -> currency -> average, closing, days, closing_date. last: the last day that is out."""
    found: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for day in bank.days(first, today):
        for currency in bank.currencies:
            published = bank.published(currency, day, today)
            if published is not None and day <= last:
                rate = published / bank.unit(currency)
                found[f"{day:%Y-%m}", currency].append((day, rate))
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    with localcontext(prec=60):
        for (month, currency), rates in sorted(found.items()):
            average = sum((rate for _, rate in rates), Decimal(0)) / len(rates)
            told[month][currency] = {
                "average": _text(average),
                "closing": _text(rates[-1][1]),
                "days": len(rates),
                "closing_date": rates[-1][0].isoformat(),
            }
    return dict(told)


def _text(value: Decimal) -> str:
    return str(value.quantize(_PLACES, ROUND_HALF_UP))
