"""The rates of one bank, each night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from .context import record_start, run_of
from .mapped import failed_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.runs.sync_run import Run
    from saldo.warehouse.connection import Connection


#: The mapped task of banks.
TASK = "rates"


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

        dsn, run = WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        with connect(dsn) as connection:
            record_start(connection, context, None)
            self._land(connection, dsn, run)

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


class RatesReportOperator(BaseOperator):
    """The only leaf of the DAG: ends the run of every bank, by which alerts know how it went, and fails when a bank did.

    A bank whose last try was killed, or ran out of time, could not say so: its row is written here. banks: in the order of
    their tasks.
    """

    ui_color = "#f4eeda"

    def __init__(self, *, banks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.banks = tuple(banks)

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.rates.landing import ENTITY, subject
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.warehouse.connection import connect

        ti, run, dsn = context["ti"], run_of(context), WarehouseHook().dsn()
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        failed = failed_of(states, {TASK: self.banks})
        with connect(dsn) as connection:
            for bank in self.banks:
                if bank in failed:
                    record_unrecorded(connection, subject(bank), run, {ENTITY: "failed"})
                with recorded(connection, dsn, subject(bank), self.task_id, run):
                    pass
        if failed:
            raise AirflowFailException(
                f"failed: {', '.join(failed)}; the log of each one's task says why"
            )
