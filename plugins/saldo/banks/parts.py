"""Parts of a rate, with errors that say whose they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from saldo.errors import BadResponse

from .rate import number


def rate_of(text: str, who: str) -> Decimal | None:
    """See rate.number; raises BadResponse. who: for the message."""
    try:
        return number(text)
    except ValueError as error:
        raise BadResponse(
            f"{who}: {str(error)[:40]!r} is no rate; compare the declaration with the bank's documentation"
        ) from None


@lru_cache(maxsize=4096)
def day_of(text: str, who: str) -> date:
    """2026-03-31, or 2026M03D31 as Statistics Denmark writes it. Raises BadResponse."""
    try:
        return date.fromisoformat(text.strip().replace("M", "-").replace("D", "-")[:10])
    except ValueError:
        raise BadResponse(
            f"{who}: {text[:40]!r} is no day; compare the declaration with the bank's documentation"
        ) from None
