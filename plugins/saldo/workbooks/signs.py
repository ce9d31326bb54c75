"""From the sign that people write to that of the ledger: debit positive, credit negative."""

from __future__ import annotations

from decimal import Decimal

from saldo.workbooks.layout import Sign


def to_ledger(amount: Decimal, sign: Sign, *, is_credit: bool) -> Decimal:
    """`natural`: an account is positive on its own side, income as well as costs; `ledger`: as it is.

    is_credit: whether the account's own side is credit (income, liabilities, equity), which the chart of accounts
    says, not the file.
    """
    return -amount if sign == "natural" and is_credit else amount
