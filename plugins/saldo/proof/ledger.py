"""The ledger's controls: totals of years and periods, the count of entries, and the months' balances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from saldo.declarations.controls import BooksYear, EntryCounts, Offer, Totals
from saldo.errors import Unavailable

from .books import Books, Sums
from .comparison import Comparison, month_days
from .meanwhile import BooksMoved
from .vendor_totals import Scope, VendorTotals

#: How often totals are asked for again while the vendor goes on booking.
ROUNDS = 4
ZERO = Decimal(0)
FACT = "fact_journal_entries"


class Ledger:
    """Compares the facts of some years, as far as the vendor offers controls. Differences are confirmed before
    they are returned."""

    def __init__(
        self,
        offer: Offer,
        books: Books,
        years: Sequence[BooksYear],
        *,
        is_all: bool,
        landed: Callable[[Scope], Totals | None],
        moved: Callable[[], str],
    ) -> None:
        """years: none where the vendor offers no totals of accounts. landed: see VendorTotals. moved: see
        saldo.declarations.controls.Moves."""
        self._offer, self._books, self._years = offer, books, years
        self._is_all, self._moved = is_all, moved
        self._vendor = VendorTotals(offer, books.marker, landed=landed)

    def compare(self, entries_by_day: Callable[[], dict[date, int]]) -> list[Comparison]:
        """All comparisons; a year that differs is narrowed to its periods, a count to its days.

        Raises Unavailable when the vendor books so fast that no difference can be confirmed, BooksMoved when it has
        booked, and does not say what.
        """
        scopes = [Scope(year.label, year.label, year.start, year.end) for year in self._years]
        for year in self._years:
            if not year.is_closed:
                scopes += [scope for scope in self._periods(year.label) if self._is_due(scope)]
        found = self._confirmed(scopes)
        found += self._narrowed(found)
        if self._offer.counts:
            found += self._count(self._offer.counts, entries_by_day)
        return found + self._month_balances()

    @property
    def booked_meanwhile(self) -> int:
        """How many entries were booked beyond our marker."""
        return self._vendor.booked_meanwhile

    # --- totals ----------------------------------------------------------------------------------

    def _confirmed(self, scopes: Sequence[Scope]) -> list[Comparison]:
        found = {scope: self._scope(scope) for scope in scopes}
        for _ in range(ROUNDS):
            doubted = [scope for scope, rows in found.items() if any(c.is_bad for c in rows)]
            if not doubted and self._vendor.count() in (None, self._books.entries):
                break
            is_still = self._vendor.settle(doubted)
            found |= {scope: self._scope(scope) for scope in doubted}
            if is_still:
                break
        else:
            raise Unavailable(
                f"the vendor booked {self._vendor.booked_meanwhile} entries while its totals were read, "
                f"{ROUNDS} times over; they are compared again later"
            )
        compared = [comparison for rows in found.values() for comparison in rows]
        if any(c.is_bad for c in compared) and (what := self._moved()):
            raise BooksMoved(what)
        return compared

    def _scope(self, scope: Scope) -> list[Comparison]:
        """One row an account that has anything on either side."""
        own, carried = self._facts(scope), self._carried(scope)
        rows: list[Comparison] = []
        for kind in (True, False):
            plain = self._rows(scope, own, self._vendor.own(scope), kind)
            running = self._rows(scope, carried, self._vendor.carried(scope), kind)
            # The vendor does not say whether the totals of a year that has no openings of its own, or of
            # a period, run on from before: all accounts of a kind must be read in the same way.
            rows += min(plain, running, key=lambda found: sum(c.is_bad for c in found))
        return rows

    def _rows(self, scope: Scope, ours: Sums, theirs: Sums, kind: bool) -> list[Comparison]:
        accounts = sorted({*ours, *theirs}, key=lambda number: (len(number), number))
        return [
            Comparison(
                "account_year_totals" if scope.period is None else "account_period_totals",
                FACT,
                theirs.get(account, ZERO),
                ours.get(account, ZERO),
                account,
                scope.label,
                (scope.start, scope.end),
            )
            for account in accounts
            if self._books.is_balance.get(account, False) is kind
            and (ours.get(account) or theirs.get(account))
        ]

    def _facts(self, scope: Scope) -> Sums:
        """What is dated in the scope."""
        if scope.number is None:
            return self._books.years.get(scope.year, {})
        return self._books.periods.get((scope.year, scope.number), {})

    def _carried(self, scope: Scope) -> Sums:
        """The balance at the scope's end; profit and loss starts at 0 every year."""
        numbers = [
            period.number
            for period in self._books.periods_of(scope.year)
            if scope.number is None or period.number <= scope.number
        ]
        parts = [self._books.periods.get((scope.year, number), {}) for number in numbers]
        if scope.number is None:
            parts = [self._facts(scope)]
        return _sum([self._books.forward.get(scope.year, {}), *parts])

    def _periods(self, year: str) -> list[Scope]:
        return [
            Scope(year, p.label, p.start, p.end, p.source_key, p.number)
            for p in self._books.periods_of(year)
        ]

    def _is_due(self, scope: Scope) -> bool:
        """Whether a period must be compared: every week, and where the facts are not what they were
        when it last agreed."""
        facts, was = self._facts(scope), self._books.proven.get(scope.label, {})
        if self._is_all:
            return bool(facts or was)
        carried = self._carried(scope)
        return any(
            was.get(account, ZERO) not in (facts.get(account, ZERO), carried.get(account, ZERO))
            for account in {*facts, *was}
        )

    def _narrowed(self, found: Sequence[Comparison]) -> list[Comparison]:
        """The periods of years that differ, of the accounts that differ, where not compared yet."""
        compared = {c.period for c in found}
        accounts: dict[str, set[str]] = {}
        for c in found:
            if c.is_bad and c.control == "account_year_totals" and c.period and c.account:
                accounts.setdefault(c.period, set()).add(c.account)
        scopes = [
            scope
            for year in accounts
            for scope in self._periods(year)
            if scope.label not in compared
        ]
        return [
            c for scope in scopes for c in self._scope(scope) if c.account in accounts[scope.year]
        ]

    # --- counts ----------------------------------------------------------------------------------

    def _count(
        self, counts: EntryCounts, entries_by_day: Callable[[], dict[date, int]]
    ) -> list[Comparison]:
        """All entries up to our marker; where they differ, also years and periods that do."""
        total = self._counted(self._vendor.count() or 0, self._books.entries)
        if total.ok:
            return [total]
        ours = entries_by_day()
        parts: list[Comparison] = []
        for year in self._offer.totals.years() if self._offer.totals else ():
            scope = Scope(year.label, year.label, year.start, year.end)
            whole = self._counted_in(counts, ours, scope)
            if not whole.ok:
                periods = (self._counted_in(counts, ours, s) for s in self._periods(year.label))
                parts += [c for c in periods if not c.ok] or [whole]
        if not parts and ours:  # what is dated in no year of the vendor's
            return [replace(total, days=(min(ours), max(ours)))]
        days = [c.days for c in parts if c.days]
        span = (min(d[0] for d in days), max(d[1] for d in days)) if days else None
        return [replace(total, days=span), *parts]

    def _counted_in(self, counts: EntryCounts, ours: dict[date, int], scope: Scope) -> Comparison:
        days = (scope.start, scope.end)
        theirs = counts.entry_count(upto=self._books.marker, days=days)
        count = sum(n for day, n in ours.items() if scope.start <= day <= scope.end)
        return replace(self._counted(theirs, count), period=scope.label, days=days)

    def _counted(self, theirs: int, ours: int) -> Comparison:
        return Comparison("entry_count", FACT, Decimal(theirs), Decimal(ours), is_money=False)

    # --- balances --------------------------------------------------------------------------------

    def _month_balances(self) -> list[Comparison]:
        """The balances against the lines they are made of: a row a year, and one a month that
        differs."""
        return [
            Comparison(
                "month_balances",
                "fact_account_balance_month",
                row.own,
                row.shown,
                row.account,
                row.month.isoformat() if row.month else row.year,
                month_days(row.month) if row.month else None,
                # The months say which: a year's sum is there to show that it was compared.
                is_binding=row.month is not None,
            )
            for row in self._books.months
        ]


def _sum(parts: Iterable[Sums]) -> Sums:
    found: Sums = {}
    for part in parts:
        for account, amount in part.items():
            found[account] = found.get(account, ZERO) + amount
    return found
