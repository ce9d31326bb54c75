"""A consistent double-entry ledger: the posted entries, and what hangs on them."""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property

from .dimensions import Dimensions
from .documents import Documents
from .entries import RESULT_ACCOUNTS, Entries
from .invoice_totals import InvoiceTotals
from .invoices import Invoices
from .line import Line as Line

_TRANSFERRED = 8


class Ledger(Entries):
    """The entries of one company with their dimensions, invoices, documents and sums."""

    @cached_property
    def dimensions(self) -> Dimensions:
        return Dimensions(self)

    @cached_property
    def invoices(self) -> Invoices:
        return Invoices(self)

    @cached_property
    def invoice_totals(self) -> InvoiceTotals:
        return InvoiceTotals(self.invoices)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self)

    def period_starts_on(self, day: date) -> date:
        """The first day of the period of a day: that of its month, or of a year that begins inside it."""
        return max(day.replace(day=1), self.year_of(day).start)

    @cached_property
    def period_sums(self) -> dict[date, dict[int, list[int]]]:
        """First day of a period -> account -> [base currency in all, of it transferred openings]."""
        found: dict[date, dict[int, list[int]]] = {}
        period_starts_on = cache(self.period_starts_on)
        for line in self.lines():
            period = found.setdefault(period_starts_on(line.date), {})
            sums = period.setdefault(line.account, [0, 0])
            sums[0] += line.base
            if line.type == _TRANSFERRED:
                sums[1] += line.base
        return found

    @cached_property
    def customer_sums(self) -> dict[int, list[int]]:
        """Customer -> [what is open, of it due by today]: remainders in hundredths of base currency."""
        found: dict[int, list[int]] = {}
        for line in self.open_lines():
            if line.customer is None or not line.remainder:
                continue
            exact = abs(line.remainder * line.base) * 2 + abs(line.amount)
            base = exact // (abs(line.amount) * 2) * (1 if line.remainder > 0 else -1)
            sums = found.setdefault(line.customer, [0, 0])
            sums[0] += base
            if line.due is not None and line.due < self.today:
                sums[1] += base
        return found

    def department_of(self, line: Line) -> str:
        """The department of a line as the facts name it; only profit and loss has any."""
        return self.dimensions.department(line.number) if line.account in RESULT_ACCOUNTS else ""
