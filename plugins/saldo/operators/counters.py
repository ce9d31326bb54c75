"""Saldo's own counters, by Airflow's metrics: whatever Airflow sends its own to gets these, too.

They are sent from the task's process, where Airflow's metrics are switched on ([metrics] of its settings); otherwise
these calls do nothing. docs/observability.md lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from saldo.agreements.agreement import Agreement
    from saldo.runs.sync_run import Run, SyncRun
    from saldo.warehouse.connection import Connection


@contextmanager
def recorded(
    connection: Connection, dsn: str, agreement: Agreement, what: str, run: Run
) -> Iterator[SyncRun]:
    """See saldo.runs.sync_run.recorded; what: the entity or the task. Its counts are sent at the end, also of a try that
    fails."""
    from saldo.runs import sync_run

    with sync_run.recorded(connection, dsn, agreement.key, what, run) as found:
        try:
            yield found
        finally:
            _send(agreement, what, found)


def _send(agreement: Agreement, what: str, run: SyncRun) -> None:
    requests, retries, throttled, _ = run.spent
    values = {
        "requests": requests,
        "retries": retries,
        "throttled": throttled,
        "rows_read": run.counts.read,
        "rows_written": run.counts.changed,
    }
    for name, value in values.items():
        if value:
            stats.incr(f"saldo.{name}", value, tags=_tags(agreement, entity=what))


def count_differences(agreement: Agreement, count: int) -> None:
    """How many of the vendor's own totals an agreement's facts differ from; 0 when all agree."""
    stats.gauge("saldo.proof_differences", count, tags=_tags(agreement))


def _tags(agreement: Agreement, **more: str) -> dict[str, str]:
    return {"agreement": agreement.id, "vendor": agreement.vendor, **more}
