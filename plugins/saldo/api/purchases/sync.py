"""GET and POST /saldo/api/v1/purchases/<agreement>/sync: how fresh the purchase documents are, and a run that freshens them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from saldo.agreements.agreement import Agreement
from saldo.exports.summaries import synced_at
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.warehouse.connection import Connection, connect

from .. import idempotency, runs
from ..agreements import agreement_of
from ..answers import GUARDS, Problem, link
from ..auth import Actor, Reader, name_of
from ..idempotency import Answer
from ..problems import responses
from ..routers import actor_router, reader_router
from .bodies import SyncQuery
from .syncing import begin_sync, one_at_a_time
from .troubles import told

_PREFIX = "/api/v1/purchases/{agreement_id}/sync"

reading = reader_router()
acting = actor_router()


class Failure(BaseModel):
    entity: str = Field(description="What failed.")
    message: str = Field(description="Why, and what to do.")


class SyncRun(BaseModel):
    """A run of the agreement's DAG."""

    runId: str
    state: str = Field(description="queued, running, success or failed.")
    askedAt: datetime | None
    startedAt: datetime | None
    endedAt: datetime | None
    failures: list[Failure] = Field(description="What failed in it so far.")


class SyncState(BaseModel):
    agreement: str
    syncDate: datetime | None = Field(
        description="When all purchase documents were last read. null: never."
    )
    run: SyncRun | None = Field(description="The run asked for, else the last one.")


class SyncStarted(BaseModel):
    runId: str
    state: str
    status: str = Field(description="Where its state is told: a path on this server.")


@reading.get(
    _PREFIX,
    summary="How fresh the purchase documents are",
    description="When they were last read, and the state of the last run of the agreement's DAG, or of the one named.",
    response_model=SyncState,
    responses=responses(404, 503),
)
def sync_state(
    agreement_id: str, user: Reader, query: Annotated[SyncQuery, Query()]
) -> JSONResponse:
    state = state_of_sync(agreement_of(agreement_id), query.run)
    return JSONResponse(state.model_dump(mode="json"), headers=GUARDS)


def state_of_sync(agreement: Agreement, run_id: str | None = None) -> SyncState:
    """How fresh the documents are. run_id: the run that is told of; the last one without. Raises Problem as the route answers."""
    if run_id is not None:
        found = runs.find(agreement.dag_id, run_id)
        if found is None:
            raise Problem(
                404,
                "No such run",
                f"{agreement.dag_id} has no run {run_id!r}, or it was long ago.",
            )
    else:
        found = next(iter(runs.newest(agreement.dag_id)), None)
    with told(), connect(WarehouseHook().dsn()) as connection:
        return SyncState(
            agreement=agreement.id,
            syncDate=synced_at(connection, agreement.id),
            run=None if found is None else _shown(connection, agreement, found),
        )


@acting.post(
    _PREFIX,
    summary="Bring the purchase documents up to date",
    description="Starts a run of the agreement's DAG that lands its purchase documents and what they refer to, and brings the facts up "
    "to date. One that waits for its turn already is taken in place of another.",
    status_code=202,
    response_model=SyncStarted,
    responses=responses(404, 409, 422, 503),
)
def start_sync(
    agreement_id: str, request: Request, user: Actor, key: idempotency.Key = None
) -> JSONResponse:
    return sync_once(agreement_of(agreement_id), request, actor=name_of(user), key=key)


def sync_once(
    agreement: Agreement, request: Request, *, actor: str, key: str | None = None, by: str = "REST"
) -> JSONResponse:
    """Start a run (202, SyncStarted). by: what it was asked through. Raises Problem as the route answers."""
    with told(), connect(WarehouseHook().dsn()) as connection:
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=_PREFIX.format(agreement_id=agreement.id),
            body=b"",
            act=lambda: _start(connection, agreement, actor, request, by),
        )


def _start(
    connection: Connection, agreement: Agreement, actor: str, request: Request, by: str
) -> Answer:
    with one_at_a_time(connection, agreement):
        run = begin_sync(agreement, actor=actor)
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=actor,
        subject=agreement.key,
        run=Run(run.dag_id, run.run_id),
        detail={"by": by, "entities": list(run.conf.get("entities") or ())},
    )
    path = _PREFIX.format(agreement_id=agreement.id)
    status = link(request, f"{path}?run={quote(run.run_id, safe='')}")
    body = SyncStarted(runId=run.run_id, state=run.state, status=status).model_dump(mode="json")
    return Answer(202, body, {"Location": status})


def _shown(connection: Connection, agreement: Agreement, run: runs.DagRun) -> SyncRun:
    failures = connection.execute(
        "select entity, error_message from ops.sync_run where subject_kind = 'agreement' and subject_id = %s "
        "and dag_id = %s and run_id = %s and status = 'failed' order by sync_run_id limit 20",
        [agreement.id, run.dag_id, run.run_id],
    ).fetchall()
    shown: dict[str, Any] = {
        "runId": run.run_id,
        "state": run.state,
        "askedAt": run.asked_at,
        "startedAt": run.started_at,
        "endedAt": run.ended_at,
    }
    return SyncRun(
        **shown,
        failures=[Failure(entity=entity, message=message or "") for entity, message in failures],
    )


routers = (reading, acting)
