"""What the invoices of a played company come to: the vendor's own control totals of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from .company import Company
from .invoices import Invoices
from .timeline import BACK_DATED_BY

_BLOCK = 1_000
#: What a block of invoices comes to: the same on every day.
_net_sums: dict[tuple[Company, int], int] = {}


class Totals(NamedTuple):
    """What the vendor's totals of invoices say; hundredths of base currency."""

    net_base: int = 0
    invoices: int = 0
    first: date | None = None
    last: date | None = None
    remainder_base: int = 0


class InvoiceTotals:
    """The totals of one ledger's invoices, each computed when it is asked for first."""

    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    @cached_property
    def booked(self) -> Totals:
        whole = 2 * self._invoices.ledger.slots // _BLOCK
        net = sum(self._net_of(block) for block in range(whole))
        rest = self._invoices.booked[bisect_left(self._invoices.booked, whole * _BLOCK) :]
        net += sum(self._invoices.sale(k).net_base for k in rest)
        return Totals(
            net,
            len(self._invoices.booked),
            *self._dates(self._invoices.booked),
            self.unpaid.remainder_base,
        )

    @cached_property
    def unpaid(self) -> Totals:
        return self._totals(self._invoices.unpaid)

    @cached_property
    def overdue(self) -> Totals:
        return self._totals(self._invoices.overdue)

    @cached_property
    def not_due(self) -> Totals:
        return self._totals(self._invoices.not_due)

    @cached_property
    def paid(self) -> Totals:
        net = self.booked.net_base - self.unpaid.net_base
        return Totals(net, len(self._invoices.paid), *self._dates(self._invoices.paid))

    def _totals(self, places: Sequence[int]) -> Totals:
        net = remainder = 0
        for k in places:
            sale = self._invoices.sale(k)
            net, remainder = net + sale.net_base, remainder + sale.remainder_base
        return Totals(net, len(places), *self._dates(places), remainder)

    def _net_of(self, block: int) -> int:
        """What a whole block of invoices comes to: the same on every day, so it is summed once."""
        key = (self._invoices.ledger.company, block)
        if key not in _net_sums:
            ks = range(block * _BLOCK, (block + 1) * _BLOCK)
            _net_sums[key] = sum(
                self._invoices.sale(k).net_base
                for k in ks
                if k // 2 not in self._invoices.ledger.special
            )
        return _net_sums[key]

    def _dates(self, places: Sequence[int]) -> tuple[date | None, date | None]:
        """The first and last date: slots are in order of date, none is dated back by more than so much."""
        first = last = None
        for k in places:
            if (
                first
                and self._invoices.ledger.date_of(k // 2) - timedelta(days=BACK_DATED_BY) > first
            ):
                break
            first = min(first or date.max, self._invoices.date_of(k))
        for k in reversed(places):
            if last and self._invoices.ledger.date_of(k // 2) <= last:
                break
            last = max(last or date.min, self._invoices.date_of(k))
        return first, last
