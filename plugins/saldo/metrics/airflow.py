"""Gauges of Airflow's own database: what of Saldo waits and runs, and whether the parts of Airflow beat.

Nothing here knows Airflow: whoever does gives the numbers (saldo/api/airflow_state.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from .gauges import Gauge

#: States of tasks that are told, whether there are any or not.
STATES = ("running", "queued", "scheduled", "deferred")

TASKS = Gauge(
    "saldo_airflow_tasks", "", "Tasks of Saldo's DAGs now, by pool and state.", ("pool", "state")
)
QUEUED_SINCE = Gauge(
    "saldo_airflow_queued_since_timestamp_seconds",
    "",
    "When the task was queued that has waited the longest for a worker.",
    ("pool",),
)
HEARTBEAT = Gauge(
    "saldo_airflow_heartbeat_timestamp_seconds",
    "",
    "Newest heartbeat of a process of Airflow.",
    ("component",),
)
IMPORT_ERRORS = Gauge(
    "saldo_airflow_import_errors", "", "Files of DAGs that Airflow cannot read.", ()
)
AIRFLOW = (TASKS, QUEUED_SINCE, HEARTBEAT, IMPORT_ERRORS)
#: Of this group in saldo_group_up.
GROUP = "airflow"

Sample = tuple[Gauge, tuple[str, ...], float]


@dataclass(frozen=True)
class AirflowNumbers:
    """tasks: (pool, state) -> how many, of STATES. queued_since: pool -> of its oldest that is queued. heartbeats: process -> its newest."""

    tasks: Mapping[tuple[str, str], int]
    queued_since: Mapping[str, datetime]
    heartbeats: Mapping[str, datetime]
    import_errors: int

    def samples(self) -> Iterator[Sample]:
        """(gauge, values of its labels, value), those of a gauge together."""
        for key, tasks in self.tasks.items():
            yield TASKS, key, tasks
        for pool, since in self.queued_since.items():
            yield QUEUED_SINCE, (pool,), since.timestamp()
        for component, at in self.heartbeats.items():
            yield HEARTBEAT, (component,), at.timestamp()
        yield IMPORT_ERRORS, (), self.import_errors
