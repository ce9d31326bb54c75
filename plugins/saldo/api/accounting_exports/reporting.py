"""PUT /saldo/api/v1/accounting-exports/<id>: the accounting system, or who stands between, says what became of an export.

Off, unless the organisation's connection has a `webhook_secret`. A call is signed with it and of these minutes; whatever is not is told
that there is nothing. What it may change: saldo/exports/accounting/reported.py. Nothing is ever sent because of it.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from saldo.errors import SaldoError
from saldo.exports.accounting import reported
from saldo.exports.accounting.jobs import Job, UnknownExport, job_of
from saldo.exports.loading import accounting_export
from saldo.hooks.connections import get_connection
from saldo.hooks.warehouse import WarehouseHook
from saldo.transport.signatures import FRESH_S, is_signed, seconds_of
from saldo.warehouse.connection import connect

from ..answers import GUARDS, Problem, link
from ..problems import responses
from ..routers import signed_router
from .bodies import EventBody
from .models import ReportTaken
from .shown import ONE, path_of
from .troubles import told

log = logging.getLogger(__name__)
router = signed_router()

HEADER = "Saldo-Signature"
#: A field of the organisation's connection; what is shorter could be guessed, and is none.
SECRET_FIELD, SHORTEST = "webhook_secret", 20
_MOST_BYTES = 64 << 10
_ANSWERS = {"applied": "taken", "noted": "taken", "seen": "seen", "late": "ignored"}


async def _body(request: Request) -> bytes:
    """Never more than an event takes. Raises Problem 413."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > _MOST_BYTES:
            raise Problem(413, "The call is too long", "An event is short.")
    return bytes(found)


@router.put(
    ONE,
    summary="The accounting system says what became of an export",
    description="Signed: `Saldo-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<t>.PUT.<path>.<body>` with the `webhook_secret` of "
    "the organisation's connection; two `v1` while secrets change. Within five minutes, and each `event_id` once. Whatever is not "
    "signed so is 404.",
    response_model=ReportTaken,
    responses=responses(404, 413, 422, 503),
    openapi_extra={
        "parameters": [
            {
                "name": HEADER, "in": "header", "required": False, "schema": {"type": "string"},
                "description": "Without a good one there is nothing here.", "example": "t=1774958400,v1=5f2c0d9b",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventBody"}}},
        },
    },
)  # fmt: skip
async def report_accounting_export(export_id: UUID, request: Request) -> JSONResponse:
    body = await _body(request)
    header = request.headers.get(HEADER, "")
    path = link(request, path_of(export_id))
    taken = await run_in_threadpool(_take, export_id, header, path, body)
    return JSONResponse(taken.model_dump(mode="json"), headers=GUARDS)


def signed_text(path: str, body: bytes) -> bytes:
    """What is signed behind the seconds: method, path of the address, and body."""
    return b".".join((b"PUT", path.encode(), body))


def _take(export_id: UUID, header: str, path: str, body: bytes) -> ReportTaken:
    now = datetime.now(UTC)
    if seconds_of(header, now=now) is None:  # the warehouse is not asked for what anybody may send
        raise _nothing()
    with told(), connect(WarehouseHook().dsn()) as connection:
        try:
            job = job_of(connection, export_id)
        except UnknownExport:
            raise _nothing() from None
        secret = _secret_of(job)
        if len(secret) < SHORTEST or not is_signed(
            header, signed_text(path, body), secret, now=now
        ):
            log.warning("export %s: a report without a good signature was refused", export_id)
            raise _nothing()
        event = _event(body, now)
        found = reported.report(connection, export_id, event)
    if found is None:
        raise _nothing()
    return ReportTaken(status=_ANSWERS[found.taken], export_status=found.status, why=found.why)  # type: ignore[arg-type]


def _secret_of(job: Job) -> str:
    """That of the organisation's connection; empty where there is none."""
    try:
        export = accounting_export(job.organisation)
        found = get_connection(
            export.connection, needed_by=f"reports on exports of {job.organisation}"
        )
    except SaldoError as error:
        log.warning("%s", error)
        return ""
    return str(found.extra_dejson.get(SECRET_FIELD) or "")


def _event(body: bytes, now: datetime) -> reported.Event:
    """Raises Problem 422."""
    try:
        read = EventBody.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()
        )
        raise Problem(422, "The event cannot be read", wrong) from None
    if (read.occurred_at - now).total_seconds() > FRESH_S:
        raise Problem(
            422,
            "The event has not happened yet",
            "occurred_at lies in the future: set the sender's clock.",
        )
    return reported.Event(**read.model_dump())


def _nothing() -> Problem:
    return Problem(404, "There is nothing here", "Check the address.")
