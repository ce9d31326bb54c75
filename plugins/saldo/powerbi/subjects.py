"""The models that are refreshed, as subjects of the watch."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.errors import ConfigError
from saldo.subject import Alerts, Subject, SubjectKey

from .choice import Dataset, datasets

DAG_ID = "saldo_powerbi_refresh"
CONNECTION = "saldo_powerbi"
#: The entity in ops.sync_run, and the task.
ENTITY = "refresh"


def subject(dataset: Dataset) -> SubjectKey:
    """Whose tries they are."""
    return SubjectKey("dataset", dataset.id)


def dataset_subjects(environ: Mapping[str, str] = os.environ) -> list[Subject]:
    """One per model; none where the setting cannot be read, which the DAG's import error says."""
    try:
        found = datasets(environ)
    except ConfigError:
        return []
    return [
        Subject(
            key=subject(dataset),
            name=f"Power BI model {dataset.id}",
            dag_id=DAG_ID,
            system="powerbi",
            system_name="Power BI",
            alerts=Alerts(after_failures=1),
            connection=CONNECTION,
            task_ids={ENTITY: ENTITY},
        )
        for dataset in found
    ]
