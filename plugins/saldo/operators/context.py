"""From Airflow's context to Saldo's words: the run, and what it was started for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from saldo.agreements.agreement import Agreement
from saldo.run_request import RunRequest, window_of
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.subject import SubjectKey

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.warehouse.connection import Connection


def run_of(context: Context) -> Run:
    """The run a task is part of, by Airflow's context."""
    ti = context["ti"]
    mode = "window" if _is_backfill(context) else dict(context["params"]).get("mode") or "auto"
    return Run(ti.dag_id, ti.run_id, ti.try_number, mode, _actor(context))


def _actor(context: Context) -> str | None:
    """The person who started the run; None for the schedule, and for what other runs start."""
    run = context["dag_run"]
    if run.run_type not in ("manual", "backfill"):
        return None
    return getattr(run, "triggering_user_name", None) or audit.NOBODY


def record_start(connection: Connection, context: Context, subject: SubjectKey | None) -> None:
    """Note in ops.audit who started the run and with which of the form's parameters; nothing where no
    person did. Every first task of a run calls this; one row is written."""
    run = run_of(context)
    if run.actor is None:
        return
    params = {name: value for name, value in dict(context["params"]).items() if value}
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    kind = "backfill" if _is_backfill(context) else "manual"
    detail: dict[str, object] = {"run_type": kind, **params}
    if start and end and kind == "backfill":
        detail |= {"interval": [start.isoformat(), end.isoformat()]}
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=run.actor,
        subject=subject,
        run=run,
        detail=detail,
    )


def _is_backfill(context: Context) -> bool:
    return bool(context["dag_run"].run_type == "backfill")


def run_request_of(context: Context, agreement: Agreement) -> RunRequest:
    """Raises ConfigError for a window that cannot be read."""
    params: dict[str, Any] = dict(context["params"])
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    interval = None
    if start and end:
        zone = agreement.zone
        interval = window_of(start.astimezone(zone), end.astimezone(zone))
    return RunRequest.of(
        mode=params.get("mode") or "auto",
        is_backfill=_is_backfill(context),
        interval=interval,
        chosen=(_date(params.get("from")), _date(params.get("to"))),
        entities=tuple(params.get("entities") or ()),
        confirm_deletes=bool(params.get("confirm_deletes")),
        start_date=agreement.start_date,
    )


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value else None


def is_paused(ti: Any, dag_id: str) -> bool | None:
    """Whether a DAG is paused; None where Airflow does not say: no mail and no refresh fails for that."""
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return bool(ti.get_dag(dag_id).is_paused)
    # Whatever keeps the API server from answering (no such DAG, no network) reaches a task as this; what is wrong here does not.
    except AirflowRuntimeError:
        return None
