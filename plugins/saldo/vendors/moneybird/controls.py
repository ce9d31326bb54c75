"""Moneybird's own general ledger, asked for afresh: what proof compares the facts with.

Docs: https://developer.moneybird.com, report `general_ledger`: per account what was debited and credited in a period of at
most twelve months. It counts nothing, and names no document; what was booked between landing and proof cannot be told apart.
Whether anything was, the lists of versions say.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

from saldo.declarations.controls import BooksYear, LandedBooks, Totals

from . import answers, filters
from .answers import GeneralLedger
from .client import MoneybirdClient
from .entities import BOOKED, ENTITIES

#: Those of dim_date, as core has them (derived/accounting_year.sql): a year that was typed wrong is none.
_YEARS = range(1990, 2070)
_BY_NAME = {entity.name: entity for entity in ENTITIES}


def this_year() -> int:
    return datetime.now(UTC).year


class MoneybirdControls:
    """Totals of accounts; saldo.declarations.controls says what each returns. A year is a calendar year, a period a month of
    it, named YYYYMM; accounts are named as core.account shows them."""

    def __init__(self, client: MoneybirdClient) -> None:
        self._client = client
        self.usage, self.daily_calls = client.usage, client.daily_calls
        self._shown: dict[str, str] = {}
        #: Years that were asked for to see what is in them, until their totals are asked for.
        self._known: dict[int, GeneralLedger] = {}

    def check_identity(self, known: str | None) -> str:
        return self._client.check_identity(known)

    def years(self) -> list[BooksYear]:
        """From the first in which something is booked to the newest of those until this one; those of the administration in
        any case. Later ones have no end that could be asked for: proof adds those in which something has landed."""
        [own] = (
            one
            for one in self._client.administrations()
            if one.id == self._client.administration_id
        )
        first = last = this_year()
        if (typed := own.first_year) and typed in _YEARS:
            first = min(first, typed)
        while last > first and not any(self._year(last).movements().values()):
            last -= 1
        first = self._first(first)
        locked = own.period_locked_until or ""
        return [
            BooksYear(
                str(year), date(year, 1, 1), date(year, 12, 31), f"{year}-12-31" <= locked[:10]
            )
            for year in range(first, last + 1)
        ]

    def year_totals(self, year: str) -> Totals:
        report = self._known.pop(int(year), None) or self._report(filters.year(int(year)))
        return self._totals(report)

    def period_totals(self, year: str, period: str) -> Totals:
        return self._totals(self._report({"period": f"{period}..{period}"}))

    def moved_since(self, landed: LandedBooks) -> str:
        """See Moves.moved_since; a request for each kind of record the ledger is made of."""
        differing = {
            name: landed.differing(name, self._client.versions(_BY_NAME[name])) for name in BOOKED
        }
        told = ", ".join(f"{count} of {name}" for name, count in differing.items() if count)
        return f"{told} were made, changed or deleted at the vendor" if told else ""

    def _first(self, year: int) -> int:
        """The year, or the one before it in which something was booked first: it is in the balances that the year begins
        with. What is dated before all years is in those of every one, and is no reason to ask for them all."""
        if self._year(year).is_first:
            return year
        always = self._year(_YEARS[0]).begins_with
        while year > _YEARS[0] and self._year(year).begins_with != always:
            year -= 1
        return year

    def _year(self, year: int) -> GeneralLedger:
        if year not in self._known:
            self._known[year] = self._report(filters.year(year))
        return self._known[year]

    def _report(self, params: dict[str, str | int]) -> GeneralLedger:
        return self._client.report("general_ledger", params=params, decode=answers.general_ledger)

    def _totals(self, report: GeneralLedger) -> Totals:
        found: Totals = {}
        for id, moved in report.movements().items():
            account = self._account(id)
            found[account] = found.get(account, Decimal(0)) + moved
        return found

    def _account(self, id: str) -> str:
        """What people call an account by, where it is the only one with it; else its id."""
        if not self._shown:
            listed = self._client.get("ledger_accounts", params={}, decode=answers.accounts)
            many = Counter(one.called for one in listed)
            self._shown = {
                str(one.id): one.called if one.called and many[one.called] == 1 else str(one.id)
                for one in listed
            }
        return self._shown.get(id, id)
