"""The end of every run: says what failed, in words, and makes the run fail with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from saldo.config import Agreement

if TYPE_CHECKING:
    from airflow.sdk import Context

_BAD = ("failed", "upstream_failed")


class ReportOperator(BaseOperator):
    """The only leaf of an agreement's DAG: fails when any task before it did."""

    ui_color = "#f4eeda"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement

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
                    "select distinct on (entity) entity, error_message from ops.sync_run "
                    "where agreement_id = %s and run_id = %s and status = 'failed' "
                    "order by entity, started_at desc",
                    [self.agreement.id, run_id],
                )
                reasons = {entity: message for entity, message in rows}
        except WarehouseUnavailable as error:
            self.log.warning("%s", error)
        return [
            f"{task}: {reasons.get(task.removeprefix('land.'), 'see the log of the task')}"
            for task in tasks
        ]
