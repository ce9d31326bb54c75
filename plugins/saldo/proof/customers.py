"""The control of what each customer owes. It is reported and fails nothing: e-conomic's balance has been
seen to differ from its own remainders."""

from __future__ import annotations

from decimal import Decimal

from saldo.declarations.controls import CustomerBalances
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql

from .comparison import Comparison

ZERO = Decimal(0)
CONTROL, FACT = "customer_balances", "fact_receivables"


def owed(connection: Connection, agreement_id: str) -> dict[str, Decimal]:
    """Customer number -> what the facts say they owe, in base currency."""
    text = read_sql(SQL_DIR / "proof" / "customer_balances.sql")
    return dict(connection.execute(text.encode(), {"agreement_id": agreement_id}).fetchall())


def compare(ours: dict[str, Decimal], controls: CustomerBalances) -> tuple[list[Comparison], str]:
    """A row for all customers, and one for each that differs; and a sentence on how many do."""
    theirs = {b.customer: b.amount for b in controls.customer_balances()}
    rows = [
        _compared(theirs.get(number, ZERO), ours.get(number, ZERO), number)
        for number in sorted({*theirs, *ours})
        if theirs.get(number, ZERO) != ours.get(number, ZERO)
    ]
    note = (
        f"the balances of {len(rows)} of {len(theirs)} customers are not the sum of their open "
        "items; the ledger itself is compared by account (control customer_balances in ops.proof)"
    )
    total = _compared(sum(theirs.values(), ZERO), sum(ours.values(), ZERO))
    return [total, *rows], note if rows else ""


def _compared(theirs: Decimal, ours: Decimal, number: str | None = None) -> Comparison:
    return Comparison(CONTROL, FACT, theirs, ours, number, is_binding=False)
