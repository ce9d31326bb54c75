"""GET /saldo/purchases/<agreement>/files: the files there are, and one of them with its documents."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse

from saldo.api.agreements import agreement_of
from saldo.api.answers import Problem
from saldo.api.auth import Reader, may_trigger
from saldo.api.purchases.bodies import DocumentId, FileName
from saldo.api.purchases.exports import file_link
from saldo.api.purchases.files import files_page, looked_for
from saldo.api.routers import reader_router
from saldo.console.progress import of_tasks
from saldo.console.shell import Reading, fragment, page, warehouse, written
from saldo.exports import requests
from saldo.exports.choice import SQL
from saldo.exports.files import find_file, is_personal
from saldo.exports.loading import load_export_configurations
from saldo.exports.subjects import ENTITY
from saldo.runs.progress import Progress, progress_of
from saldo.warehouse.connection import read_sql

#: Files, and documents of a file, on a page.
MOST = 50
MESSAGES = {
    "deleted": "The file is deleted. Its documents are in their earlier files again, or not exported.",
    "made": "The file is made.",
}

router = reader_router()


@router.get("/purchases/{agreement_id}/files")
def files(
    agreement_id: str,
    request: Request,
    user: Reader,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    agreement = agreement_of(agreement_id)
    found, following = files_page(agreement, before=before, most=MOST)
    return page(
        request, user, "purchases/files.html",
        title=agreement.name, section="purchases", tab="files", agreement=agreement, files=found, following=following, before=before,
        download=lambda name: file_link(request, agreement.id, name), told=written(request, MESSAGES),
    )  # fmt: skip


@router.get("/purchases/{agreement_id}/progress")
def under_way(
    agreement_id: str, request: Request, user: Reader, heard: str | None = None
) -> HTMLResponse:
    """How far the runs are that make files of the agreement: those asked for here, and those of its configurations."""
    agreement = agreement_of(agreement_id)
    mine = {("agreement", agreement.id, requests.ENTITY)} | {
        ("export", one.name, ENTITY)
        for one in load_export_configurations().good
        if one.agreement == agreement.id
    }
    with warehouse() as books:
        found = progress_of(books.connection)
    own = f"/purchases/{agreement.id}"
    values = of_tasks(
        [one for one in found if (one.subject_kind, one.subject_id, one.entity) in mine],
        path=f"{own}/progress", back=f"{own}/files", heard=heard, name_of=_name_of,
    )  # fmt: skip
    return fragment(request, "progress/progress.html", **values)


def _name_of(task: Progress) -> str:
    return "asked for here" if task.subject_kind == "agreement" else task.subject_id


@router.get("/purchases/{agreement_id}/files/{name}")
def file(
    agreement_id: str,
    name: Annotated[FileName, Path()],
    request: Request,
    user: Reader,
    after: Annotated[DocumentId | None, Query()] = None,
) -> HTMLResponse:
    agreement = agreement_of(agreement_id)
    with warehouse() as books:
        known = find_file(books.connection, agreement.id, name)
        if known is None:
            raise gone(books, agreement.id, name)
        rows = books.rows(
            "purchases/file_documents", {"file_id": known.file_id, "after": after, "most": MOST + 1}
        )
        personal = is_personal(books.connection, known)
        sums = books.connection.execute(read_sql(SQL / "sums.sql"), {"name": name}).fetchall()
    [known] = looked_for([known], agreement)
    may_act = may_trigger(request, user, agreement.dag_id)
    return page(
        request, user, "purchases/file.html",
        title=known.name, section="purchases", tab="files", agreement=agreement, file=known, rows=rows[:MOST], sums=sums,
        following=rows[MOST - 1].document_number if len(rows) > MOST else None, after=after,
        may_act=may_act, may_download=may_act or not personal, download=file_link(request, agreement.id, known.name),
        told=written(request, MESSAGES),
    )  # fmt: skip


def gone(books: Reading, agreement_id: str, name: str) -> Problem:
    """What became of a file that the register has no more."""
    found: Any = books.row("purchases/deleted", {"agreement_id": agreement_id, "name": name})
    if found is None:
        return Problem(
            404,
            "No such file",
            "There is no file of that name. The list of files has what there is.",
        )
    return Problem(
        409 if found.ended_by else 404,
        "The file was deleted",
        f"{found.ended_by or 'Somebody'} deleted {name} on {found.ended_at:%Y-%m-%d at %H:%M} UTC. Its documents are in their earlier "
        "files again, or not exported.",
    )
