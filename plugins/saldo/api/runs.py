"""Runs of DAGs: start one, and say how one is. In the API server, which has Airflow's database.

Beside auth.py the only module that knows Airflow's insides, which are no stable public API; what it uses is looked at by a test.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .answers import Problem

log = logging.getLogger(__name__)
#: States in which a run has ended.
OVER = ("success", "failed")


@dataclass(frozen=True)
class DagRun:
    """A run as Airflow has it. state: queued, running, success or failed. asked_by: who; None where nobody did."""

    dag_id: str
    run_id: str
    state: str
    asked_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    conf: Mapping[str, Any]
    asked_by: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


@dataclass(frozen=True)
class Plan:
    """When a DAG runs next, as Airflow's scheduler has it. next_at: None where it only runs on demand."""

    is_paused: bool
    next_at: datetime | None


def plans(dag_ids: Collection[str]) -> dict[str, Plan]:
    """DAG id -> its plan, of those that Airflow has; asked for all at once."""
    from airflow.models import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    wanted = select(DagModel.dag_id, DagModel.is_paused, DagModel.next_dagrun_create_after).where(
        DagModel.dag_id.in_(list(dag_ids)), ~DagModel.is_stale
    )
    with create_session() as session:
        return {
            id: Plan(bool(is_paused), next_at) for id, is_paused, next_at in session.execute(wanted)
        }


def refuse_resting(dag_id: str) -> None:
    """Raises Problem 404 where Airflow has no such DAG, 409 for one that is paused: its runs wait for ever."""
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        model = session.get(DagModel, dag_id)
        if model is None or model.is_stale:
            raise Problem(
                404,
                "Airflow does not know this DAG",
                f"{dag_id} is not among its DAGs. A file that was just written is found within a minute.",
            )
        if model.is_paused:
            raise Problem(
                409,
                "The DAG is paused",
                f"What is started now would wait until somebody switches {dag_id} on in Airflow. Switch it on, and ask again.",
            )


def start(dag_id: str, conf: Mapping[str, Any], *, actor: str, delay_s: float = 0) -> DagRun:
    """Start a run as the form of the trigger dialog does; delay_s: it is queued at once, and begins that much later.

    Raises Problem as refuse_resting does, and 409 where the DAG takes no such conf: it was read before the file that it is of was changed.
    """
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.sdk.exceptions import ParamValidationError
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType

    refuse_resting(dag_id)
    try:
        with create_session() as session:
            run = trigger_dag(
                dag_id,
                triggered_by=DagRunTriggeredByType.REST_API,
                triggering_user_name=actor,
                conf=dict(conf),
                run_after=datetime.now(UTC) + timedelta(seconds=delay_s),
                session=session,
            )
            session.flush()
            return _of(run)
    except ParamValidationError as error:
        log.warning("%s: %s", dag_id, error)
        raise Problem(
            409,
            "The DAG does not take this yet",
            f"Airflow read {dag_id} before what is asked for was written. It is read again within a minute: ask again then.",
            {"Retry-After": "60"},
        ) from None


def extend(dag_id: str, run_id: str, key: str, values: list[str]) -> DagRun | None:
    """Let a run that has not begun do more: values are added to a list of its conf. None where it has begun meanwhile."""
    from airflow.models import DagRun as Model
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        # The scheduler, which starts it, waits for this row, or has it already.
        run = session.scalar(
            select(Model).where(Model.dag_id == dag_id, Model.run_id == run_id).with_for_update()
        )
        if run is None or _state_of(run) != "queued":
            return None
        conf = dict(run.conf or {})
        run.conf = {**conf, key: list(dict.fromkeys([*conf.get(key, ()), *values]))}
        session.flush()
        return _of(run)


def find(dag_id: str, run_id: str) -> DagRun | None:
    """The run; None where there is none."""
    from airflow.models import DagRun as Model
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalar(
            select(Model).where(Model.dag_id == dag_id, Model.run_id == run_id).limit(1)
        )
        return None if run is None else _of(run)


def newest(dag_id: str, *, states: tuple[str, ...] = ()) -> list[DagRun]:
    """The last runs, the newest first; at most fifty. states: only those in one of these."""
    from airflow.models import DagRun as Model
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        wanted = select(Model).where(Model.dag_id == dag_id)
        if states:
            wanted = wanted.where(Model.state.in_(states))
        return [_of(run) for run in session.scalars(wanted.order_by(Model.id.desc()).limit(50))]


def at_work(*dag_ids: str) -> list[DagRun]:
    """Runs that have begun or wait for their turn, the newest first; at most fifty. None of a DAG that is paused or gone: nothing
    starts their next task or ends them when their time is up."""
    from airflow.models import DagModel
    from airflow.models import DagRun as Model
    from airflow.utils.session import create_session
    from sqlalchemy import select

    wanted = (
        select(Model)
        .join(DagModel, DagModel.dag_id == Model.dag_id)
        .where(
            Model.dag_id.in_(dag_ids),
            Model.state.in_(("queued", "running")),
            ~DagModel.is_paused,
            ~DagModel.is_stale,
        )
        .order_by(Model.id.desc())
        .limit(50)
    )
    with create_session() as session:
        return [_of(run) for run in session.scalars(wanted)]


def _of(run: Any) -> DagRun:
    return DagRun(
        dag_id=run.dag_id,
        run_id=run.run_id,
        state=_state_of(run),
        asked_at=run.queued_at or run.run_after,
        started_at=run.start_date,
        ended_at=run.end_date,
        conf=dict(run.conf or {}),
        asked_by=run.triggering_user_name,
    )


def _state_of(run: Any) -> str:
    return str(getattr(run.state, "value", run.state))
