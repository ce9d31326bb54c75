"""Whose books an agreement holds, as far as the warehouse knows."""

from __future__ import annotations

from .warehouse import Connection


def company_of(connection: Connection, agreement_id: str) -> str | None:
    """The vendor's own id of the company whose books were landed; None before they are."""
    row = connection.execute(
        "select agreement_number from core.agreement where agreement_id = %s", [agreement_id]
    ).fetchone()
    return row[0] if row else None
