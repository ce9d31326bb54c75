"""POST /saldo/purchases/<agreement>/export: a file of what was chosen, at once or by a run; and how far that run is."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from saldo.agreements.agreement import Agreement
from saldo.api.agreements import agreement_of
from saldo.api.answers import Problem
from saldo.api.auth import Actor, Reader, name_of
from saldo.api.purchases.bodies import MOST_IDS, DocumentId, ExportBody
from saldo.api.purchases.exports import export_once, state_of
from saldo.api.routers import actor_router, reader_router
from saldo.console.shell import done, fragment, page
from saldo.exports.names import BadName, checked_extension

from .asked import Asked, DocumentsQuery, FilledId
from .documents import documents_page

_PATH = "/purchases/{agreement_id}"

acting = actor_router()
reading = reader_router()


class ExportForm(Asked):
    """scope: all that the filters let through, or the documents that were ticked. key: of this page, so that a form that is sent
    twice makes one file."""

    scope: Literal["filter", "chosen"] = "filter"
    ids: list[DocumentId] = Field(default_factory=list, max_length=MOST_IDS)
    layout: str = Field("", max_length=40)
    ext: str = Field("", max_length=100)
    noLog: bool = False
    again: bool = False
    byRun: bool = False
    cursor: FilledId = None
    key: str = Field(pattern="^[0-9a-f]{32}$")


@acting.post(f"{_PATH}/export")
def export(
    agreement_id: str, request: Request, user: Actor, form: Annotated[ExportForm, Form()]
) -> Response:
    agreement = agreement_of(agreement_id)
    if unclear := _unclear(form):
        return _again(request, user, agreement, form, unclear)
    body = _body(form)
    # Another choice on the same page is another request.
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:16]
    try:
        answer = export_once(
            agreement, body, request,
            actor=name_of(user), key=f"console-{form.key}-{digest}", is_async=form.byRun, by="console",
        )  # fmt: skip
    except Problem as problem:
        if problem.status >= 500:
            raise
        return _again(request, user, agreement, form, problem)
    found = msgspec.json.decode(answer.body)
    if answer.status_code == 202:
        return done(request, f"/purchases/{agreement.id}/requests/{found['requestId']}")
    return done(request, f"/purchases/{agreement.id}/files/{found['fileName']}", told="made")


@reading.get(f"{_PATH}/requests/{{request_id}}")
def request_page(
    agreement_id: str, request_id: UUID, request: Request, user: Reader
) -> HTMLResponse:
    agreement = agreement_of(agreement_id)
    found = state_of(agreement, request_id, request)
    return page(
        request, user, "purchases/request.html",
        title=agreement.name, section="purchases", tab="documents", agreement=agreement, found=found,
    )  # fmt: skip


@reading.get(f"{_PATH}/requests/{{request_id}}/state")
def request_state(
    agreement_id: str, request_id: UUID, request: Request, user: Reader
) -> HTMLResponse:
    """For a page that is open."""
    agreement = agreement_of(agreement_id)
    found = state_of(agreement, request_id, request)
    return fragment(request, "purchases/request_state.html", agreement=agreement, found=found)


def _unclear(form: ExportForm) -> Problem | None:
    """What the person has to say first, in the words of the form: a program's has others."""
    if form.scope == "filter" and form.ids:
        return Problem(
            422,
            "Some documents are ticked, and all are chosen",
            "Choose “those ticked above”, or take the ticks away. Nothing was exported.",
        )
    if form.scope == "chosen" and not form.ids:
        return Problem(
            422,
            "No document is ticked",
            "Tick those that you mean, or choose “all that the filters show”. Nothing was exported.",
        )
    try:
        checked_extension(form.ext)
    except BadName as error:
        said = str(error).removeprefix("ext: ")
        return Problem(
            422, "The file's name cannot end like that", f"{said}. Nothing was exported."
        )
    return None


def _again(
    request: Request, user: Any, agreement: Agreement, form: ExportForm, problem: Problem
) -> Response:
    """The page with what is wrong, and what was filled in."""
    query = DocumentsQuery(**form.model_dump(include={*Asked.model_fields, "cursor"}))
    return documents_page(request, user, agreement, query, problem=problem, typed=form)


def _body(form: ExportForm) -> ExportBody:
    """The same as a program would send."""
    return ExportBody.model_validate(
        {
            **({"ids": form.ids} if form.scope == "chosen" else {"filters": form.body()}),
            "layout": form.layout or None,
            "ext": form.ext.strip() or None,
            "noLog": form.noLog,
            "again": form.again,
        }
    )
