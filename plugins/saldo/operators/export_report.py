"""The end of every run of an export: says whether it failed and why, also where its last try could not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from .context import run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.runs.sync_run import Run
    from saldo.subject import SubjectKey
    from saldo.warehouse.connection import Connection


class ExportReportOperator(BaseOperator):
    """The only leaf of an export's DAG: fails when the task before it did.

    By its row in ops.sync_run alerts know that the run is over. A last try that was killed, or that fell before it had a
    row, gets its row here. configuration: its name.
    """

    ui_color = "#f4eeda"

    def __init__(self, *, configuration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration

    def execute(self, context: Context) -> None:
        from saldo.exports.subjects import ENTITY
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect

        ti, run, dsn = context["ti"], run_of(context), WarehouseHook().dsn()
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        is_failed = states.get(ENTITY) == "failed"
        key = SubjectKey("export", self.configuration)
        with connect(dsn) as connection:
            # First what has no row yet, then the report's own: for alerts, what was written before a report is final.
            if is_failed:
                record_unrecorded(connection, key, run, {ENTITY: "failed"})
            with recorded(connection, dsn, key, self.task_id, run):
                if is_failed:
                    raise AirflowFailException(
                        f"{key}: the export failed: {_reason(connection, key, ENTITY, run)}"
                    )


class RequestReportOperator(BaseOperator):
    """The only leaf of `saldo_exports`: fails when the task before it did. A request whose last try was killed is said to have
    failed, by its row in ops.export_request."""

    ui_color = "#f4eeda"

    def execute(self, context: Context) -> None:
        from uuid import UUID

        from saldo.exports import requests
        from saldo.exports.subjects import ENTITY
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect

        ti = context["ti"]
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        if states.get(ENTITY) != "failed":
            return
        asked = str(dict(context["params"]).get("request"))
        try:
            number: UUID | None = UUID(asked)
        except ValueError:
            number = None
        with connect(WarehouseHook().dsn()) as connection:
            requests.killed(connection, number)
            found = requests.find(connection, number) if number else None
        why = found.error_message if found else "see the log of the task"
        raise AirflowFailException(f"request {asked}: the export failed: {why}")


def _reason(connection: Connection, key: SubjectKey, entity: str, run: Run) -> str:
    from saldo.runs.sync_run import UNTOLD

    row = connection.execute(
        "select error_message from ops.sync_run where subject_kind = %s and subject_id = %s and entity = %s "
        "and dag_id = %s and run_id = %s and status = 'failed' order by sync_run_id desc limit 1",
        [*key, entity, run.dag_id, run.run_id],
    ).fetchone()
    return str(row[0]) if row and row[0] else UNTOLD
