"""Control totals of the classic family: what every account came to in an accounting year or period.

`/accounting-years/{y}/totals`, `/accounting-years/{y}/periods/{p}/totals` and the same of one account under
`/accounts/{n}/`. A total is the sum of what is dated inside, opening entries included. Whether a year whose
predecessor is still open shows the balances brought forward is not documented: a company with
`cumulative_totals` does so, for balance accounts, and its totals then run from where openings last
restated the balances to the end of the year or period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sandbox.books.book import Book
from sandbox.books.calendar import Period, Year, periods
from sandbox.books.chart import BANK, CHART, accounts
from sandbox.books.ledger import Ledger

from .access import Options
from .shapes.ledger import url_year
from .shapes.links import link

_TOTALS = re.compile(
    r"(?:accounts/(?P<account>\d+)/)?accounting-years/(?P<year>[^/]+)(?:/periods/(?P<period>\d+))?/totals"
)
_BALANCE = frozenset(a.number for a in CHART if a.is_balance)


class Wanted(NamedTuple):
    """Of which account (None: of each) and of which days totals are asked for."""

    account: int | None
    year: Year
    first: date
    last: date


def wanted(book: Book, path: str) -> Wanted | None:
    """What a path asks for; None where it is no path of totals, or of no such year, period or account."""
    match = _TOTALS.fullmatch(path)
    if match is None:
        return None
    ledger = book.ledger
    year = next((y for y in ledger.years if url_year(y.label) == match["year"]), None)
    account = int(match["account"]) if match["account"] else None
    if year is None or account not in (None, *(a.number for a in accounts(book.day))):
        return None
    if match["period"] is None:
        return Wanted(account, year, year.start, year.end)
    found = periods(book.company, today=ledger.today)
    period = next((p for p in found if _is(p, int(match["period"]), year)), None)
    return Wanted(account, year, period.start, period.end) if period else None


def _is(period: Period, number: int, year: Year) -> bool:
    return period.number == number and period.year == year.label


def rows(book: Book, what: Wanted, base: str, options: Options) -> Iterator[dict[str, Any]]:
    """A row an account that has anything dated inside (or brought forward), in order of number."""
    sums = totals(book.ledger, what, is_cumulative=options.cumulative_totals)
    if BANK in sums:
        sums[BANK] += options.totals_off
    if sums and options.totals_off:
        sums[min(sums)] += options.totals_off
    for account in sorted(sums):
        if what.account in (None, account):
            yield {
                "account": link(base, "accounts", account, accountNumber=account),
                "totalInBaseCurrency": sums[account] / 100,
                "fromDate": what.first.isoformat(),
                "toDate": what.last.isoformat(),
            }


def totals(ledger: Ledger, what: Wanted, *, is_cumulative: bool) -> dict[int, int]:
    """Hundredths by account."""
    found = _between(ledger, what.first, what.last)
    if is_cumulative:
        start = _restated_on(ledger, what.year)
        carried = _between(ledger, start, what.last)
        found |= {account: cents for account, cents in carried.items() if account in _BALANCE}
    return found


def _between(ledger: Ledger, first: date, last: date) -> dict[int, int]:
    """From the first day of a period to the last one of a period."""
    found: dict[int, int] = {}
    for start, sums in ledger.period_sums.items():
        for account, (own, _) in sums.items() if first <= start <= last else ():
            found[account] = found.get(account, 0) + own
    return found


def _restated_on(ledger: Ledger, year: Year) -> date:
    """The first day of the newest year up to this one whose opening entries restate the balances."""
    start = year.start
    while start > ledger.years[0].start:
        sums = ledger.period_sums.get(start, {})
        if any(transferred for _, transferred in sums.values()):
            return start
        start = ledger.year_of(start - timedelta(days=1)).start
    return start
