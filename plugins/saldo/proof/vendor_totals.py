"""The vendor's side of the ledger's controls, as it was when the last entry of ours was booked.

The vendor goes on booking between landing and proof. What is beyond our marker is read and taken out of
its totals, so that both sides are about the same entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from saldo.declarations.controls import AccountTotals, Marker, Offer, Totals

from .books import Sums


@dataclass(frozen=True)
class Scope:
    """A year, or one of its periods (`period`: the vendor's name of it); both dates are included."""

    year: str
    label: str
    start: date
    end: date
    period: str | None = None
    number: int | None = None


class VendorTotals:
    """The vendor's totals, each taken as landed or asked for once, until `settle` asks for some."""

    def __init__(
        self, offer: Offer, marker: Marker, *, landed: Callable[[Scope], Totals | None]
    ) -> None:
        """landed: what the run has landed of them, for the first look."""
        self._offer, self._marker, self._landed = offer, marker, landed
        self._totals: dict[Scope, Totals] = {}
        self._count: int | None = None
        self._beyond: dict[tuple[str, date], Decimal] = {}
        self._newest = marker
        self.booked_meanwhile = 0

    def totals(self, scope: Scope) -> Totals:
        """What the vendor says of a scope, with everything it has booked by then."""
        if scope not in self._totals:
            landed = self._landed(scope)
            self._totals[scope] = _asked(self._offer.totals, scope) if landed is None else landed
        return self._totals[scope]

    def count(self) -> int | None:
        """Entries up to our marker; None where the vendor does not count them."""
        if self._count is None and self._offer.counts:
            self._count = self._offer.counts.entry_count(upto=self._marker)
        return self._count

    def settle(self, scopes: Iterable[Scope]) -> bool:
        """Ask again for these totals, and for what was booked beyond our marker; returns whether the
        books stood still meanwhile, so that the two fit each other."""
        self._read_beyond()
        for scope in scopes:
            self._totals[scope] = _asked(self._offer.totals, scope)
        self._count = None
        self.count()
        return self._read_beyond() == 0

    def _read_beyond(self) -> int:
        """Add up what was booked since it was last looked at; returns how many entries."""
        found = 0
        entries = self._offer.entries
        for line in entries.entries_beyond(self._newest) if entries else ():
            key = line.account, line.date
            self._beyond[key] = self._beyond.get(key, Decimal(0)) + line.amount
            self._newest = line.marker
            found += 1
        self.booked_meanwhile += found
        return found

    def own(self, scope: Scope) -> Sums:
        """Totals without what was booked beyond our marker and is dated in the scope."""
        return self._without(scope, scope.start)

    def carried(self, scope: Scope) -> Sums:
        """The same of totals that run on from before: without all of it dated up to the scope's end."""
        return self._without(scope, date.min)

    def _without(self, scope: Scope, start: date) -> Sums:
        found = dict(self.totals(scope))
        for (account, day), amount in self._beyond.items():
            if start <= day <= scope.end:
                found[account] = found.get(account, Decimal(0)) - amount
        return found


def _asked(totals: AccountTotals | None, scope: Scope) -> Totals:
    if totals is None:
        return {}
    if scope.period is None:
        return totals.year_totals(scope.year)
    return totals.period_totals(scope.year, scope.period)
