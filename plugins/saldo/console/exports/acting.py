"""What a person decides about one export on its page: by the same functions as the routes of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from saldo.api.accounting_exports import decisions
from saldo.api.accounting_exports.access import export_of, job_to_decide
from saldo.api.accounting_exports.decisions import Decision
from saldo.api.accounting_exports.previewing import previewed
from saldo.api.accounting_exports.troubles import told
from saldo.api.answers import Problem
from saldo.api.auth import Sender
from saldo.api.routers import sender_router
from saldo.exports.accounting.jobs import Job
from saldo.exports.accounting.kept import find
from saldo.exports.accounting.preview import Changes
from saldo.exports.loading import accounting_export
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from ..shell import done, page, warehouse
from ..shell.forms import problem_values
from ..shell.reading import troubles
from . import overrides, typed, words
from .one import one_page
from .typed import Form, Typed

router = sender_router()
_ONE = "/exports/{export_id:uuid}"
Made = Callable[[Connection, Job, Typed], Decision]


@router.post(f"{_ONE}/retry")
def retry(export_id: UUID, request: Request, user: Sender, form: Form) -> Response:
    def decision(connection: Connection, job: Job, form: Typed) -> Decision:
        return decisions.retrying(_retry(connection, job, form), typed.seen(form))

    return _decided(request, user, export_id, form, decision, "retried")


@router.post(f"{_ONE}/lines")
def lines(export_id: UUID, request: Request, user: Sender, form: Form) -> Response:
    def decision(connection: Connection, job: Job, form: Typed) -> Decision:
        return decisions.editing(_lines(connection, job, form), typed.seen(form))

    return _decided(request, user, export_id, form, decision, "edited")


@router.post(f"{_ONE}/booked")
def booked(export_id: UUID, request: Request, user: Sender, form: Form) -> Response:
    def decision(connection: Connection, job: Job, form: Typed) -> Decision:
        return decisions.booking(typed.booked(form), typed.seen(form))

    return _decided(request, user, export_id, form, decision, "booked")


@router.post(f"{_ONE}/cancel")
def cancel(export_id: UUID, request: Request, user: Sender, form: Form) -> Response:
    def decision(connection: Connection, job: Job, form: Typed) -> Decision:
        return decisions.cancelling(typed.seen(form))

    return _decided(request, user, export_id, form, decision, "cancelled")


@router.post(f"{_ONE}/preview")
def preview(export_id: UUID, request: Request, user: Sender, form: Form) -> Response:
    """What it would become as the form says, asked of the accounting system, too; nothing is written or sent. Of the lines where they
    were sent, else of the mapping."""
    try:
        with troubles(), connect(WarehouseHook().dsn()) as connection:
            job = job_to_decide(connection, request, user, export_id)
            with told():
                changes = _changes(connection, job, form)
                found = previewed(connection, export_of(job.organisation), job.source_id, changes)
    except Problem as problem:
        return _again(request, user, export_id, form, problem)
    with warehouse() as books:
        job = job_to_decide(books.connection, request, user, export_id)
        return one_page(request, user, books, job, typed=form, preview=found)


def _decided(
    request: Request, user: Any, export_id: UUID, form: Typed, make: Made, message: str
) -> Response:
    """To the export's page, which says what was done; or the page again with what is wrong; or who was faster."""
    try:
        with troubles(), connect(WarehouseHook().dsn()) as connection:
            job = job_to_decide(connection, request, user, export_id)
            with told():
                decision = make(connection, job, form)
        made = decisions.decide(request, user, export_id, decision, by="console")
    except Problem as problem:
        return _again(request, user, export_id, form, problem)
    waits = message == "retried" and made.run is None
    return done(request, f"/exports/{made.job.export_id}", told="waits" if waits else message)


def _again(request: Request, user: Any, export_id: UUID, form: Typed, problem: Problem) -> Response:
    """Raises the problem where there is nothing to fill in again."""
    if "overtaken" in problem.more:
        return _overtaken(request, user, export_id, form)
    if problem.status not in (409, 422):
        raise problem
    said = problem_values(problem)
    with warehouse() as books:
        job = job_to_decide(books.connection, request, user, export_id)
        return one_page(request, user, books, job, typed=form, problem=said, status=problem.status)


def _overtaken(request: Request, user: Any, export_id: UUID, form: Typed) -> Response:
    """Who did what while this one looked at it."""
    with warehouse() as books:
        job = job_to_decide(books.connection, request, user, export_id)
        acts = books.rows("exports/acts", {"export_id": str(export_id)})
        since = [act for act in acts if act.at >= typed.moment(form.get("seen", ""))]
        return page(
            request, user, "exports/overtaken.html", title=f"{job.source_id}, revision {job.revision}",
            section="exports", status=409, job=job, acts=since, last=next(iter(acts), None), words=words,
        )  # fmt: skip


def _changes(connection: Connection, job: Job, form: Typed) -> Changes:
    if form.get("of") == "lines":
        body = _lines(connection, job, form)
        return Changes(lines=[line.changes for line in body.lines])
    return Changes(override=_retry(connection, job, form).override)


def _lines(connection: Connection, job: Job, form: Typed) -> Any:
    stored = find(connection, job.organisation, job.source_id, job.revision)
    return typed.lines(form, stored.payload["lines"] if stored else [])


def _retry(connection: Connection, job: Job, form: Typed) -> Any:
    stored = find(connection, job.organisation, job.source_id, job.revision)
    fields = any(name.startswith(overrides.PREFIX) for name in form)
    places = (
        overrides.places(stored.payload, accounting_export(job.organisation), job.override)
        if stored and fields
        else []
    )
    return typed.retry(form, places, job.override)
