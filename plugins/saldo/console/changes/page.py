"""GET /saldo/agreements/<id>/changes, and /changes.csv, which is all of it as a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any

import psycopg
from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from saldo.api.answers import GUARDS, Problem, link
from saldo.api.auth import Reader
from saldo.api.routers import reader_router

from ..shell import Reading, page, warehouse
from ..shell.airflow_links import run_path
from ..shell.forms import problem_values
from ..shell.head import agreement_head
from .asked import WHATS, Asked, asked, name_of
from .table import also, as_csv

#: Postings of a page, and of a file.
PAGE, MOST = 100, 200_000
_CORRECT = "Correct that record at the vendor where it still is so, and choose a moment before it came or after it was corrected."
router = reader_router()
Since = Annotated[str, Query(max_length=40)]
Period = Annotated[str, Query(max_length=60)]
What = Annotated[str, Query(max_length=10)]


def shown_since(at: datetime) -> str:
    """As the form has it, to the millisecond and never before: the state that was reached at that moment is meant."""
    up = at + timedelta(microseconds=-at.microsecond % 1000)
    return up.isoformat(timespec="milliseconds")


@router.get("/agreements/{agreement_id}/changes")
def changes(
    agreement_id: str,
    request: Request,
    user: Reader,
    since: Since = "",
    period: Period = "",
    what: What = "",
    nth: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    first, of = (nth - 1) * PAGE, Asked(None)
    problem: Problem | None = None
    shown: dict[str, Any] = {"postings": [], "totals": [], "counts": None}
    with warehouse() as books:
        head = agreement_head(request, user, agreement_id, books)
        known = {"agreement_id": agreement_id}
        moments, closed = books.rows("changes/moments", known), books.rows("changes/closed", known)
        try:
            of = asked(since, period, what, moments, closed)
            if of.since:
                found = _found(books, agreement_id, of, first=first, most=PAGE)
                shown = {
                    "postings": found.get("posting", []),
                    "totals": found.get("account", []),
                    "counts": found["all"][0],
                }
        except Problem as error:
            problem = error

    path = f"/agreements/{agreement_id}/changes"
    count = sum(getattr(shown["counts"], one) for one in WHATS) if shown["counts"] else 0
    matching = getattr(shown["counts"], of.what) if of.what and shown["counts"] else count
    return page(
        request,
        user,
        "changes/changes.html",
        title=head.name,
        section="overview",
        status=problem.status if problem else 200,
        now=books.now,
        head=head,
        tab="changes",
        problem=problem and problem_values(problem),
        of=of,
        shown_since=shown_since,
        moments=moments[1:],
        closed=[(name_of(one), one) for one in closed],
        count=count,
        matching=matching,
        whats=WHATS,
        file=link(request, f"{path}.csv?{of.query()}"),
        address=lambda **more: link(request, f"{path}?{of.query(**more)}"),
        newer=link(request, f"{path}?{of.query(page=nth - 1)}") if nth > 1 else None,
        older=link(request, f"{path}?{of.query(page=nth + 1)}")
        if first + PAGE < matching
        else None,
        first=first,
        run_path=run_path,
        also=also,
        is_too_much=matching > MOST,
        **shown,
    )


@router.get("/agreements/{agreement_id}/changes.csv")
def changes_as_file(
    agreement_id: str, user: Reader, since: Since = "", period: Period = "", what: What = ""
) -> Response:
    known = {"agreement_id": agreement_id}
    with warehouse() as books:
        moments, closed = books.rows("changes/moments", known), books.rows("changes/closed", known)
        of = asked(since, period, what, moments, closed)
        found = _found(books, agreement_id, of, first=0, most=MOST) if of.since else {}
    if of.since:
        _refuse_part(found["all"][0], of.what)
    moment = f"{of.since:%Y%m%dT%H%M%S}" if of.since else "never"
    name = f"{agreement_id}-changes-since-{moment}.csv"
    headers = {**GUARDS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        as_csv(found.get("posting", [])), headers=headers, media_type="text/csv; charset=utf-8"
    )


def _refuse_part(counts: Any, what: str) -> None:
    """Raises Problem 422 where not all of it would be in the file: nobody would see that the rest is missing."""
    count = getattr(counts, what) if what else sum(getattr(counts, one) for one in WHATS)
    if count > MOST:
        raise Problem(
            422,
            "That is too much for one file",
            f"{count:,} postings differ, and a file has {MOST:,} at most. Choose a later moment, a closed period or one kind "
            "of change; mart.journal_entries_changed_since() gives all of them.",
        )


def _found(
    books: Reading, agreement_id: str, of: Asked, *, first: int, most: int
) -> dict[str, list[Any]]:
    """Part -> its rows. Raises Problem 422 for a moment that is too long ago, 409 where there is no past yet, or a
    record of it cannot be shown."""
    parameters = {**of.parameters, "agreement_id": agreement_id, "first": first, "most": most}
    try:
        with books.connection.transaction():
            rows = books.rows("changes/changes", parameters)
    except psycopg.errors.InvalidParameterValue as error:
        raise Problem(422, "That is too long ago", _sentence(error)) from None
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise Problem(409, "There is no past to compare with yet", _sentence(error)) from None
    except psycopg.errors.DataException as error:
        raise Problem(
            409, "The books of that moment cannot be shown", f"{_sentence(error)} {_CORRECT}"
        ) from None
    return {part: list(found) for part, found in groupby(rows, attrgetter("part"))}


def _sentence(error: psycopg.Error) -> str:
    text = str(error.diag.message_primary)
    return f"{text[:1].upper()}{text[1:]}."


routers = (router,)
