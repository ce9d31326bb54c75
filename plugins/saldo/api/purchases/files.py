"""/saldo/api/v1/purchases/<agreement>/files: the files there are, one of them, and the verbs that go around the register."""

from __future__ import annotations

import logging
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from saldo.agreements.agreement import Agreement
from saldo.errors import SaldoError
from saldo.exports.files import is_personal
from saldo.exports.register import ExportedFile, find_file, with_missing
from saldo.exports.register import files as files_of
from saldo.exports.stores import digest_in
from saldo.hooks.exports import AgreementFiles, agreement_files
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.warehouse.connection import Connection, connect

from .. import idempotency
from ..agreements import agreement_of
from ..answers import GUARDS, Problem
from ..auth import Actor, Reader, name_of, refuse_but_admins, refuse_to_trigger
from ..idempotency import Answer
from ..problems import responses
from ..routers import actor_router, reader_router
from .bodies import File, FileList, FileName, FilesQuery, ForceBody, Removed, StoreBody, Stored
from .exports import file_link
from .troubles import told

log = logging.getLogger(__name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PREFIX = "/api/v1/purchases/{agreement_id}/files"
_FORCE = "put or remove a file behind the register's back"

reading = reader_router()
acting = actor_router()


@reading.get(
    _PREFIX,
    summary="The files there are",
    description="The newest first, in pages: how many documents are in each, how many of these have changed since, and "
    "whether it still lies in the store.",
    response_model=FileList,
    responses=responses(404, 422, 503),
)
def files(
    agreement_id: str, request: Request, user: Reader, query: Annotated[FilesQuery, Query()]
) -> JSONResponse:
    agreement = agreement_of(agreement_id)
    found, following = files_page(agreement, before=query.cursor, most=query.limit)
    body = FileList(list=[_shown(request, agreement, file) for file in found], next=following)
    return JSONResponse(body.model_dump(mode="json"), headers=GUARDS)


def files_page(
    agreement: Agreement, *, before: int | None, most: int
) -> tuple[list[ExportedFile], int | None]:
    """Files, the newest first, looked for in the store; and `before` of the next page, None on the last one. Raises Problem."""
    with told(), connect(WarehouseHook().dsn()) as connection:
        found = files_of(connection, agreement.id, before=before, most=most + 1)
    following = found[most - 1].file_id if len(found) > most else None
    return looked_for(found[:most], agreement), following


@reading.get(
    f"{_PREFIX}/{{name}}",
    summary="A file",
    description="As it was made. Who downloads which is written down. A file with documents that have a line on a personal "
    "account is for whoever may trigger the agreement's DAG, and so is one that the register does not have (any more).",
    response_class=Response,
    responses={
        200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}},
        **responses(404, 422, 503),
    },
)
def download(
    agreement_id: str, name: Annotated[FileName, InPath()], request: Request, user: Reader
) -> StreamingResponse:
    agreement = agreement_of(agreement_id)
    store = agreement_files(agreement.id)
    with told(), connect(WarehouseHook().dsn()) as connection:
        known = find_file(connection, agreement.id, name)
        if known is None and not store.exists(name):
            raise _missing(name)
        if (what := _guarded(connection, known)) is not None:
            refuse_to_trigger(request, user, agreement.dag_id, what=f"download {what}")
        # The first piece is there before anything is answered: what is gone can still be told.
        chunks = _begun(store.chunks(name))
        audit.record(
            connection,
            audit.Action.FILE_OPENED,
            actor=name_of(user),
            subject=agreement.key,
            detail={"file": name},
        )
    headers = {**GUARDS, "Content-Disposition": f'attachment; filename="{name}"'}
    if known is not None:
        headers["ETag"] = f'"{known.sha256}"'
    return StreamingResponse(chunks, headers=headers, media_type=XLSX)


@acting.post(
    _PREFIX,
    summary="Put a file into the store as it is",
    description="Beside the register: nothing counts as exported by it. A file that is registered is refused (409), unless an "
    "administrator writes `force`; it is then no longer what was exported. With an Idempotency-Key, a file that is there "
    "already as it was sent is stored (201).",
    status_code=201,
    response_model=Stored,
    responses=responses(404, 409, 413, 422, 503),
)
def put_file(
    agreement_id: str,
    body: StoreBody,
    request: Request,
    user: Actor,
    key: idempotency.Key = None,
) -> JSONResponse:
    agreement, actor = agreement_of(agreement_id), name_of(user)
    if body.force:
        refuse_but_admins(user, _FORCE)
    with told(), connect(WarehouseHook().dsn()) as connection:
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=_PREFIX.format(agreement_id=agreement.id),
            body=body.model_dump_json().encode(),
            act=lambda: _put(connection, agreement, body, actor, request, has_key=key is not None),
        )


@acting.delete(
    _PREFIX,
    summary="Remove a file from the store",
    description="Beside the register. A file that is registered is refused (409): delete the export in its place. An administrator "
    "who writes `force` removes it all the same; its documents then still count as exported.",
    response_model=Removed,
    responses=responses(404, 409, 422, 503),
)
def remove_file(agreement_id: str, body: ForceBody, user: Actor) -> JSONResponse:
    agreement = agreement_of(agreement_id)
    if body.force:
        refuse_but_admins(user, _FORCE)
    with told(), connect(WarehouseHook().dsn()) as connection:
        _refuse_registered(connection, agreement, body.filename, force=body.force)
        store = agreement_files(agreement.id)
        if not store.exists(body.filename):
            raise _missing(body.filename)
        _record(
            connection,
            audit.Action.FILE_REMOVED,
            agreement,
            body.filename,
            name_of(user),
            body.force,
        )
        store.delete(body.filename)
    return JSONResponse(Removed(filename=body.filename).model_dump(), headers=GUARDS)


def _guarded(connection: Connection, known: ExportedFile | None) -> str | None:
    """What a file is that not everybody may read; None for one that all may who see the agreement. Of one that is not registered, as
    between a deletion and the store's, nobody can say what is in it."""
    if known is None:
        return "a file that is not registered"
    if is_personal(connection, known):
        return "a file with documents that have a line on a personal account"
    return None


def _put(
    connection: Connection,
    agreement: Agreement,
    body: StoreBody,
    actor: str,
    request: Request,
    *,
    has_key: bool,
) -> Answer:
    data = b64decode(body.data, validate=True)
    _refuse_registered(connection, agreement, body.filename, force=body.force)
    store = agreement_files(agreement.id)
    # The server may have been ended after it had stored the file and before it answered: that request is done.
    if not (has_key and digest_in(store, body.filename) == sha256(data).hexdigest()):
        _store(connection, store, agreement, body, data, actor)
    where = file_link(request, agreement.id, body.filename)
    return Answer(
        201, Stored(filename=body.filename, bytes=len(data)).model_dump(), {"Location": where}
    )


def _store(
    connection: Connection,
    store: AgreementFiles,
    agreement: Agreement,
    body: StoreBody,
    data: bytes,
    actor: str,
) -> None:
    with tempfile.TemporaryFile(prefix="saldo_put_") as file:
        file.write(data)
        file.flush()
        _record(connection, audit.Action.FILE_STORED, agreement, body.filename, actor, body.force)
        if body.force:
            store.delete(body.filename)
        # The store takes a path: of a file without a name, which is gone with whoever holds it, however they end.
        store.put(body.filename, Path(f"/dev/fd/{file.fileno()}"))


def _refuse_registered(
    connection: Connection, agreement: Agreement, name: str, *, force: bool
) -> None:
    """Raises Problem 409 for a file of the agreement's register. Nothing is told of others' files, which lie elsewhere."""
    row = connection.execute(
        "select from ops.export_file where agreement_id = %s and name = %s "
        "and status <> 'deleted' and status <> 'abandoned'",
        [agreement.id, name],
    ).fetchone()
    if row is not None and not force:
        raise Problem(
            409,
            "The file is registered",
            f"{name} says what was exported. Delete the export (DELETE .../export), or have an administrator write `force`.",
        )


def _record(
    connection: Connection,
    action: audit.Action,
    agreement: Agreement,
    name: str,
    actor: str,
    force: bool,
) -> None:
    audit.record(
        connection,
        action,
        actor=actor,
        subject=agreement.key,
        detail={"file": name, "force": force},
    )


def _shown(request: Request, agreement: Agreement, file: ExportedFile) -> File:
    return File(
        fileName=file.name,
        madeAt=file.created_at,
        madeBy=file.created_by,
        layout=file.layout,
        isLogged=file.is_logged,
        documents=file.documents,
        rows=file.rows,
        bytes=file.bytes,
        mutated=file.mutated,
        firstCreateDate=file.first_created_at,
        lastCreateDate=file.last_created_at,
        firstInvoiceDate=file.first_invoice_date,
        lastInvoiceDate=file.last_invoice_date,
        note=file.note,
        isMissing=file.is_missing,
        link=file_link(request, agreement.id, file.name),
    )


def looked_for(found: list[ExportedFile], agreement: Agreement) -> list[ExportedFile]:
    """The same, looked for in the store; as they are where it does not answer, since what was exported is known all the
    same."""
    try:
        return with_missing(found, agreement_files(agreement.id))
    except SaldoError as error:
        log.warning("%s: whether files are missing is not known: %s", agreement.key, error)
        return found


def _missing(name: str) -> Problem:
    return Problem(404, "No such file", f"There is no file {name!r}, or it was deleted.")


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, of which the first piece is there already. Raises what that raises."""
    first = next(chunks, b"")
    return chain([first], chunks)


routers = (reading, acting)
