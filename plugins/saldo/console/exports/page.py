"""/saldo/exports: the list of exports, and one of them with all that a person needs to decide."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import Response

from saldo.api.accounting_exports.access import job_to_see, visible
from saldo.api.accounting_exports.listing import targets
from saldo.api.accounting_exports.words import title_of
from saldo.api.auth import User, may_trigger
from saldo.api.routers import viewer_router
from saldo.api.runs import at_work
from saldo.exports.accounting.breaker import PAUSE_S
from saldo.exports.configuration import dag_id_of
from saldo.runs.progress import progress_of
from saldo.subject import SubjectKey

from ..progress import of_subject, of_tasks
from ..shell import fragment, page, warehouse, written
from . import words
from .asked import MOST, Asked, after
from .one import one_page, run_of

router = viewer_router()
#: What is over is counted of so many days, and of today: whole days, as the list can be asked for.
_RECENT = timedelta(days=7)
#: Reasons that are shown.
_REASONS = 12
MESSAGES = {
    "retried": "It goes on: it is looked for in the accounting system, and sent where it is not there.",
    "waits": "It is to be sent. The next run does it.",
    "edited": "The lines are corrected. This is the claim's next revision, and it goes on at once.",
    "cancelled": "It is cancelled. Nothing is sent.",
    "booked": "It counts as posted, booked by hand. It is never sent.",
}


@router.get("/exports")
def exports(request: Request, user: User, asked: Annotated[Asked, Query()]) -> Response:
    parameters = asked.parameters()
    with warehouse() as books:
        everybodys = visible(books.connection, user)
        mine = [one for one in everybodys if asked.organisation in (None, one)]
        found = books.rows(
            "exports/found" if asked.q else "exports/list", {**parameters, "organisations": mine}
        )
        rows = books.rows("exports/rows", {"ids": [one.export_id for one in found[:MOST]]})
        since = (books.now - _RECENT).date()
        recent = {"organisations": mine, "since": datetime.combine(since, time(), UTC)}
        counts = {row.status: row for row in books.rows("exports/tiles", recent)}
        reasons = books.rows("exports/reasons", {"organisations": mine, "most": _REASONS + 1})
        breakers = targets(books.connection, mine)
    return page(
        request,
        user,
        "exports/list.html",
        title="Exports",
        section="exports",
        told=written(request, MESSAGES),
        asked=asked,
        organisations=everybodys,
        rows=rows,
        counts=counts,
        since=since,
        reasons=reasons[:_REASONS],
        has_more_reasons=len(reasons) > _REASONS,
        breakers=breakers,
        older=asked.address(after=after(rows[-1])) if found[MOST:] else None,
        may_act={name: may_trigger(request, user, dag_id_of(name)) for name in _of(rows)},
        words=words,
        title_of=title_of,
        pause=timedelta(seconds=PAUSE_S),
    )


@router.get("/exports/progress")
def all_under_way(
    request: Request, user: User, organisation: str | None = None, heard: str | None = None
) -> Response:
    """How far the runs of all organisations are that the user may see, or that of one."""
    with warehouse() as books:
        mine = set(visible(books.connection, user, only=organisation))
        runs = at_work(*map(dag_id_of, mine))
        tasks = [
            one
            for one in progress_of(books.connection)
            if one.subject_kind == "export" and one.subject_id in mine
        ]
    asked = f"?organisation={quote(organisation, safe='')}" if organisation else ""
    values = of_tasks(
        tasks, path=f"/exports/progress{asked}", back=f"/exports{asked}", heard=heard,
        name_of=lambda task: f"{task.subject_id}: {task.entity}", runs=runs,
    )  # fmt: skip
    return fragment(request, "progress/progress.html", **values)


@router.get("/exports/{export_id:uuid}")
def export(export_id: UUID, request: Request, user: User) -> Response:
    with warehouse() as books:
        job = job_to_see(books.connection, request, user, export_id)
        return one_page(request, user, books, job, told=written(request, MESSAGES))


@router.get("/exports/{export_id:uuid}/now")
def export_now(export_id: UUID, request: Request, user: User, status: str = "") -> Response:
    """How it goes, for the page of it; which is loaded anew when the status is another one."""
    with warehouse() as books:
        job = job_to_see(books.connection, request, user, export_id)
    answer = fragment(request, "exports/now.html", job=job, run=run_of(job), words=words)
    if status and status != job.status:
        answer.headers["HX-Refresh"] = "true"
    return answer


@router.get("/exports/{export_id:uuid}/progress")
def under_way(export_id: UUID, request: Request, user: User, heard: str | None = None) -> Response:
    """How far the organisation's run is, in bars."""
    with warehouse() as books:
        job = job_to_see(books.connection, request, user, export_id)
        own, subject = f"/exports/{export_id}", SubjectKey("export", job.organisation)
        values = of_subject(
            books.connection, subject, path=f"{own}/progress", back=own, heard=heard,
            runs=at_work(dag_id_of(job.organisation)),
        )  # fmt: skip
    return fragment(request, "progress/progress.html", **values)


def _of(rows: list[Any]) -> set[str]:
    return {row.organisation for row in rows}
