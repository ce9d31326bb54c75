"""Moneybird's own general ledger, asked for afresh: what proof compares the facts with.

Docs: https://developer.moneybird.com, report `general_ledger`: per account what was debited and credited in a period of at
most twelve months. It counts nothing, and names no document; what was booked between landing and proof cannot be told apart.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

from saldo.declarations.controls import BooksYear, Totals

from . import answers, filters
from .client import MoneybirdClient


class MoneybirdControls:
    """Totals of accounts; saldo.declarations.controls says what each returns. A year is a calendar year, a period a month of
    it, named YYYYMM; accounts are named as core.account shows them."""

    def __init__(self, client: MoneybirdClient) -> None:
        self._client = client
        self.usage, self.daily_calls = client.usage, client.daily_calls
        self._shown: dict[str, str] = {}
        #: Totals of years that were asked for to see whether anything is in them.
        self._known: dict[str, Totals] = {}

    def check_identity(self, known: str | None) -> str:
        return self._client.check_identity(known)

    def years(self) -> list[BooksYear]:
        """From the administration's first to the newest in which something is booked."""
        [own] = (
            one
            for one in self._client.administrations()
            if one.id == self._client.administration_id
        )
        this_year = datetime.now(UTC).year
        first = int(own.period_start_date[:4]) if own.period_start_date else this_year
        last, locked = this_year, own.period_locked_until or ""
        while last > first and not self._moved(last):
            last -= 1
        return [
            BooksYear(
                str(year), date(year, 1, 1), date(year, 12, 31), f"{year}-12-31" <= locked[:10]
            )
            for year in range(first, last + 1)
        ]

    def year_totals(self, year: str) -> Totals:
        return self._known.pop(year, None) or self._totals(filters.year(int(year)))

    def period_totals(self, year: str, period: str) -> Totals:
        return self._totals({"period": f"{period}..{period}"})

    def _moved(self, year: int) -> bool:
        found = self._known[str(year)] = self._totals(filters.year(year))
        return any(found.values())

    def _totals(self, params: dict[str, str | int]) -> Totals:
        report = self._client.report("general_ledger", params=params, decode=answers.general_ledger)
        found: Totals = {}
        for id, moved in report.movements().items():
            account = self._account(id)
            found[account] = found.get(account, Decimal(0)) + moved
        return found

    def _account(self, id: str) -> str:
        """What people call an account by, where it is the only one with it; else its id."""
        if not self._shown:
            listed = self._client.get("ledger_accounts", params={}, decode=answers.accounts)
            many = Counter(one.account_id for one in listed)
            self._shown = {
                str(one.id): one.account_id
                if one.account_id and many[one.account_id] == 1
                else str(one.id)
                for one in listed
            }
        return self._shown.get(id, id)
