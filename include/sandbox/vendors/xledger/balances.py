"""Account balances: what moved on an account in a period, where anything did."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sandbox.books import chart
from sandbox.books.vouchers import UNKNOWN_ACCOUNT

from .entity import Entity
from .ledger import postings
from .periods import FIRST_ID, periods
from .registers import Rows, accounts_by_number

#: Every account there will ever be, so that no new one moves the ids of others.
_NUMBERS = sorted({UNKNOWN_ACCOUNT, *(account.number for account in chart.accounts(1_000))})
_PLACES = {number: place for place, number in enumerate(_NUMBERS)}
_MOST_ACCOUNTS = 64


def sums(entity: Entity) -> Counter[tuple[int, int]]:
    """(period, account number) -> base currency."""
    found: Counter[tuple[int, int]] = Counter()
    for posting in postings(entity):
        found[posting.period["dbId"], posting.line.account] += posting.line.base
    return found


def balances(entity: Entity) -> Rows:
    periods_by_id: dict[int, dict[str, Any]] = {row["dbId"]: row for row in entity.of(periods)}
    accounts, first = entity.of(accounts_by_number), entity.id(FIRST_ID)
    return [
        {
            "dbId": entity.id((period - first) * _MOST_ACCOUNTS + _PLACES[number]), **entity.fields(),
            "accountDbId": accounts[number]["dbId"], "account": accounts[number],
            "period": periods_by_id[period], "amount": amount,
        }
        for (period, number), amount in entity.of(sums).items()
    ]  # fmt: skip
