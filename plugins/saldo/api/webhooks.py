"""POST /saldo/api/v1/webhooks/moneybird/<agreement>/<secret>: Moneybird says that something has changed.

Off, unless the agreement's connection has a `webhook_secret`. What the call says is not read: it starts a sync of the purchase
documents, which asks Moneybird itself, and calls of the same minute start one. Whoever does not know the secret is told that
there is nothing, whatever else is wrong; with a `webhook_signing_secret` the call must be signed, too, and of these minutes.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from saldo.agreements.agreement import Agreement
from saldo.errors import SaldoError
from saldo.hooks.connections import get_connection
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.vendors.moneybird.webhooks import (
    HEADER,
    PATH_FIELD,
    SIGNING_FIELD,
    is_path,
    is_signed,
)
from saldo.warehouse.connection import Connection, connect

from .agreements import agreement_of
from .answers import GUARDS, Problem
from .auth import is_agreement_id
from .problems import responses
from .purchases.syncing import begin_sync, one_at_a_time
from .purchases.troubles import told
from .routers import secret_router

log = logging.getLogger(__name__)
router = secret_router("/api/v1/webhooks")

#: Who starts what a webhook starts, in ops.audit.
ACTOR = "(webhook of Moneybird)"
#: Calls within this start one sync.
TOGETHER_S = 60
#: Moneybird sends one document.
_MOST_BYTES = 1 << 20


class Taken(BaseModel):
    status: Literal["taken", "seen"] = Field(
        description="taken: a sync starts within a minute. seen: this very call came before."
    )


@router.post(
    "/moneybird/{agreement_id}/{secret}",
    summary="Moneybird says that something has changed",
    description="For Moneybird itself. Starts a sync of the purchase documents within a minute; its content is not read.",
    response_model=Taken,
    responses=responses(404, 409, 413, 503),
)
async def moneybird(agreement_id: str, secret: str, request: Request) -> JSONResponse:
    body = await _body(request)
    header = request.headers.get(HEADER, "")
    taken = await run_in_threadpool(_take, agreement_id, secret, header, body)
    return JSONResponse(taken.model_dump(), headers=GUARDS)


async def _body(request: Request) -> bytes:
    """Never more than a document takes. Raises Problem 413."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > _MOST_BYTES:
            raise Problem(413, "The call is too long", "Moneybird sends one document.")
    return bytes(found)


def _take(agreement_id: str, secret: str, header: str, body: bytes) -> Taken:
    agreement, signing = _known(agreement_id, secret)
    if signing and not is_signed(header, body, signing, now=datetime.now(UTC)):
        log.warning(
            "webhook of %s: a call with the right address and a wrong or old signature was refused",
            agreement.id,
        )
        raise _nothing()
    event = sha256(
        body
    ).hexdigest()  # without the time: what Moneybird sends again is the same call
    with (
        told(),
        connect(WarehouseHook().dsn()) as connection,
        one_at_a_time(connection, agreement),
        connection.transaction(),
    ):
        return Taken(status="taken" if _start(connection, agreement, event) else "seen")


def _known(agreement_id: str, secret: str) -> tuple[Agreement, str]:
    """The agreement, whose address the secret is, and what signs its calls. Raises Problem 404, which does not tell what is
    wrong."""
    if not is_agreement_id(agreement_id):
        raise _nothing()
    try:
        agreement = agreement_of(agreement_id)
    except Problem:
        raise _nothing() from None
    if agreement.vendor != "moneybird":
        raise _nothing()
    try:
        found = get_connection(agreement.connection, needed_by=f"the webhook of {agreement.id}")
    except SaldoError as error:
        log.warning("%s", error)
        raise _nothing() from None
    extra = found.extra_dejson
    if not is_path(secret, str(extra.get(PATH_FIELD) or "")):
        raise _nothing()
    return agreement, str(extra.get(SIGNING_FIELD) or "")


def _start(connection: Connection, agreement: Agreement, event: str) -> bool:
    """Whether the call is a new one; then a run starts, or one is about to. What is written goes with it: a run that cannot
    be started leaves nothing, and Moneybird calls again."""
    is_new = connection.execute(
        "insert into ops.webhook_event (agreement_id, event, received_at) values (%s, %s, clock_timestamp()) "
        "on conflict do nothing",
        [agreement.id, event],
    ).rowcount
    if not is_new:
        return False
    run = begin_sync(agreement, actor=ACTOR, delay_s=TOGETHER_S)
    connection.execute(
        "update ops.webhook_event set run_id = %s where agreement_id = %s and event = %s",
        [run.run_id, agreement.id, event],
    )
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=ACTOR,
        subject=agreement.key,
        run=Run(run.dag_id, run.run_id),
        detail={"by": "webhook"},
    )
    return True


def _nothing() -> Problem:
    return Problem(404, "There is nothing here", "Check the address.")
