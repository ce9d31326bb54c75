"""POST /saldo/api/v1/accounting-exports: an export of an expense is asked for, or of many; or shown beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from fastapi import Request
from fastapi.responses import JSONResponse

from saldo.errors import Busy, DataRejected
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.intake import lock_expense
from saldo.exports.accounting.jobs import Job
from saldo.exports.accounting.registering import register
from saldo.exports.configuration import dag_id_of
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from .. import idempotency, runs
from ..answers import GUARDS, Problem, link
from ..auth import Sender, name_of, refuse_strangers
from ..idempotency import Answer
from ..problems import responses
from ..routers import sender_router
from .access import export_of
from .bodies import AskBody, BatchBody
from .models import Batch, BatchItem, Export, Preview, Started
from .previewing import previewed
from .shown import PREFIX, path_of, run_shown, shown
from .starting import begin_export, refuse_resting
from .troubles import problem_of, told

_BATCH = f"{PREFIX}/batch"
#: What goes on by itself once a run looks at it.
_DUE = ("pending", "failed", "unknown", "sending", "created")
router = sender_router()


@router.post(
    PREFIX,
    summary="Export an expense",
    description="The newest revision, which must be approved. 202 for a new export, or one that was cancelled; 200 for one that is there: "
    "nothing is ever exported twice. A run of `saldo_export__<organisation>` sends it. `dry_run`: 200 with what would be sent and all "
    "that is wrong with it. For whoever may trigger that DAG.",
    status_code=202,
    response_model=Started,
    responses={
        200: {"model": Started | Preview, "description": "It was there; or what a dry run found."},
        **responses(409, 422, 503),
    },
)
def ask_for_accounting_export(
    body: AskBody, request: Request, user: Sender, key: idempotency.Key = None
) -> JSONResponse:
    export, actor = _wanted(request, user, body), name_of(user)
    with told(), connect(WarehouseHook().dsn()) as connection:
        if body.dry_run:
            found = previewed(connection, export, body.expense_id)
            return JSONResponse(found.model_dump(mode="json"), headers=GUARDS)
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=PREFIX,
            body=_bytes(body),
            act=lambda: _ask(connection, export, body.expense_id, actor, request),
        )


@router.post(
    _BATCH,
    summary="Export many expenses",
    description="Up to 500 of one organisation. Each is registered or refused by itself, with the reason; one run sends them all.",
    status_code=202,
    response_model=Batch,
    responses={
        200: {"model": Batch, "description": "There is nothing new to send."},
        **responses(409, 422, 503),
    },
)
def ask_for_accounting_exports(
    body: BatchBody, request: Request, user: Sender, key: idempotency.Key = None
) -> JSONResponse:
    export, actor = _wanted(request, user, body), name_of(user)
    with told(), connect(WarehouseHook().dsn()) as connection:
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=_BATCH,
            body=_bytes(body),
            act=lambda: _ask_all(connection, export, body.expense_ids, actor, request),
        )


def _wanted(request: Request, user: Any, body: AskBody | BatchBody) -> AccountingExport:
    """The organisation's export. Raises Problem 403 for strangers, 422 for another target than the file's."""
    refuse_strangers(
        request, user, dag_id_of(body.organisation), body.organisation, what="export anything"
    )
    export = export_of(body.organisation)
    if body.target_system != export.target:
        raise Problem(
            422,
            "That is not its accounting system",
            f"{body.organisation}.yaml names {export.target}, not {body.target_system!r}. Write target_system: "
            f"{export.target}, or change the file.",
        )
    return export


def _bytes(body: AskBody | BatchBody) -> bytes:
    return msgspec.json.encode(body.model_dump(), order="deterministic")


def _ask(
    connection: Connection, export: AccountingExport, expense_id: str, actor: str, request: Request
) -> Answer:
    refuse_resting(export.organisation)
    job, is_new = _registered(connection, export, expense_id, actor)
    run = _begin(connection, export, [job], actor)
    started = Started(
        **shown(request, job), outcome="created" if is_new else "same", run=run_shown(run)
    )
    where = {"Location": link(request, path_of(job.export_id))}
    return Answer(202 if is_new else 200, started.model_dump(mode="json"), where)


def _ask_all(
    connection: Connection,
    export: AccountingExport,
    ids: Sequence[str],
    actor: str,
    request: Request,
) -> Answer:
    refuse_resting(export.organisation)
    items, jobs = [], []
    for id in ids:
        try:
            job, is_new = _registered(connection, export, id, actor)
        except (DataRejected, Busy) as error:
            said = problem_of(error).detail
            items.append(BatchItem(expense_id=id, outcome="refused", export=None, message=said))
            continue
        jobs.append(job)
        found = Export(**shown(request, job))
        outcome: Literal["created", "same"] = "created" if is_new else "same"
        items.append(BatchItem(expense_id=id, outcome=outcome, export=found, message=None))
    run = _begin(connection, export, jobs, actor)
    counts = {name: sum(one.outcome == name for one in items) for name in ("created", "same", "refused")}  # fmt: skip
    batch = Batch(**counts, results=items, run=run_shown(run))
    return Answer(202 if counts["created"] else 200, batch.model_dump(mode="json"))


def _registered(
    connection: Connection, export: AccountingExport, expense_id: str, actor: str
) -> tuple[Job, bool]:
    """The export, and whether it is a new one, or was cancelled before."""
    with connection.transaction():
        lock_expense(connection, export.organisation, expense_id)
        known = _known(connection, export, expense_id)
        job = register(connection, export, expense_id, actor=actor)
        return job, job.export_id not in known


def _known(connection: Connection, export: AccountingExport, expense_id: str) -> set[UUID]:
    rows = connection.execute(
        "select j.export_id from ops.export_job as j where j.organisation = %s and j.kind in ('expense', 'honorarium') "
        "and j.source_id = %s and j.status <> 'cancelled'",
        [export.organisation, expense_id],
    )
    return {id for (id,) in rows}


def _begin(
    connection: Connection, export: AccountingExport, jobs: Sequence[Job], actor: str
) -> runs.DagRun | None:
    """A run for those with which something goes on; None where that is none."""
    due = [job.export_id for job in jobs if job.status in _DUE]
    return (
        begin_export(connection, export.organisation, due, actor=actor, by="REST") if due else None
    )
