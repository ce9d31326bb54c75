"""The lake of one agreement: what has landed, also as Parquet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.agreements.agreement import Agreement
from saldo.errors import SaldoError
from saldo.run_request import RunRequest
from saldo.runs.meter import Tell, nobody

from .context import run_of, run_request_of
from .counters import recorded
from .land import one_of
from .traced import TracedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.lake import LakeWriter, Store, Written
    from saldo.openlineage.datasets import Flow, Warehouse
    from saldo.warehouse.connection import Connection


class LakeOperator(TracedOperator):
    """Write the files that an agreement's lake is owed: those of earlier runs, then what this run has landed.

    It reads staging, not the vendor. An entity that fails stops no other.
    """

    ui_color = "#e3e0f3"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agreement = agreement
        self._written: Written | None = None

    def flow(self, warehouse: Warehouse) -> Flow:
        """See TracedOperator.flow."""
        from saldo.hooks.lake import environment, lake_url
        from saldo.lake.manifest import folder_of
        from saldo.openlineage.flows import of_lake
        from saldo.vendors import VENDORS

        vendor, url = VENDORS[self.agreement.vendor], lake_url()
        folder = f"{url}/{folder_of(vendor.name, environment(), self.agreement.id)}"
        rows = dict(self._written.rows_of) if self._written else None
        return of_lake(vendor, self.agreement, warehouse, folder, rows)

    def execute(self, context: Context) -> None:
        from saldo.hooks.lake import lake_store
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        agreement, dsn, run = self.agreement, WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        now = datetime.now(UTC)
        with (
            connect(dsn) as connection,
            recorded(connection, dsn, agreement, self.task_id, run) as sync_run,
        ):
            writer = writer_of(
                connection,
                lake_store(),
                agreement,
                run.run_id,
                run_request_of(context, agreement),
                now,
                tell=sync_run.telling("entities"),
            )
            self._written = writer.written
            try:
                errors = writer.run()
            finally:
                sync_run.counts.inserted, sync_run.note = writer.written.rows, writer.written.note
                for file in writer.written.files:
                    self.log.info("%s", file.path)
            # In here, so that the row of ops.sync_run says what the task does: alerts and the report read it.
            if errors:
                raise one_of(errors)


class LakeUpkeepOperator(BaseOperator):
    """Compact and prune the lakes of all agreements that have or had one; one that fails stops no other."""

    ui_color = "#f4eeda"

    def execute(self, context: Context) -> None:
        from saldo.agreements.loading import load_agreements
        from saldo.hooks.lake import lake_store
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.lake.manifest import with_files
        from saldo.lake.upkeep import keep_up
        from saldo.maintenance import retention
        from saldo.vendors import entity_names
        from saldo.warehouse.connection import connect, translated
        from saldo.warehouse.migrations import migrate

        dsn, now, run = WarehouseHook().dsn(), datetime.now(UTC), run_of(context)
        migrate(dsn)
        with connect(dsn) as connection:
            had = with_files(connection)
        found = load_agreements(vendors=entity_names(), with_disabled=True).good
        chosen = [one for one in found if one.lake or one.id in had]
        if not chosen:
            self.log.info("no agreement has a lake")
            return
        store, failed, older_than = lake_store(), [], retention()["lake"].before(now)
        with connect(dsn) as connection:
            for agreement in chosen:
                writer = writer_of(connection, store, agreement, run.run_id, RunRequest(), now)
                try:
                    with translated():
                        done = keep_up(
                            connection, store, writer, agreement, older_than=older_than, now=now
                        )
                except SaldoError as error:
                    self.log.error("%s: %s", agreement.id, error)
                    failed.append(f"{agreement.id}: {error}")
                    continue
                except Exception as error:
                    # Whatever it is, it is this agreement's: the others are kept up.
                    self.log.exception("%s", agreement.id)
                    failed.append(f"{agreement.id}: {type(error).__name__}: {error}")
                    continue
                self.log.info(
                    "%s: %s files made fewer, %s retired, %s removed (%s bytes)",
                    agreement.id, done.compacted, done.retired, done.removed, done.bytes,
                )  # fmt: skip
        if failed:
            raise SaldoError("not every lake could be kept up:\n" + "\n".join(failed))


def writer_of(
    connection: Connection,
    store: Store,
    agreement: Agreement,
    run_id: str,
    run_request: RunRequest,
    now: datetime,
    *,
    tell: Tell = nobody,
) -> LakeWriter:
    """What writes the lake of an agreement, as this installation is set up."""
    from saldo.hooks.lake import environment
    from saldo.lake import LakeWriter
    from saldo.maintenance import retention

    return LakeWriter(
        connection,
        store,
        agreement,
        environment=environment(),
        run_id=run_id,
        run_request=run_request,
        kept_since=retention()["staging.history"].before(now),
        now=now,
        tell=tell,
    )
