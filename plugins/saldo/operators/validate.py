"""What must hold of an agreement's dimensions and facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.agreements.agreement import Agreement

from .context import run_of
from .counters import recorded
from .links import DataDocsLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.validation import Outcome


class ValidateOperator(BaseOperator):
    """Validate what changed in the mart of an agreement, in mode full all of it; fails with the rows."""

    ui_color = "#e3e7f7"
    operator_extra_links = (DataDocsLink(),)

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement
        self.data_docs_address: str | None = None

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.validation import validate
        from saldo.validation.folder import data_docs_dir
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        agreement, dsn, run = self.agreement, WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        with (
            connect(dsn) as connection,
            recorded(connection, dsn, agreement, "validate", run) as sync_run,
        ):
            outcome = validate(
                connection,
                dsn,
                agreement,
                run_id=run.run_id,
                everything=run.mode == "full",
                docs=data_docs_dir(),
            )
            sync_run.counts.read = outcome.rows
            sync_run.counts.unchanged = outcome.rows_unchanged
            sync_run.note, sync_run.is_skipped = outcome.note, outcome.is_skipped
            self._log(outcome)
            outcome.raise_for_broken()

    def _log(self, outcome: Outcome) -> None:
        from saldo.validation import describe
        from saldo.validation.folder import address

        if outcome.data_docs:
            self.data_docs_address = address(outcome.data_docs)
        if outcome.note:
            self.log.info("%s", outcome.note)
        for finding in outcome.warned:
            self.log.warning("%s", describe(finding))
        if outcome.tables:
            self.log.info(
                "%s: %s rules of %s tables (%s rows), %s broken, %s warnings; %s rows unchanged",
                outcome.agreement_id,
                outcome.rules,
                len(outcome.tables),
                outcome.rows,
                len(outcome.broken),
                len(outcome.warned),
                outcome.rows_unchanged,
            )
