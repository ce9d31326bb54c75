"""Proving the facts of one agreement: the base of every vendor's operator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.agreements.agreement import Agreement

from .context import run_of, run_request_of
from .counters import count_differences, recorded

if TYPE_CHECKING:
    from airflow.sdk import Context


class ProveOperator(BaseOperator):
    """Compare the facts of an agreement with the vendor's own totals; fails when they differ."""

    ui_color = "#e6e0f3"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement

    def execute(self, context: Context) -> None:
        from saldo.errors import NotProven
        from saldo.hooks.vendors import paced_client_of
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.proof import Proof, prove
        from saldo.vendors import VENDORS
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        agreement, dsn = self.agreement, WarehouseHook().dsn()
        proof = Proof()
        migrate(dsn)
        try:
            with (
                connect(dsn) as connection,
                recorded(connection, dsn, agreement, "prove", run_of(context)) as sync_run,
            ):
                proof = prove(
                    connection,
                    VENDORS[agreement.vendor].controls_of(paced_client_of(agreement, dsn)),
                    agreement,
                    run_request=run_request_of(context, agreement),
                    sync_run=sync_run,
                    now=datetime.now(UTC),
                )
        except NotProven as error:
            count_differences(agreement, error.differences)
            raise
        for note in proof.notes:
            self.log.warning("%s: %s", agreement.id, note)
        compared = len(proof.comparisons)
        if proof.is_held_back:
            self.log.warning("%s: not proven; %s totals were compared", agreement.id, compared)
        else:
            count_differences(agreement, 0)
            self.log.info("%s: %s totals compared, all agree", agreement.id, compared)
