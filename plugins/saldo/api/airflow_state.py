"""How Airflow is, by its own database: its parts, what waits and runs, and where. In the API server, which has that database.

As runs.py, it knows Airflow's insides, which are no stable public API; what it uses is looked at by a test.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from saldo.metrics.airflow import STATES, AirflowNumbers

#: States in which a task is on its way: it runs, or it waits.
_RUNS, _QUEUED, _WAITS = "running", "queued", ("scheduled", "queued")
_ASLEEP = ("deferred", "up_for_retry", "up_for_reschedule")
#: Saldo's DAGs and pools, for LIKE.
_OURS = "saldo\\_%"
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
class Queue:
    """Tasks of one pool in one state. is_ours: of Saldo's DAGs. since: of those in `queued`, since when the one that has waited the longest."""

    pool: str
    state: str
    is_ours: bool
    tasks: int
    since: datetime | None


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
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import case, func, select

    state = TaskInstance.state
    with create_session() as session:
        queues = queues_of(session)
        seen = func.max(func.coalesce(TaskInstance.last_heartbeat_at, TaskInstance.start_date))
        running = func.sum(case((state == _RUNS, 1), else_=0))
        hosts = session.execute(
            select(TaskInstance.hostname, running, seen)
            .where(TaskInstance.last_heartbeat_at >= now - _RECENT, TaskInstance.hostname != "")
            .group_by(TaskInstance.hostname)
            .order_by(TaskInstance.hostname)
        ).all()
        pools = PoolModel.slots_stats(session=session)
        errors = import_errors(session)
        paused = session.scalars(
            select(DagModel.dag_id)
            .where(
                DagModel.is_paused,
                ~DagModel.is_stale,
                DagModel.dag_id.like(_OURS, escape="\\"),
            )
            .order_by(DagModel.dag_id)
        ).all()
    tasks: Counter[str] = Counter()
    for one in queues:
        tasks[one.state] += one.tasks
    return AirflowState(
        parts=parts(),
        tasks=dict(tasks),
        waits_since=min((one.since for one in queues if one.since), default=None),
        workers=[Worker(host, int(count or 0), at) for host, count, at in hosts],
        pools=[_pool(name, stats) for name, stats in sorted(pools.items())],
        import_errors=errors,
        paused=list(paused),
    )


def queues_of(session: Any) -> list[Queue]:
    """What runs and waits now, by Airflow's index of states: what has ended costs nothing."""
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import case, func, select

    state = TaskInstance.state
    is_ours = case((TaskInstance.dag_id.like(_OURS, escape="\\"), 1), else_=0)
    oldest = func.min(case((state == _QUEUED, TaskInstance.queued_dttm)))
    rows = session.execute(
        select(TaskInstance.pool, state, is_ours, func.count(), oldest)
        .where(state.in_((_RUNS, *_WAITS, *_ASLEEP)))
        .group_by(TaskInstance.pool, state, is_ours)
    ).all()
    return [
        Queue(pool, str(getattr(name, "value", name)), bool(ours), count, since)
        for pool, name, ours, count, since in rows
    ]


def import_errors(session: Any) -> int:
    """How many files of DAGs Airflow cannot read."""
    from airflow.models.errors import ParseImportError
    from sqlalchemy import func, select

    return session.scalar(select(func.count()).select_from(ParseImportError)) or 0


def airflow_numbers() -> AirflowNumbers:
    """The part of it that Prometheus is told: five short questions."""
    from airflow.models import Pool as PoolModel
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    with create_session() as session:
        queues = [one for one in queues_of(session) if one.is_ours]
        errors = import_errors(session)
        names = select(PoolModel.pool).where(
            or_(PoolModel.pool == "default_pool", PoolModel.pool.like(_OURS, escape="\\"))
        )
        pools = {*session.scalars(names), *(one.pool for one in queues)}
    tasks = {(pool, state): 0 for pool in sorted(pools) for state in STATES}
    tasks |= {(one.pool, one.state): one.tasks for one in queues if one.state in STATES}
    return AirflowNumbers(
        tasks=tasks,
        queued_since={one.pool: one.since for one in queues if one.since},
        heartbeats={part.name: part.at for part in parts() if part.at},
        import_errors=errors,
    )


def logs_disk() -> tuple[int, int] | None:
    """Bytes in all and free where this server keeps task logs; None where it keeps none."""
    from airflow.configuration import conf

    try:
        found = shutil.disk_usage(conf.get("logging", "base_log_folder"))
    except OSError:
        return None
    return found.total, found.free


def parts() -> list[Part]:
    """Airflow's own processes but the API server, by their heartbeats."""
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
