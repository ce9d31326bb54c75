"""What the finance officer decides about an export by REST: it is tried again, corrected, booked by hand, or not sent at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse

from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import connect

from .. import idempotency
from ..answers import GUARDS
from ..auth import Sender, name_of
from ..idempotency import Answer
from ..problems import responses
from ..routers import sender_router
from . import decisions
from .access import job_to_decide
from .bodies import BookedBody, LinesBody, RetryBody
from .decisions import Decision
from .models import Decided
from .shown import ONE, path_of, run_shown, shown
from .troubles import told

router = sender_router()

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
    found = decisions.decide(request, user, export_id, decisions.taking_back())
    body = Decided(**shown(request, found.job), run=None)
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
    return _answered(request, user, export_id, key, decisions.cancelling())


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
    return _answered(request, user, export_id, key, decisions.retrying(body))


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
    return _answered(request, user, export_id, key, decisions.booking(body))


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
    return _answered(request, user, export_id, key, decisions.editing(body))


def _answered(
    request: Request, user: Any, export_id: UUID, key: str | None, decision: Decision
) -> JSONResponse:
    """Decide once for an Idempotency-Key."""
    actor = name_of(user)

    def act() -> Answer:
        made = decisions.carry_out(connection, job, actor, decision)
        answer = Decided(**shown(request, made.job), run=run_shown(made.run))
        return Answer(202 if decision.runs else 200, answer.model_dump(mode="json"))

    with told(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_decide(connection, request, user, export_id)
        path = f"{path_of(export_id)}/{decision.name}"
        return idempotency.once(
            connection, actor=actor, key=key, method="POST", path=path, body=decision.asked, act=act
        )
