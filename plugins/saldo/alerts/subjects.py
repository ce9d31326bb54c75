"""How an agreement becomes a subject of the watch."""

from __future__ import annotations

from functools import cache

from saldo.agreements.agreement import Agreement
from saldo.subject import Subject
from saldo.vendors import VENDORS, task_of, title_of


def subject_of(agreement: Agreement) -> Subject:
    """The agreement as the watch sees it."""
    vendor = agreement.vendor
    task_ids = _task_ids(vendor)
    return Subject(
        key=agreement.key,
        name=agreement.name,
        dag_id=agreement.dag_id,
        system=vendor,
        system_name=title_of(vendor),
        alerts=agreement.alerts,
        timezone=agreement.timezone,
        schedule=agreement.schedule,
        finish_by=agreement.finish_by,
        connection=agreement.connection,
        task_ids=task_ids,
        dropped=frozenset(name for name in task_ids if not VENDORS[vendor].wants(agreement, name)),
    )


@cache
def _task_ids(vendor: str) -> dict[str, str]:
    return {entity.name: task_of(vendor, entity.name) for entity in VENDORS[vendor].entities}
