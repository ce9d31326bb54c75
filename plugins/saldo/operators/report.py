"""The end of every run: says what failed and why, and makes the run fail with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from saldo.agreements.agreement import Agreement
from saldo.runs.sync_run import UNTOLD, Run

from .context import run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.warehouse.connection import Connection

_BAD = ("failed", "upstream_failed")


class ReportOperator(BaseOperator):
    """The only leaf of an agreement's DAG: fails when any task before it did."""

    ui_color = "#f4eeda"

    def __init__(
        self, *, agreement: Agreement, shared: dict[str, list[str]], **kwargs: Any
    ) -> None:
        """shared: the entities of tasks that land several."""
        super().__init__(**kwargs)
        self.agreement = agreement
        self.shared = shared

    def execute(self, context: Context) -> None:
        from saldo.alerts import ping
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.warehouse.connection import WarehouseUnavailable, connect

        ti, run = context["ti"], run_of(context)
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        states.pop(self.task_id, None)
        bad = sorted(task for task, state in states.items() if state in _BAD)
        reasons: dict[str, str] = {}
        try:
            dsn = WarehouseHook().dsn()
            with connect(dsn) as connection:
                # First what has no row yet, then the report's own row: for alerts, what was written before
                # a report is final.
                record_unrecorded(connection, self.agreement.key, run, self._entities(states))
                with recorded(connection, dsn, self.agreement.key, self.task_id, run):
                    reasons = self._reasons(connection, run)
                    self._raise_for(bad, len(states), reasons)
        except WarehouseUnavailable as error:
            self.log.warning("%s", error)
            self._raise_for(bad, len(states), reasons)
        if run.mode != "window" and not dict(context["params"]).get("entities"):
            ping(self.agreement)

    def _raise_for(self, bad: list[str], tasks: int, reasons: dict[str, str]) -> None:
        """Raises AirflowFailException, which names what failed and why, when anything did."""
        if not bad:
            self.log.info("%s: all %s tasks did what they had to", self.agreement.id, tasks)
            return
        by_reason: dict[str, list[str]] = {}
        for task in bad:
            for what, reason in self._failures(task, reasons):
                by_reason.setdefault(reason, []).append(what)
        lines = [f"{', '.join(failed)}: {reason}" for reason, failed in by_reason.items()]
        raise AirflowFailException(
            "\n".join([f"{self.agreement.id}: {len(bad)} task(s) failed", *lines])
        )

    def _entities(self, states: dict[str, str]) -> dict[str, str]:
        """Entity, or task that is none -> success or failed; without tasks that never began."""
        ended: dict[str, str] = {}
        for task, state in states.items():
            if state in ("failed", "success"):
                for name in self.shared.get(task, [task.removeprefix("land.")]):
                    ended[name] = str(state)
        return ended

    def _reasons(self, connection: Connection, run: Run) -> dict[str, str]:
        rows = connection.execute(
            "select distinct on (entity) entity, status, error_message from ops.sync_run "
            "where agreement_id = %s and dag_id = %s and run_id = %s order by entity, sync_run_id desc",
            [self.agreement.id, run.dag_id, run.run_id],
        )
        return {name: message for name, status, message in rows if status == "failed"}

    def _failures(self, task: str, reasons: dict[str, str]) -> list[tuple[str, str]]:
        """(what failed, why) of a task: entities that share it are named one by one."""
        names = self.shared.get(task)
        if names is None:
            return [(task, reasons.get(task.removeprefix("land."), UNTOLD))]
        return [(f"{task} ({n})", reasons[n]) for n in names if n in reasons] or [(task, UNTOLD)]
