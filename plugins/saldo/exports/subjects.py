"""Exports as subjects of the watch."""

from __future__ import annotations

from collections.abc import Iterable

from saldo.subject import Subject

from .configuration import ExportConfiguration

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
