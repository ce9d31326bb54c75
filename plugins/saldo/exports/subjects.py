"""Exports as subjects of the watch."""

from __future__ import annotations

from collections.abc import Iterable

from saldo.subject import Subject

from .accounting.configuration import AccountingExport
from .accounting.targets import kind_of
from .configuration import ExportConfiguration, dag_id_of

#: The entity under which a try of an export is recorded in ops.sync_run.
ENTITY = "export"


def export_subjects(configurations: Iterable[ExportConfiguration]) -> list[Subject]:
    """One for each."""
    return [
        Subject(
            key=one.key,
            name=f"Export {one.name}",
            dag_id=one.dag_id,
            system=f"export_{one.target}",
            system_name="files of exports",
            alerts=one.alerts,
            timezone=one.timezone,
            schedule=one.schedule,
            task_ids={ENTITY: ENTITY},
        )
        for one in configurations
    ]


def accounting_subjects(configurations: Iterable[AccountingExport]) -> list[Subject]:
    """One for each organisation. What fails there alike with the same system's agreements shares a mail with them."""
    return [
        Subject(
            key=one.key,
            name=f"Accounting export {one.organisation}",
            dag_id=dag_id_of(one.organisation),
            system=one.target,
            system_name=kind_of(one).title,
            alerts=one.alerts,
            timezone=one.timezone,
            schedule=one.schedule,
            connection=one.connection,
        )
        for one in configurations
    ]
