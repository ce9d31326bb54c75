"""The watch: one task every few minutes that looks at everything and notifies people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from .context import is_paused

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.agreements.agreement import Agreement
    from saldo.alerts.watch import Environment
    from saldo.warehouse.connection import Connection


#: Times asked for in one URL, whose length is limited.
_DATES_PER_URL = 100


class WatchOperator(BaseOperator):
    """Heartbeats, alerts, late nights, reminders, and mails that wait. minutes: from one look to the next."""

    ui_color = "#f4eeda"

    def __init__(self, *, minutes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minutes = minutes

    def execute(self, context: Context) -> None:
        from saldo.agreements.loading import agreement_files, load_agreements
        from saldo.alerts import subject_of
        from saldo.alerts.watch import watch
        from saldo.exports.loading import (
            export_configurations,
            load_accounting_exports,
            load_export_configurations,
        )
        from saldo.exports.subjects import accounting_subjects, export_subjects
        from saldo.files.loading import file_configurations, load_file_configurations
        from saldo.files.subjects import file_subjects
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.powerbi.subjects import dataset_subjects
        from saldo.rates.subjects import bank_subjects
        from saldo.subject import SubjectKey
        from saldo.vendors import entity_names
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn = WarehouseHook().dsn()
        migrate(dsn)
        vendors = entity_names()
        found = load_agreements(vendors=vendors)
        files = load_file_configurations()
        exports = load_export_configurations()
        broken = [
            *(
                SubjectKey("agreement", id)
                for id in agreement_files(vendors=vendors).held(found.broken)
            ),
            *(SubjectKey("file", id) for id in file_configurations().held(files.broken)),
            *(SubjectKey("export", id) for id in export_configurations().held(exports.broken)),
        ]
        subjects = [
            *map(subject_of, found.good),
            *bank_subjects(),
            *dataset_subjects(),
            *file_subjects(files.good),
            *export_subjects(exports.good),
            *accounting_subjects(load_accounting_exports().good),
        ]
        with connect(dsn) as connection:
            environment = replace(
                self._environment(context["ti"], found.good),
                give_rights=lambda connection: _give_rights(connection, found.good),
            )
            watch(connection, subjects, environment, broken=broken, now=datetime.now(UTC))

    def _environment(self, ti: Any, agreements: Iterable[Agreement]) -> Environment:
        from airflow.sdk.configuration import conf

        from saldo.alerts.watch import Environment
        from saldo.hooks.connections import key_of_connection
        from saldo.hooks.mail import MailHook
        from saldo.hooks.vendors import addresses_of

        ui_url = conf.get("api", "base_url", fallback="") or "http://localhost:8080"
        # Where tasks reach the API server; people may reach it by another name.
        execution_url = conf.get("core", "execution_api_server_url", fallback="")
        by_key = {agreement.key: agreement for agreement in agreements}
        inner, is_given, _ = execution_url.partition("/execution")
        return Environment(
            health_url=inner if is_given else ui_url,
            ui_url=ui_url,
            # Nobody knocks at a central bank, or at SharePoint, every five minutes.
            urls_of=lambda key: addresses_of(by_key[key]) if key in by_key else [],
            key_of=lambda conn_id: key_of_connection(conn_id, needed_by="the watch"),
            is_paused=lambda dag_id: is_paused(ti, dag_id),
            failed_at=lambda times: _failed_at(ti, times),
            open_mailer=lambda: MailHook().mailer(),
            minutes=self.minutes,
        )


def _give_rights(connection: Connection, agreements: Iterable[Agreement]) -> None:
    from saldo.agreements.loading import agreement_files
    from saldo.readers.applying import apply_readers, note_personal_accounts
    from saldo.readers.loading import readers_of
    from saldo.vendors import entity_names

    note_personal_accounts(connection, agreements)
    apply_readers(connection, readers_of(agreement_files(vendors=entity_names())))


def _failed_at(ti: Any, times: Sequence[datetime]) -> set[datetime]:
    """Those of these times at which this DAG's task was due, ran and failed."""
    failed: set[str] = set()
    for start in range(0, len(times), _DATES_PER_URL):
        found = ti.get_task_states(
            dag_id=ti.dag_id,
            task_ids=[ti.task_id],
            logical_dates=list(times[start : start + _DATES_PER_URL]),
        )
        failed |= {run_id for run_id, states in found.items() if "failed" in states.values()}
    return {time for time in times if f"scheduled__{time.isoformat()}" in failed}
