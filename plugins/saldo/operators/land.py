"""Landing one entity: the base that every vendor's operator fills with its hook."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.config import Agreement

from .context import run_of, wish_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.reading import Source


class LandOperator(BaseOperator):
    """Land one entity of an agreement and bring core up to it."""

    ui_color = "#dcebf7"

    def __init__(self, *, agreement: Agreement, entity: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement
        self.entity = entity

    @abstractmethod
    def source(self) -> Source:
        """The vendor's client for this agreement."""

    def execute(self, context: Context) -> None:
        # Imported here: a DAG file is parsed far more often than it is run.
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.landing import Landing
        from saldo.migrations import migrate
        from saldo.sync_run import recorded
        from saldo.vendors import entity_of
        from saldo.warehouse import connect

        agreement, dsn = self.agreement, WarehouseHook().dsn()
        migrate(dsn)
        with connect(dsn) as connection:
            run = run_of(context)
            with recorded(connection, dsn, agreement.id, self.entity, run) as sync_run:
                landing = Landing(
                    connection,
                    self.source(),
                    agreement,
                    entity_of(agreement.vendor, self.entity),
                    wish=wish_of(context, agreement),
                    sync_run=sync_run,
                )
                read = landing.run(now=datetime.now(UTC))
        counts = sync_run.counts
        self.log.info(
            "%s %s: read %s, %s; %s new, %s changed, %s gone, %s as before%s",
            agreement.id,
            self.entity,
            read.kind if not sync_run.is_skipped else "nothing",
            f"{counts.read} records on {counts.pages} pages",
            counts.inserted,
            counts.updated,
            counts.deleted,
            counts.unchanged,
            f" ({sync_run.note})" if sync_run.note else "",
        )
