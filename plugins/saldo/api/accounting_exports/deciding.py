"""What the finance officer decides about an export: it is tried again, corrected, booked by hand, or not sent at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from saldo.exports.accounting import deciding
from saldo.exports.accounting.deciding import WrongStatus
from saldo.exports.accounting.jobs import Job, job_of
from saldo.exports.accounting.overriding import InvalidOverride
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from .. import idempotency
from ..answers import GUARDS, Problem
from ..auth import Sender, name_of
from ..idempotency import Answer
from ..problems import responses
from ..routers import sender_router
from .access import export_of, job_to_decide
from .bodies import BookedBody, LinesBody, RetryBody
from .models import Decided
from .shown import ONE, path_of, run_shown, shown
from .starting import begin_export, refuse_resting
from .troubles import told
from .words import actions_of, in_words

router = sender_router()
Decide = Callable[[Connection, Job, str], Job]

_WHO = (
    "For whoever may trigger the DAG `saldo_export__<organisation>`; written down in `ops.audit`."
)


@router.delete(
    ONE,
    summary="Take an export back",
    description=f"One that is pending, and of which the accounting system has nothing: it is cancelled. {_WHO}",
    response_model=Decided,
    responses=responses(404, 409, 503),
)
def take_accounting_export_back(export_id: UUID, request: Request, user: Sender) -> JSONResponse:
    actor = name_of(user)
    with told(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_decide(connection, request, user, export_id)
        found = _decided(connection, job, actor, _cancel_pending)
        body = Decided(**shown(request, found), run=None)
    return JSONResponse(body.model_dump(mode="json"), headers=GUARDS)


@router.post(
    f"{ONE}/cancel",
    summary="Cancel an export",
    description="One that is pending, failed or in review, and of which the accounting system has nothing. It is not sent unless somebody "
    f"asks for it again. {_WHO}",
    response_model=Decided,
    responses=responses(404, 409, 422, 503),
)
def cancel_accounting_export(
    export_id: UUID, request: Request, user: Sender, key: idempotency.Key = None
) -> JSONResponse:
    def decide(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.cancel(connection, job.export_id, actor=actor)

    return _answered(request, user, export_id, key, "cancel", None, decide)


@router.post(
    f"{ONE}/retry",
    summary="Try an export again",
    description="One that failed or is in review. It is looked for in the accounting system first, and sent where nothing of it is there. "
    f"`override` stands over the mapping for this export only. {_WHO}",
    status_code=202,
    response_model=Decided,
    responses=responses(404, 409, 422, 503),
)
def retry_accounting_export(
    export_id: UUID,
    body: RetryBody,
    request: Request,
    user: Sender,
    key: idempotency.Key = None,
) -> JSONResponse:
    def decide(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.retry(
            connection,
            job.export_id,
            actor=actor,
            configuration=export_of(job.organisation),
            override=body.override,
            accept_second=body.accept_second,
        )

    return _answered(request, user, export_id, key, "retry", body, decide, runs=True)


@router.post(
    f"{ONE}/booked",
    summary="An export was booked by hand",
    description="One that failed or is in review. It counts as posted under the voucher's number, and is never sent or compared again. "
    f"{_WHO}",
    response_model=Decided,
    responses=responses(404, 409, 422, 503),
)
def book_accounting_export_by_hand(
    export_id: UUID,
    body: BookedBody,
    request: Request,
    user: Sender,
    key: idempotency.Key = None,
) -> JSONResponse:
    def decide(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.book_by_hand(connection, job.export_id, body.reference, actor=actor)

    return _answered(request, user, export_id, key, "booked", body, decide)


@router.post(
    f"{ONE}/lines",
    summary="Correct lines of an export",
    description="Category, VAT code, dimensions, text or date of some lines; what is paid stays. They become the expense's next revision, "
    "whose export is answered; this one is cancelled. For one that is pending, failed or in review, and of which the accounting "
    f"system has nothing. {_WHO}",
    status_code=202,
    response_model=Decided,
    responses=responses(404, 409, 422, 503),
)
def edit_accounting_export_lines(
    export_id: UUID,
    body: LinesBody,
    request: Request,
    user: Sender,
    key: idempotency.Key = None,
) -> JSONResponse:
    def decide(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.edit_lines(
            connection,
            job.export_id,
            [line.changes for line in body.lines],
            actor=actor,
            configuration=export_of(job.organisation),
        )

    return _answered(request, user, export_id, key, "lines", body, decide, runs=True)


def _answered(
    request: Request,
    user: Any,
    export_id: UUID,
    key: str | None,
    what: str,
    body: BaseModel | None,
    decide: Decide,
    *,
    runs: bool = False,
) -> JSONResponse:
    """Decide once for an Idempotency-Key. runs: a run goes on with it."""
    actor = name_of(user)
    asked = (
        b""
        if body is None
        else msgspec.json.encode(body.model_dump(exclude_unset=True), order="deterministic")
    )

    def act() -> Answer:
        if runs:
            refuse_resting(job.organisation)
        found = _decided(connection, job, actor, decide)
        run = None
        if runs and found.status == "pending":
            run = begin_export(connection, found.organisation, [found.export_id], actor=actor)
        answer = Decided(**shown(request, found), run=run_shown(run))
        return Answer(202 if runs else 200, answer.model_dump(mode="json"))

    with told(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_decide(connection, request, user, export_id)
        path = f"{path_of(export_id)}/{what}"
        return idempotency.once(
            connection, actor=actor, key=key, method="POST", path=path, body=asked, act=act
        )


def _decided(connection: Connection, job: Job, actor: str, decide: Decide) -> Job:
    """Raises Problem 409 with what may be done where it cannot be, 422 where the override cannot."""
    try:
        return decide(connection, job, actor)
    except InvalidOverride as error:
        more = {"problems": list(error.problems)}
        raise Problem(422, "This cannot stand over the mapping", f"{error}.", more=more) from None
    except WrongStatus as error:
        now = job_of(connection, job.export_id)
        found = actions_of(now)
        raise Problem(
            409,
            "This cannot be done with it now",
            f"{error}. {in_words(found)}",
            more={"export_status": now.status, "actions": [one.name for one in found]},
        ) from None


def _cancel_pending(connection: Connection, job: Job, actor: str) -> Job:
    """As cancel, of what is pending when it comes to it."""
    with connection.transaction():
        connection.execute(
            "select from ops.export_job as j where j.export_id = %s for update", [job.export_id]
        )
        now = job_of(connection, job.export_id)
        if now.status != "pending":
            raise WrongStatus(now, "taken back", ("pending",))
        return deciding.cancel(connection, job.export_id, actor=actor)
