"""The lake of one agreement: what has landed, also as Parquet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.agreements.agreement import Agreement

from .context import run_of, run_request_of
from .land import one_of

if TYPE_CHECKING:
    from airflow.sdk import Context


class LakeOperator(BaseOperator):
    """Write the files that an agreement's lake is owed: those of earlier runs, then what this run has landed.

    It reads staging, not the vendor. An entity that fails stops no other.
    """

    ui_color = "#e3e0f3"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement

    def execute(self, context: Context) -> None:
        from saldo.hooks.lake import environment, lake_store
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.lake import LakeWriter
        from saldo.maintenance.retention import retention
        from saldo.runs.sync_run import recorded
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        agreement, dsn, run = self.agreement, WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        now = datetime.now(UTC)
        with (
            connect(dsn) as connection,
            recorded(connection, dsn, agreement.key, self.task_id, run) as sync_run,
        ):
            writer = LakeWriter(
                connection,
                lake_store(),
                agreement,
                environment=environment(),
                run_id=run.run_id,
                run_request=run_request_of(context, agreement),
                kept_since=retention()["staging.history"].before(now),
                now=now,
            )
            try:
                errors = writer.run()
            finally:
                sync_run.counts.inserted, sync_run.note = writer.written.rows, writer.written.note
        for file in writer.written.files:
            self.log.info("%s", file.path)
        if errors:
            raise one_of(errors)
