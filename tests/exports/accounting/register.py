"""What tests of the register of exports share: expenses that are stored, and jobs that are put into a status."""

from __future__ import annotations

from typing import Any

from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import Job, jobs_of
from saldo.exports.accounting.registering import register
from saldo.warehouse.connection import Connection

from .examples import configurations, expense

FJELL = configurations()["fjell"]


def clear(warehouse: Connection) -> None:
    warehouse.execute("truncate ops.expense, ops.export_job, ops.export_breaker, ops.audit cascade")


def stored(warehouse: Connection, **changes: Any) -> None:
    """An expense of Fjellbygg."""
    store_expense(warehouse, parse_expense(expense(**changes)), actor="ann", source="rest")


def registered(warehouse: Connection, **changes: Any) -> Job:
    """Stored, and its export asked for."""
    stored(warehouse, **changes)
    return register(warehouse, FJELL, changes.get("id", "EXP-2026-0001"), actor="ann")


def put(warehouse: Connection, job: Job, **values: Any) -> None:
    """Columns of a job as a run would have left them."""
    for name, value in values.items():
        warehouse.execute(
            f"update ops.export_job set {name} = %s where export_id = %s".encode(),
            [value, job.export_id],
        )


def all_jobs(warehouse: Connection) -> list[Job]:
    """By revision."""
    return sorted(jobs_of(warehouse, organisations=["fjell"]), key=lambda job: job.revision)


def acts(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select action, actor, subject_id from ops.audit order by at"
    ).fetchall()
