"""The end of every run: says what failed, in words, and makes the run fail with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from saldo.config import Agreement

if TYPE_CHECKING:
    from airflow.sdk import Context

_BAD = ("failed", "upstream_failed")
_UNTOLD = "see the log of the task"


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
        ti = context["ti"]
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        bad = sorted(
            task for task, state in states.items() if state in _BAD and task != self.task_id
        )
        if not bad:
            self.log.info(
                "%s: all %s tasks did what they had to", self.agreement.id, len(states) - 1
            )
            return
        lines = [f"{self.agreement.id}: {len(bad)} task(s) failed", *self._reasons(ti.run_id, bad)]
        raise AirflowFailException("\n".join(lines))

    def _reasons(self, run_id: str, tasks: list[str]) -> list[str]:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse import WarehouseUnavailable, connect

        reasons = {}
        try:
            with connect(WarehouseHook().dsn()) as connection:
                rows = connection.execute(
                    "select distinct on (entity) entity, status, error_message from ops.sync_run "
                    "where agreement_id = %s and run_id = %s order by entity, sync_run_id desc",
                    [self.agreement.id, run_id],
                )
                reasons = {name: message for name, status, message in rows if status == "failed"}
        except WarehouseUnavailable as error:
            self.log.warning("%s", error)
        told: dict[str, list[str]] = {}
        for task in tasks:
            for what, reason in self._failures(task, reasons):
                told.setdefault(reason, []).append(what)
        return [f"{', '.join(failed)}: {reason}" for reason, failed in told.items()]

    def _failures(self, task: str, reasons: dict[str, str]) -> list[tuple[str, str]]:
        """(what failed, why) of a task: entities that share it are named one by one."""
        names = self.shared.get(task)
        if names is None:
            return [(task, reasons.get(task.removeprefix("land."), _UNTOLD))]
        return [(f"{task} ({n})", reasons[n]) for n in names if n in reasons] or [(task, _UNTOLD)]
