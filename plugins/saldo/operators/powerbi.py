"""Refreshes of Power BI: waiting for the nights, and the Microsoft provider's operator with a row in ops.sync_run.

The provider asks for a refresh with an empty body, which is all that shared capacity takes; with another one it would not find
the refresh's id in the answer, either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.microsoft.azure.operators.powerbi import PowerBIDatasetRefreshOperator
from airflow.sdk import BaseOperator, BaseSensorOperator
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import AirflowFailException

from saldo.powerbi.choice import Dataset
from saldo.powerbi.subjects import ENTITY, subject

from .context import is_paused, record_start, run_of
from .mapped import failed_of

if TYPE_CHECKING:
    from airflow.sdk import Context


class NightsSensor(BaseSensorOperator):
    """Waits until every night that was due has ended, well or badly; not longer than `patience` after the run began, and not for
    agreements whose DAG is paused.

    A refresh that is late shows all companies as of one morning; one that never comes shows none.
    """

    ui_color = "#f2e6c9"

    def __init__(self, *, patience: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patience = patience

    def poke(self, context: Context) -> bool:
        from saldo.agreements.loading import load_agreements
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.powerbi.nights import waiting
        from saldo.vendors import entity_names
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, now = WarehouseHook().dsn(), datetime.now(UTC)
        migrate(dsn)
        with connect(dsn) as connection:
            record_start(connection, context, None)
            late = waiting(
                connection,
                load_agreements(vendors=entity_names()).good,
                now=now,
                is_paused=lambda dag_id: is_paused(context["ti"], dag_id),
            )
        if not late:
            self.log.info("every night that was due has ended")
            return True
        listed = ", ".join(late[:20]) + (f" and {len(late) - 20} more" if len(late) > 20 else "")
        if now - context["dag_run"].start_date >= self.patience:
            self.log.warning("refreshed without waiting any longer for %s", listed)
            return True
        self.log.info("waiting for the night of %s", listed)
        return False


class DatasetRefreshOperator(PowerBIDatasetRefreshOperator):
    """The provider's, which also records how it went: alerts know it by that."""

    def handle_refresh(self, context: Context, event: dict[str, str] | None) -> None:
        if event is None or event["status"] == "error":
            self._record(context, (event or {}).get("message") or "Power BI gave no answer")
        super().handle_refresh(context, event)

    def execute_complete(self, context: Context, event: dict[str, str]) -> None:
        is_done = bool(event) and event["status"] != "error"
        why = (event or {}).get("message") or "Power BI gave no answer"
        self._record(context, None if is_done else why)
        super().execute_complete(context, event)

    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context
    ) -> Any:
        """Airflow resumes so what a trigger has ended with an error, too; it passes its traceback and calls none of the methods
        above."""
        if next_method == TRIGGER_FAIL_REPR:
            told = next_kwargs or {}
            trace = "".join(told.get("traceback") or ()).strip().splitlines()
            self._record(context, trace[-1] if trace else str(told.get("error", "no reason given")))
        return super().resume_execution(next_method, next_kwargs, context)

    def _record(self, context: Context, why: str | None) -> None:
        """A row of this try. Raises AuthError or Unavailable, which says why, where it failed."""
        from saldo.errors import AuthError, Unavailable
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import recorded
        from saldo.transport.client_credentials import refusal_in
        from saldo.warehouse.connection import connect

        dsn = WarehouseHook().dsn()
        key = subject(Dataset(self.group_id, self.dataset_id))
        with connect(dsn) as connection, recorded(connection, dsn, key, ENTITY, run_of(context)):
            if why:
                # What Microsoft's identity platform refuses, it would refuse again.
                family = AuthError if refusal_in(why) else Unavailable
                raise family(
                    f"Power BI did not refresh the model {self.dataset_id} (connection '{self.conn_id}'): {why[:800]} "
                    "Its refresh history in app.powerbi.com says more; docs/power-bi.md says what to look at."
                )


class RefreshReportOperator(BaseOperator):
    """The only leaf of the DAG: ends the run of every model, by which alerts know how it went, and fails when one did.

    datasets: in the order of their tasks. One whose last try was killed could not say so: its row is written here.
    """

    ui_color = "#f4eeda"

    def __init__(self, *, datasets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.datasets = tuple(datasets)

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.warehouse.connection import connect

        ti, run, dsn = context["ti"], run_of(context), WarehouseHook().dsn()
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        ids = [id for _, id in self.datasets]
        failed = failed_of(states, {ENTITY: ids})
        # Nothing was mapped where what came before it failed.
        if states.get("nights") not in (None, "success"):
            failed = dict.fromkeys(ids, "nights")
        with connect(dsn) as connection:
            for workspace, id in self.datasets:
                key = subject(Dataset(workspace, id))
                if id in failed:
                    record_unrecorded(connection, key, run, {ENTITY: "failed"})
                with recorded(connection, dsn, key, self.task_id, run):
                    pass
        if failed:
            raise AirflowFailException(
                f"not refreshed: {', '.join(failed)}; the log of each one's task says why"
            )
