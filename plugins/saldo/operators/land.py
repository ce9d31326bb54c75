"""Landing entities: the base of every vendor's operator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from saldo.agreements.agreement import Agreement
from saldo.errors import SaldoError

from .context import record_start, run_of, run_request_of
from .counters import recorded
from .traced import TracedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.declarations.source import Source
    from saldo.openlineage.datasets import Flow, Warehouse
    from saldo.runs.sync_run import Counts, Run
    from saldo.warehouse.connection import Connection


class LandOperator(TracedOperator):
    """Land entities of an agreement, one after the other, and bring core up to each.

    Every entity has a row of its own in ops.sync_run and fails alone; a retry lands only those that
    did not succeed.
    """

    ui_color = "#dcebf7"

    def __init__(self, *, agreement: Agreement, entities: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement
        self.entities = tuple(entities)
        self._counts: defaultdict[str, list[Counts]] = defaultdict(list)

    def flow(self, warehouse: Warehouse) -> Flow:
        """See TracedOperator.flow."""
        from saldo.hooks.vendors import addresses_of
        from saldo.openlineage.flows import of_landing
        from saldo.vendors import VENDORS

        vendor = VENDORS[self.agreement.vendor]
        addresses = dict(zip(vendor.addresses, addresses_of(self.agreement), strict=True))
        return of_landing(vendor, self.entities, addresses, warehouse, self._counts)

    def execute(self, context: Context) -> None:
        # Imported here: a DAG file is parsed far more often than it is run.
        from saldo.hooks.vendors import paced_client_of
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.landing.together import land_together
        from saldo.runs.sync_run import unfinished
        from saldo.vendors import VENDORS, entity_of
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run = WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        errors: list[Exception] = []
        with connect(dsn) as connection:
            record_start(connection, context, self.agreement.key)
            # One client: whose books the tokens open is asked once.
            source = cache(partial(paced_client_of, self.agreement, dsn))
            vendor = VENDORS[self.agreement.vendor]
            wanted = {entity.name: entity.whole for entity in vendor.wanted(self.agreement)}
            for entity in unfinished(
                connection, self.agreement.key, self.entities, run, wholes=wanted
            ):
                land = partial(self._land, connection, dsn, source, run, context)
                try:
                    land_together(
                        entity_of(self.agreement.vendor, entity),
                        land,
                        wanted=wanted,
                        is_retry=run.try_number > 1,
                    )
                except SaldoError as error:
                    self.log.error("%s %s: %s", self.agreement.id, entity, error)
                    errors.append(error)
                except Exception as error:
                    # Whatever it is, it is this entity's: the others land, and the task fails with it.
                    self.log.exception("%s %s failed", self.agreement.id, entity)
                    errors.append(error)
        if errors:
            raise one_of(errors)

    def _land(
        self,
        connection: Connection,
        dsn: str,
        source: Callable[[], Source],
        run: Run,
        context: Context,
        entity: str,
    ) -> Counts:
        from saldo.landing import Landing
        from saldo.vendors import entity_of

        with recorded(connection, dsn, self.agreement, entity, run) as sync_run:
            self._counts[entity].append(sync_run.counts)
            landing = Landing(
                connection,
                source(),
                self.agreement,
                entity_of(self.agreement.vendor, entity),
                run_request=run_request_of(context, self.agreement),
                sync_run=sync_run,
            )
            decision = landing.run(now=datetime.now(UTC))
        counts = sync_run.counts
        self.log.info(
            "%s %s: read %s, %s; %s new, %s changed, %s gone, %s as before%s",
            self.agreement.id,
            entity,
            "nothing" if sync_run.is_skipped else decision,
            f"{counts.read} records on {counts.pages} pages",
            counts.inserted,
            counts.updated,
            counts.deleted,
            counts.unchanged,
            f" ({sync_run.note})" if sync_run.note else "",
        )
        return counts


def one_of(errors: list[Exception]) -> Exception:
    """One error for all, of a family that is tried again when any of them is."""
    from .retry import is_hopeless

    chosen = next((error for error in errors if not is_hopeless(error)), errors[0])
    if len(errors) > 1:
        chosen.args = ("\n".join(str(error) for error in errors),)
    return chosen
