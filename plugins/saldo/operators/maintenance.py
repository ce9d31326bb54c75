"""The tasks of saldo_maintenance, each over one function of saldo.maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from saldo.errors import SaldoError

from .context import record_start, run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.maintenance import Trouble

#: What `sizes` found, for `report`.
TROUBLES = "troubles"


class MaintenanceOperator(BaseOperator):
    """Base of the tasks; all of them can be run again at any time."""

    ui_color = "#f4eeda"


class RetentionOperator(MaintenanceOperator):
    """Delete what is older than it is kept from the warehouse; a table that fails stops no other."""

    def execute(self, context: Context) -> None:
        import psycopg

        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import maintenance_lock, prune, retention
        from saldo.warehouse.connection import WarehouseUnavailable, connect
        from saldo.warehouse.migrations import migrate

        dsn, now, run = WarehouseHook().dsn(), datetime.now(UTC), run_of(context)
        migrate(dsn)
        failed = []
        with connect(dsn) as connection, maintenance_lock(connection):
            record_start(connection, context, None)
            for rule in (rule for rule in retention().values() if rule.age):
                try:
                    removed = prune(connection, rule, run_id=run.run_id, now=now)
                except WarehouseUnavailable:
                    raise
                except (psycopg.Error, SaldoError) as error:
                    self.log.exception("%s", rule.subject)
                    failed.append(f"{rule.subject}: {error}")
                    continue
                kept = "for ever" if rule.days is None else f"{rule.days} days"
                self.log.info("%s: %s rows removed, kept %s", rule.subject, removed, kept)
        if failed:
            raise SaldoError("not everything old could be removed:\n" + "\n".join(failed))


class TaskLogsOperator(MaintenanceOperator):
    """Remove task logs older than the runs they are of from this machine's disk."""

    def execute(self, context: Context) -> None:
        from pathlib import Path

        from airflow.sdk.configuration import conf

        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import note_removed, prune_logs, retention
        from saldo.warehouse.connection import connect

        now, rules, run = datetime.now(UTC), retention(), run_of(context)
        all, watch = rules["airflow"].before(now), rules["airflow.watch"].before(now)
        folder = Path(conf.get("logging", "base_log_folder"))
        removed = prune_logs(folder, lambda part: watch if part == "dag_id=saldo_watch" else all)
        self.log.info(
            "%s: %s files (%s bytes) older than %s removed, %s kept",
            folder, removed.files, removed.bytes, all, removed.kept,
        )  # fmt: skip
        with connect(WarehouseHook().dsn()) as connection:
            note_removed(
                connection, "task logs", run_id=run.run_id, before=all or now,
                removed=removed.files, bytes=removed.bytes, now=now,
            )  # fmt: skip
        if removed.failed:
            raise AirflowFailException(
                f"task logs that are old cannot be removed; give {folder} and all below it to the user "
                "Airflow runs as:\n" + "\n".join(removed.failed)
            )


class DriftReportOperator(MaintenanceOperator):
    """Tell the fields that are new since the last report."""

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import tell_drift
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn = WarehouseHook().dsn()
        migrate(dsn)
        with connect(dsn) as connection:
            tell_drift(connection, now=datetime.now(UTC))


class SizeReportOperator(MaintenanceOperator):
    """Measure the warehouse's tables; what about them needs a person is for `report`."""

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import measure
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn = WarehouseHook().dsn()
        migrate(dsn)
        with connect(dsn) as connection:
            troubles = measure(connection, now=datetime.now(UTC))
        for trouble in troubles:
            self.log.warning("%s. To do: %s", trouble.what, trouble.remedy)
        context["ti"].xcom_push(
            key=TROUBLES, value=[{"what": t.what, "remedy": t.remedy} for t in troubles]
        )


class MaintenanceReportOperator(MaintenanceOperator):
    """The only leaf: one mail when something needs a person, and the run fails when a task did."""

    def execute(self, context: Context) -> None:
        from airflow.sdk.configuration import conf

        from saldo.exports.loading import load_accounting_exports
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import Trouble, stranded, tell_people
        from saldo.warehouse.connection import connect

        ti = context["ti"]
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        bad = sorted(t for t, state in states.items() if state in ("failed", "upstream_failed"))
        ui_url = (conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
        url = f"{ui_url}/dags/{ti.dag_id}/runs/{quote(ti.run_id, safe='')}"
        found = ti.xcom_pull(task_ids="sizes", key=TROUBLES) or []
        troubles = [*_failures(bad, url), *(Trouble(**one) for one in found)]
        organisations = [one.organisation for one in load_accounting_exports().good]
        with connect(WarehouseHook().dsn()) as connection:
            troubles += stranded(connection, organisations)
            if troubles:
                notified = tell_people(connection, troubles, run_url=url, now=datetime.now(UTC))
                who = ", ".join(notified) or "nobody: name addresses in SALDO_ALERTS_TO"
                self.log.warning("%s thing(s) need a person; notified: %s", len(troubles), who)
        if bad:
            raise AirflowFailException(f"{len(bad)} task(s) failed: {', '.join(bad)}")
        self.log.info("everything was done")


def _failures(tasks: list[str], url: str) -> list[Trouble]:
    from saldo.maintenance import Trouble

    return [
        Trouble(f"the task {task} failed", f"its log says why: {url}/tasks/{task}")
        for task in tasks
    ]
