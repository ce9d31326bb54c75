"""The controls of what is sold: net total, count and unpaid remainder of the booked invoices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from saldo.declarations.controls import BookedInvoices, Invoice, InvoiceTotals, Marker
from saldo.errors import Unavailable
from saldo.paths import SQL_DIR
from saldo.runs.sync_run import Run
from saldo.warehouse.connection import Connection, read_sql

from .books import blocking_reason
from .comparison import Comparison, month_days
from .ledger import ROUNDS

ZERO = Decimal(0)
FACT = "fact_invoice_lines"


@dataclass(frozen=True)
class Sum:
    """What some invoices come to, in base currency."""

    count: int = 0
    net: Decimal = ZERO
    remainder: Decimal = ZERO

    def plus(self, invoice: Invoice) -> Sum:
        """The sum with one more invoice."""
        return Sum(
            self.count + 1, self.net + invoice.net_amount, self.remainder + invoice.remainder
        )


class Invoices:
    """Compares the booked invoices. Differences are confirmed, and narrowed to their months."""

    def __init__(
        self,
        connection: Connection,
        controls: BookedInvoices,
        agreement_id: str,
        run: Run,
        *,
        entity: str,
        is_ledger_still: Callable[[], bool],
        landed: Callable[[], InvoiceTotals | None],
    ) -> None:
        """entity: the one that brings invoices. is_ledger_still: whether nothing was booked since
        the ledger was landed (a payment changes the remainder of an invoice). landed: what the run has landed of
        their totals, for the first look."""
        self._connection, self._controls = connection, controls
        self._agreement_id, self._run, self._entity = agreement_id, run, entity
        self._is_ledger_still, self._landed = is_ledger_still, landed
        self.notes: list[str] = []
        #: Whether invoices that were landed could not be compared.
        self.is_held_back = False

    def compare(self) -> list[Comparison]:
        """All comparisons. None where no invoices have landed, or not in this run, which `notes`
        then says."""
        ours, newest, reason = self._facts()
        if reason:
            self.is_held_back = True
            self.notes.append(f"invoices were not compared: {reason}")
        if newest is None or reason:
            return []
        theirs = self._landed() or self._controls.invoices()
        found = self._comparisons(Sum(theirs.count, theirs.net_amount, theirs.remainder), ours)
        if all(c.ok for c in found):
            return found
        found = self._confirmed(ours, newest)
        if not found[-1].ok and not self._is_ledger_still():
            found.pop()
            self.notes.append(
                "the unpaid remainder was not compared: entries were booked meanwhile, or not compared"
            )
        bad = [c for c in found if not c.ok]
        if not bad:
            return found
        parts = self._narrowed(bad, newest)
        return [_spanned(c, parts) for c in found] + parts

    def _confirmed(self, ours: Sum, newest: Marker) -> list[Comparison]:
        """Invoices booked since are taken out, as far as the vendor stands still meanwhile; what is paid
        since cannot be."""
        beyond = Sum()
        for _ in range(ROUNDS):
            for invoice in self._controls.invoices_beyond(newest):
                beyond, newest = beyond.plus(invoice), invoice.marker
            found = self._comparisons(self._totals(beyond), ours)
            is_still = next(self._controls.invoices_beyond(newest), None) is None
            if is_still or all(c.ok for c in found):
                return found
        raise Unavailable(
            f"the vendor booked {beyond.count} invoices while their totals were read, {ROUNDS} times "
            "over; they are compared again later"
        )

    def _facts(self) -> tuple[Sum, Marker | None, str | None]:
        """(what the facts come to, how far invoices were landed, why they cannot be compared)."""
        rows = self._rows("invoices")
        newest, is_unfinished, is_late, net, count, remainder = rows[0]
        reason = None
        if newest is not None:
            reason = blocking_reason(
                self._connection,
                self._agreement_id,
                self._run,
                self._entity,
                is_unfinished,
                is_late,
            )
        return Sum(count, net, remainder), newest, reason

    def _totals(self, beyond: Sum) -> Sum:
        theirs = self._controls.invoices()
        return Sum(
            theirs.count - beyond.count,
            theirs.net_amount - beyond.net,
            theirs.remainder - beyond.remainder,
        )

    def _comparisons(self, theirs: Sum, ours: Sum, month: date | None = None) -> list[Comparison]:
        return [
            replace(
                Comparison(control, FACT, Decimal(vendor), Decimal(fact), is_money=is_money),
                period=month.isoformat() if month else None,
                days=month_days(month) if month else None,
            )
            for control, vendor, fact, is_money in (
                ("invoice_net_amount", theirs.net, ours.net, True),
                ("invoice_count", theirs.count, ours.count, False),
                ("unpaid_remainder", theirs.remainder, ours.remainder, True),
            )
        ]

    def _narrowed(self, bad: list[Comparison], newest: Marker) -> list[Comparison]:
        """The months that differ, of the controls that differ: all headers are read, month by month."""
        theirs: dict[date, Sum] = {}
        for invoice in self._controls.invoices_beyond(None, upto=newest):
            month = invoice.date.replace(day=1)
            theirs[month] = theirs.get(month, Sum()).plus(invoice)
        ours = {row[0]: Sum(*row[1:]) for row in self._rows("invoices_by_month")}
        controls = {c.control for c in bad}
        return [
            c
            for month in sorted({*theirs, *ours})
            for c in self._comparisons(theirs.get(month, Sum()), ours.get(month, Sum()), month)
            if c.control in controls and not c.ok
        ]

    def _rows(self, name: str) -> list[tuple[Any, ...]]:
        text = read_sql(SQL_DIR / "proof" / f"{name}.sql")
        return self._connection.execute(
            text.encode(), {"agreement_id": self._agreement_id, "entity": self._entity}
        ).fetchall()


def _spanned(comparison: Comparison, parts: list[Comparison]) -> Comparison:
    """The same over the days of the parts in which it differs."""
    days = [c.days for c in parts if c.control == comparison.control and c.days]
    if not days:
        return comparison
    return replace(comparison, days=(min(d[0] for d in days), max(d[1] for d in days)))
