"""Dimensions and facts of one agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

from saldo.agreements.agreement import Agreement

from .context import run_of, run_request_of
from .counters import recorded
from .traced import TracedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.openlineage.datasets import Flow, Warehouse
    from saldo.transform.mart.writer import Changes


class FactsOperator(TracedOperator):
    """Bring the mart of an agreement up to date; its asset has an event only when rows changed."""

    ui_color = "#dff2e1"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        self.asset = facts_asset(agreement.id)
        self.alias = AssetAlias(f"saldo_facts_{agreement.id}_changed")
        super().__init__(outlets=[self.alias], **kwargs)
        self.agreement = agreement
        self._changes: dict[str, Changes] = {}

    def flow(self, warehouse: Warehouse) -> Flow:
        """See TracedOperator.flow."""
        from saldo.openlineage.flows import of_facts
        from saldo.vendors import VENDORS

        return of_facts(VENDORS[self.agreement.vendor], warehouse, self._changes)

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.transform.facts import refresh
        from saldo.vendors import VENDORS
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        agreement, dsn = self.agreement, WarehouseHook().dsn()
        migrate(dsn)
        with connect(dsn) as connection:
            run = run_of(context)
            with recorded(connection, dsn, agreement, "facts", run) as sync_run:
                changes = refresh(
                    connection,
                    agreement,
                    run_request_of(context, agreement),
                    base_url=base_url(),
                    tell=sync_run.telling("tables"),
                )
                self._changes = changes
                if not changes:
                    sync_run.skip(VENDORS[agreement.vendor].without_company)
                for table in changes.values():
                    sync_run.counts.inserted += table.inserted
                    sync_run.counts.updated += table.updated
                    sync_run.counts.deleted += table.deleted
        for name, table in changes.items():
            self.log.info(
                "mart.%s: %s new, %s changed, %s gone",
                name,
                table.inserted,
                table.updated,
                table.deleted,
            )
        rows = sync_run.counts.changed
        if rows:
            context["outlet_events"][self.alias].add(self.asset, extra={"rows": rows})


def facts_asset(agreement_id: str) -> Asset:
    """Has an event when rows of the agreement's facts changed."""
    return Asset(name=f"saldo_facts_{agreement_id}", uri=f"x-saldo://facts/{agreement_id}")


def base_url() -> str:
    """Where people reach the API server, for links to documents; empty where nobody said."""
    from airflow.configuration import conf

    return str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
