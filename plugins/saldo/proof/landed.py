"""The vendor's totals as this very run has landed them: what proof looks at before it asks for them itself.

They were asked for after the run had noted how far it reads the ledger and the invoices (ops.cutoff), so that
everything that has landed is in them, and what was booked since is more, never less. Where they differ from the facts
in anything, all of that is asked for again (VendorTotals.settle, Invoices). The weekly proof asks for everything itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from saldo.declarations.controls import InvoiceTotals, Totals
from saldo.runs.sync_run import SyncRun
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import Connection

from .vendor_totals import Scope

_OPEN_YEAR = (
    "select from core.accounting_year as y where y.agreement_id = %(agreement_id)s "
    "and y.accounting_year = %(year)s and y.start_date = %(start)s and y.end_date = %(end)s "
    "and not y.is_closed and not y.is_deleted"
)
_TOTALS = (
    "select t.account_number, t.total_base from core.account_total as t "
    "where t.agreement_id = %(agreement_id)s and t.start_date = %(start)s and t.end_date = %(end)s "
    "and not t.is_deleted"
)
_INVOICES = (
    "select b.net_amount_base, b.invoice_count, u.remainder_base from core.invoice_total as b "
    "inner join core.invoice_total as u on u.agreement_id = b.agreement_id and u.totals_of = 'booked/unpaid' "
    "where b.agreement_id = %(agreement_id)s and b.totals_of = 'booked' and not b.is_deleted and not u.is_deleted "
    "and u.remainder_base is not null"
)
_CUTOFF = (
    "select from ops.cutoff where agreement_id = %(agreement_id)s and entity = %(entity)s "
    "and dag_id = %(dag_id)s and run_id = %(run_id)s"
)


class LandedTotals:
    """Totals of one agreement in core; None where this run has not landed them, or they cannot be relied on."""

    def __init__(
        self,
        connection: Connection,
        agreement_id: str,
        vendor: Vendor,
        sync_run: SyncRun,
        *,
        doubted: Collection[str],
        is_trusted: bool,
    ) -> None:
        """doubted: years that differed when last compared. is_trusted: False where proof asks for everything itself."""
        self._connection, self._fills, self._sync_run = connection, vendor.fills, sync_run
        self._agreement_id, self._doubted, self._is_trusted = agreement_id, doubted, is_trusted

    def totals(self, scope: Scope) -> Totals | None:
        """Per account what an accounting year comes to, that was open when its totals were landed."""
        if scope.period is not None or scope.year in self._doubted:
            return None
        if not self._has("accounting_year", "account_total", grown="ledger_entry"):
            return None
        values = {"year": scope.year, "start": scope.start, "end": scope.end}
        return dict(self._rows(_TOTALS, values)) if self._rows(_OPEN_YEAR, values) else None

    def invoices(self) -> InvoiceTotals | None:
        """What booked invoices come to."""
        if not self._has("invoice_total", grown="invoice"):
            return None
        rows = self._rows(_INVOICES, {})
        return InvoiceTotals(*rows[0]) if rows else None

    def _has(self, *tables: str, grown: str) -> bool:
        """Whether this run has filled these tables, after it noted how far it reads what grows."""
        run = self._sync_run.run
        return (
            self._is_trusted
            and all(self._fills.get(table) for table in (*tables, grown))
            and all(self._sync_run.has_succeeded(self._fills[table]) for table in tables)
            and bool(
                self._rows(
                    _CUTOFF,
                    {"entity": self._fills[grown], "dag_id": run.dag_id, "run_id": run.run_id},
                )
            )
        )

    def _rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._connection.execute(
            statement.encode(), {"agreement_id": self._agreement_id, **values}
        ).fetchall()
