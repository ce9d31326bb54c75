"""How an agreement becomes a subject of the watch."""

from __future__ import annotations

from functools import cache

from saldo.agreement import Agreement
from saldo.subject import Subject
from saldo.vendors import NAMES, entity_names, task_of


def subject_of(agreement: Agreement) -> Subject:
    """The agreement as the watch sees it."""
    vendor = agreement.vendor
    task_ids = _task_ids(vendor)
    return Subject(
        key=agreement.key,
        name=agreement.name,
        dag_id=agreement.dag_id,
        system=vendor,
        system_name=NAMES.get(vendor, vendor),
        alerts=agreement.alerts,
        timezone=agreement.timezone,
        schedule=agreement.schedule,
        finish_by=agreement.finish_by,
        connection=agreement.connection,
        task_ids=task_ids,
        dropped=frozenset(name for name in task_ids if not agreement.wants(name)),
    )


@cache
def _task_ids(vendor: str) -> dict[str, str]:
    return {name: task_of(vendor, name) for name in entity_names().get(vendor, ())}
