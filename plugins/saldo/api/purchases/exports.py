"""/saldo/api/v1/purchases/<agreement>/export: the documents and what was exported of them, a new file, and the end of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from fastapi import Header, Query, Request
from fastapi.responses import JSONResponse, Response

from saldo.agreements.agreement import Agreement
from saldo.exports import requests
from saldo.exports.choice import chosen
from saldo.exports.layouts import load_layouts
from saldo.exports.names import checked_extension
from saldo.exports.register import ExportedFile, Filters, delete_file, find_file
from saldo.exports.requests import ExportRequest
from saldo.exports.rows import count_rows
from saldo.exports.summaries import summaries_json
from saldo.exports.unfinished import made_before
from saldo.exports.wanted import Wanted, wanted_by
from saldo.hooks.exports import agreement_files, export
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.runs.progress import progress_of
from saldo.runs.sync_run import Run
from saldo.warehouse.connection import Connection, connect, translated

from .. import idempotency, runs
from ..agreements import agreement_of
from ..answers import GUARDS, Problem, link
from ..auth import Actor, Reader, name_of
from ..idempotency import Answer
from ..problems import responses
from ..progress import Step, step_of
from ..routers import actor_router, reader_router
from .bodies import Asked, Deleted, DocumentList, ExportBody, Exported, ListQuery, NameBody
from .bodies import Request as RequestBody
from .troubles import told

#: Files with more rows are made by a run of the DAG saldo_exports: a caller waits ten seconds at most.
ROWS_AT_ONCE = 20_000
#: How long a caller waits for another export of the agreement.
PATIENCE_S = 2.0
_AT_WORK = ("waiting", "running")
_PREFIX = "/api/v1/purchases/{agreement_id}/export"
_FILES = "/api/v1/purchases/{agreement_id}/files"

reading = reader_router()
acting = actor_router()


@reading.get(
    _PREFIX,
    summary="Purchase documents, and what was exported of them",
    description="In the order of ids, in pages. `mutations` is what has changed since the newest logged file.",
    response_model=DocumentList,
    responses=responses(404, 422, 503),
)
def exports(agreement_id: str, user: Reader, query: Annotated[ListQuery, Query()]) -> Response:
    agreement = agreement_of(agreement_id)
    filters = Filters(
        created_from=query.createdFrom,
        created_to=query.createdTo,
        invoice_from=query.invoiceFrom,
        invoice_to=query.invoiceTo,
        states=tuple(query.state),
        not_exported=query.notExported,
        mutated=query.mutated,
    )
    with told(), connect(WarehouseHook().dsn()) as connection:
        page = summaries_json(
            connection, agreement.id, filters, after=query.cursor, most=query.limit
        )
    return Response(page, headers=GUARDS, media_type="application/json")


@acting.post(
    _PREFIX,
    summary="Export purchase documents to a file",
    description="201 with the file's name; 202 where it is long (more than "
    f"{ROWS_AT_ONCE:,} rows, or asked for with `Prefer: respond-async`), with a link to its state. Documents that are in a logged "
    "file already and have not changed are refused (409, `ids`) unless `again`.",
    status_code=201,
    response_model=Exported,
    responses={202: {"model": Asked}, **responses(404, 409, 422, 503)},
)
def make_export(
    agreement_id: str,
    body: ExportBody,
    request: Request,
    user: Actor,
    key: idempotency.Key = None,
    prefer: Annotated[
        str | None,
        Header(max_length=200, description="respond-async: make it by a run, whatever its length."),
    ] = None,
) -> JSONResponse:
    agreement = agreement_of(agreement_id)
    is_async = "respond-async" in (prefer or "").lower()
    return export_once(agreement, body, request, actor=name_of(user), key=key, is_async=is_async)


def export_once(
    agreement: Agreement,
    body: ExportBody,
    request: Request,
    *,
    actor: str,
    key: str | None,
    is_async: bool = False,
    by: str = "REST",
) -> JSONResponse:
    """Make the file now (201, Exported), or have a run make it (202, Asked). key: of the request, see idempotency. by: what it was asked
    through.

    Raises Problem as the route answers.
    """
    asked = body.model_dump(mode="json", exclude_defaults=True)
    path, content = (
        _PREFIX.format(agreement_id=agreement.id),
        msgspec.json.encode(asked, order="deterministic"),
    )
    made_for = idempotency.made_for(actor, key, idempotency.request_hash("POST", path, content))
    with told(), connect(WarehouseHook().dsn()) as connection:
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=path,
            body=content,
            act=lambda: _export(
                connection, agreement, asked, actor, request, made_for, is_async=is_async, by=by
            ),
        )


@acting.delete(
    _PREFIX,
    summary="Delete a file",
    description="Its documents are in their earlier files again, or not exported.",
    response_model=Deleted,
    responses=responses(404, 409, 422, 503),
)
def delete_export(agreement_id: str, body: NameBody, user: Actor) -> JSONResponse:
    found = delete_known(agreement_of(agreement_id), body.filename, actor=name_of(user))
    return JSONResponse(found.model_dump(mode="json"), headers=GUARDS)


def delete_known(agreement: Agreement, filename: str, *, actor: str) -> Deleted:
    """Delete a file of the register. Raises Problem as the route answers."""
    dsn = WarehouseHook().dsn()
    with told(), connect(dsn) as connection:
        known = find_file(connection, agreement.id, filename)
        delete_file(
            dsn,
            agreement.id,
            filename,
            actor=actor,
            store=agreement_files(agreement.id),
            wait_s=PATIENCE_S,
        )
    return Deleted(filename=filename, documents=known.documents if known else 0)


@reading.get(
    f"{_PREFIX}/{{request_id}}",
    summary="The state of an export that takes longer",
    description="Of one that was answered with 202.",
    response_model=RequestBody,
    responses=responses(404, 422, 503),
)
def export_state(
    agreement_id: str, request_id: UUID, request: Request, user: Reader
) -> JSONResponse:
    found = state_of(agreement_of(agreement_id), request_id, request)
    return JSONResponse(found.model_dump(mode="json"), headers=GUARDS)


def state_of(agreement: Agreement, request_id: UUID, request: Request) -> RequestBody:
    """Of an export that a run makes. Raises Problem 404, and as the route answers."""
    with told(), connect(WarehouseHook().dsn()) as connection:
        found = requests.find(connection, request_id)
        if found is None or found.agreement_id != agreement.id:
            raise Problem(404, "No such request", "Nobody asked for an export by that number.")
        return _state_of(connection, request, found)


def file_link(request: Request, agreement_id: str, name: str) -> str:
    """Where a file is downloaded."""
    return link(request, f"{_FILES.format(agreement_id=agreement_id)}/{quote(name, safe='')}")


def _export(
    connection: Connection,
    agreement: Agreement,
    asked: dict[str, Any],
    actor: str,
    request: Request,
    made_for: str | None,
    *,
    is_async: bool,
    by: str,
) -> Answer:
    if known := made_before(connection, agreement.id, made_for):
        return _made(request, agreement, known)
    wanted = wanted_by(asked)
    layouts = load_layouts()
    if wanted.layout not in layouts:
        raise Problem(
            422,
            "There is no such layout",
            f"{wanted.layout!r} is none; write one of: {', '.join(sorted(layouts))}.",
        )
    # What cannot be is told at once, also of what a run would make.
    checked_extension(wanted.extension)
    if _rows(connection, agreement, wanted) > ROWS_AT_ONCE or is_async:
        more = {} if made_for is None else {requests.KEY: made_for}
        return _ask(connection, agreement, {**asked, **more}, actor, request, by)
    made = export(
        WarehouseHook().dsn(), agreement, wanted, actor=actor, made_for=made_for, wait_s=PATIENCE_S
    )
    return _made(request, agreement, made)


def _rows(connection: Connection, agreement: Agreement, wanted: Wanted) -> int:
    """How long the file would be; raises as the export itself does, for what cannot be exported."""
    with translated():
        numbers = chosen(
            connection, agreement.id, wanted.choice, is_logged=wanted.is_logged, again=wanted.again
        )
        return count_rows(connection, agreement.id, numbers)


def _made(request: Request, agreement: Agreement, made: ExportedFile) -> Answer:
    where = file_link(request, agreement.id, made.name)
    body = Exported(
        fileName=made.name,
        documents=made.documents,
        rows=made.rows,
        isLogged=made.is_logged,
        note=made.note,
        link=where,
    )
    return Answer(201, body.model_dump(mode="json"), {"Location": where})


def _ask(
    connection: Connection,
    agreement: Agreement,
    asked: dict[str, Any],
    actor: str,
    request: Request,
    by: str,
) -> Answer:
    request_id = requests.ask(connection, agreement.id, asked, actor)
    try:
        run = runs.start(requests.DAG_ID, {"request": str(request_id)}, actor=actor)
    except BaseException as error:
        requests.failed(connection, request_id, error)
        raise
    with connection.transaction():
        requests.queued(connection, request_id, run.run_id)
        audit.record(
            connection,
            audit.Action.RUN_STARTED,
            actor=actor,
            subject=agreement.key,
            run=Run(run.dag_id, run.run_id),
            detail={"by": by, "request": str(request_id)},
        )
    path = f"{_PREFIX.format(agreement_id=agreement.id)}/{request_id}"
    body = Asked(requestId=str(request_id), state="waiting", status=link(request, path))
    return Answer(202, body.model_dump(mode="json"), {"Location": body.status})


def _state_of(connection: Connection, request: Request, found: ExportRequest) -> RequestBody:
    path = f"{_PREFIX.format(agreement_id=found.agreement_id)}/{found.request_id}"
    is_over = False
    if found.status in _AT_WORK and found.run_id:
        run = runs.find(requests.DAG_ID, found.run_id)
        is_over = run is None or run.is_over  # by itself, from outside, or removed
        found = requests.find(connection, found.request_id) or found
    made = made_before(connection, found.agreement_id, found.made_for)
    if found.status != "done" and made is not None:  # its run was killed at the very end
        found = replace(
            found, status="done", file_name=made.name, documents=made.documents, rows=made.rows,
            error_message=None,
        )  # fmt: skip
    name, state, message = found.file_name, found.status, found.error_message
    if state in _AT_WORK and is_over:
        state = "failed"
        message = requests.KILLED
    return RequestBody(
        requestId=str(found.request_id),
        state=state,
        status=link(request, path),
        askedAt=found.asked_at,
        finishedAt=found.finished_at,
        fileName=name,
        documents=found.documents,
        rows=found.rows,
        link=file_link(request, found.agreement_id, name) if name else None,
        message=message,
        progress=_progress(connection, found) if state in _AT_WORK else None,
    )


def _progress(connection: Connection, of: ExportRequest) -> Step | None:
    if not of.run_id:
        return None
    found = progress_of(connection, of.agreement_id, run_id=of.run_id)
    return next((step_of(one) for one in found if one.entity == requests.ENTITY), None)


routers = (reading, acting)
