"""How Airflow is, by its own database: its parts, what waits and runs, and where. In the API server, which has that database.

As runs.py, it knows Airflow's insides, which are no stable public API; what it uses is looked at by a test.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: States in which a task is on its way: it runs, or it waits.
_RUNS, _WAITS = "running", ("scheduled", "queued")
_ASLEEP = ("deferred", "up_for_retry", "up_for_reschedule")
#: A host that ran nothing for so long is no worker any more.
_RECENT = timedelta(hours=6)


@dataclass(frozen=True)
class Part:
    """A process of Airflow. at: its last heartbeat. is_well: None where there is none and need not be."""

    name: str
    is_well: bool | None
    at: datetime | None


@dataclass(frozen=True)
class Worker:
    """A host on which tasks run or ran. at: when one of its tasks was last seen."""

    host: str
    running: int
    at: datetime | None


@dataclass(frozen=True)
class Pool:
    """slots: None for no limit."""

    name: str
    slots: int | None
    running: int
    queued: int
    scheduled: int
    deferred: int


@dataclass(frozen=True)
class AirflowState:
    """tasks: state -> how many. waits_since: of the task that has been queued the longest; None where none is. paused: DAGs of Saldo that
    are switched off."""

    parts: list[Part]
    tasks: dict[str, int]
    waits_since: datetime | None
    workers: list[Worker]
    pools: list[Pool]
    import_errors: int
    paused: list[str]


def airflow_state(now: datetime) -> AirflowState:
    """All of it, in a handful of short questions."""
    from airflow.models import DagModel
    from airflow.models import Pool as PoolModel
    from airflow.models.errors import ParseImportError
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import case, func, select

    state = TaskInstance.state
    with create_session() as session:
        counted = session.execute(
            select(state, func.count()).where(state.in_((_RUNS, *_WAITS, *_ASLEEP))).group_by(state)
        ).all()
        oldest = session.scalar(select(func.min(TaskInstance.queued_dttm)).where(state == "queued"))
        seen = func.max(func.coalesce(TaskInstance.last_heartbeat_at, TaskInstance.start_date))
        running = func.sum(case((state == _RUNS, 1), else_=0))
        hosts = session.execute(
            select(TaskInstance.hostname, running, seen)
            .where(TaskInstance.last_heartbeat_at >= now - _RECENT, TaskInstance.hostname != "")
            .group_by(TaskInstance.hostname)
            .order_by(TaskInstance.hostname)
        ).all()
        pools = PoolModel.slots_stats(session=session)
        errors = session.scalar(select(func.count()).select_from(ParseImportError)) or 0
        paused = session.scalars(
            select(DagModel.dag_id)
            .where(
                DagModel.is_paused,
                ~DagModel.is_stale,
                DagModel.dag_id.like("saldo\\_%", escape="\\"),
            )
            .order_by(DagModel.dag_id)
        ).all()
    return AirflowState(
        parts=_parts(),
        tasks={str(getattr(name, "value", name)): count for name, count in counted},
        waits_since=oldest,
        workers=[Worker(host, int(count or 0), at) for host, count, at in hosts],
        pools=[_pool(name, stats) for name, stats in sorted(pools.items())],
        import_errors=errors,
        paused=list(paused),
    )


def logs_disk() -> tuple[int, int] | None:
    """Bytes in all and free where this server keeps task logs; None where it keeps none."""
    from airflow.configuration import conf

    try:
        found = shutil.disk_usage(conf.get("logging", "base_log_folder"))
    except OSError:
        return None
    return found.total, found.free


def _parts() -> list[Part]:
    from airflow.api.common.airflow_health import get_airflow_health

    found = get_airflow_health()
    return [
        Part(name, *_part(found.get(key) or {}))
        for name, key in (
            ("scheduler", "scheduler"),
            ("triggerer", "triggerer"),
            ("dag-processor", "dag_processor"),
        )
    ]


def _part(found: dict[str, Any]) -> tuple[bool | None, datetime | None]:
    status = found.get("status")
    at = next((value for key, value in found.items() if key.endswith("heartbeat") and value), None)
    return (
        None if status is None else status == "healthy",
        None if at is None else datetime.fromisoformat(at),
    )


def _pool(name: str, stats: Any) -> Pool:
    total = stats["total"]
    slots = None if total == float("inf") else int(total)
    return Pool(
        name, slots, *(int(stats[key]) for key in ("running", "queued", "scheduled", "deferred"))
    )
