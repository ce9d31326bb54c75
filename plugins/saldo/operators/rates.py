"""The rates of one bank, each night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from .context import record_start, run_of
from .retry import is_hopeless

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.runs.sync_run import Run
    from saldo.warehouse.connection import Connection


class ExchangeRatesOperator(BaseOperator):
    """Read the rates of a bank, and work out the months they change.

    With the mode `full` of the run everything is read, else what is due: saldo/rates/landing.py.
    """

    ui_color = "#e0f0e6"

    def __init__(self, *, bank: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bank = bank

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run, ti = WarehouseHook().dsn(), run_of(context), context["ti"]
        migrate(dsn)
        with connect(dsn) as connection:
            record_start(connection, context, None)
            try:
                self._land(connection, dsn, run)
            except Exception as error:
                if is_hopeless(error) or ti.try_number > ti.max_tries:
                    self._end(connection, dsn, run)
                raise
            self._end(connection, dsn, run)

    def _land(self, connection: Connection, dsn: str, run: Run) -> None:
        from saldo.banks.choice import first_day
        from saldo.hooks.rates import rates_client
        from saldo.rates import land
        from saldo.rates.landing import ENTITY, subject
        from saldo.runs.sync_run import recorded

        with recorded(connection, dsn, subject(self.bank), ENTITY, run) as sync_run:
            client = rates_client(self.bank)
            sync_run.watch(client)
            landed = land(
                connection,
                client,
                since=first_day(),
                now=datetime.now(UTC),
                is_whole=run.mode == "full",
            )
            sync_run.counts = landed.counts
            sync_run.note = "; ".join(client.notes) or None
        for note in client.notes:
            self.log.warning("%s", note)
        self.log.info(
            "%s since %s: %s rates read, %s new, %s corrected; %s months of pairs written",
            self.bank, landed.first, landed.counts.read, landed.counts.inserted, landed.counts.updated, landed.months,
        )  # fmt: skip

    def _end(self, connection: Connection, dsn: str, run: Run) -> None:
        """The row by which alerts know that the bank's run is over, however it went."""
        from saldo.rates.landing import subject
        from saldo.runs.sync_run import recorded

        if not connection.broken and not connection.closed:
            with recorded(connection, dsn, subject(self.bank), "report", run):
                pass
