"""GET /saldo/purchases, /saldo/purchases/<agreement>: what is not exported or has changed since, counted and listed, to be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from psycopg import sql
from psycopg.rows import namedtuple_row

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import load_agreements
from saldo.api.agreements import agreement_of
from saldo.api.answers import Problem
from saldo.api.auth import Reader, User, may_trigger, visible_dags
from saldo.api.purchases.exports import ROWS_AT_ONCE
from saldo.api.purchases.syncing import entities_of
from saldo.api.routers import reader_router, viewer_router
from saldo.console.shell import Reading, page, warehouse, written
from saldo.console.shell.forms import problem_values
from saldo.exports.choice import documents_sql
from saldo.exports.layouts import load_layouts
from saldo.exports.summaries import Summary, summaries, synced_at
from saldo.paths import SQL_DIR
from saldo.vendors import entity_names
from saldo.warehouse.connection import read_sql

from .asked import SHOWN, Asked, DocumentsQuery, ranges
from .changes import changes
from .syncing import at_work

#: Documents, and agreements, on a page.
MOST = 100
_AGREEMENTS = 25
MESSAGES = {
    "sync": "The documents are being brought up to date. It takes a few minutes; this page says when."
}

overview = viewer_router()
router = reader_router()


@overview.get("/purchases")
def agreements(
    request: Request, user: User, after: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    with warehouse() as books:
        known = [
            row.agreement_id
            for row in books.rows("purchases/agreements")
            if row.agreement_id > after
        ]
        seen = visible_dags(user, {f"saldo__{id}" for id in known})
        found = (one for id in known if f"saldo__{id}" in seen and (one := _enabled(id)))
        # One more than is shown: whether there is a next page.
        shown = list(islice(found, _AGREEMENTS + 1))
        names = {one.id: one.name for one in shown[:_AGREEMENTS]}
        rows = books.rows("purchases/left_out", {"ids": list(names)})
    following = list(names)[-1] if len(shown) > _AGREEMENTS else None
    return page(
        request, user, "purchases/agreements.html",
        title="Purchases", section="purchases", rows=rows, names=names, following=following, after=after,
    )  # fmt: skip


@router.get("/purchases/{agreement_id}")
def documents(
    agreement_id: str, request: Request, user: Reader, query: Annotated[DocumentsQuery, Query()]
) -> HTMLResponse:
    return documents_page(request, user, agreement_of(agreement_id), query)


def documents_page(
    request: Request,
    user: Any,
    agreement: Agreement,
    query: DocumentsQuery,
    *,
    problem: Problem | None = None,
    typed: Any = None,
) -> HTMLResponse:
    """The list, and the form below it. problem, typed: what is wrong with what was sent, and that."""
    with warehouse() as books:
        listed = summaries(
            books.connection, agreement.id, query.filters(), after=query.cursor, most=MOST
        )
        details = _details(books, agreement, listed.documents)
        counts = _ranges(books, agreement)
        fitting = _fitting(books, agreement, query)
        synced = synced_at(books.connection, agreement.id)
    return page(
        request, user, "purchases/documents.html",
        status=problem.status if problem else 200,
        title=agreement.name, section="purchases", tab="documents", agreement=agreement, query=query, counts=counts, fitting=fitting,
        rows=[(one, details.get(one.id), changes(one.mutations)) for one in listed.documents],
        following=None if listed.next is None else urlencode(query.address(cursor=listed.next)), first=urlencode(query.address()),
        problem=problem_values(problem) if problem else None, refused=_refused(problem),
        typed=typed, layouts=load_layouts(), may_act=may_trigger(request, user, agreement.dag_id), key=uuid4().hex, shown=SHOWN,
        synced=synced, has_sync=bool(entities_of(agreement)), run=at_work(agreement), rows_at_once=ROWS_AT_ONCE,
        address=lambda **more: urlencode(Asked().address(**more)), told=written(request, MESSAGES),
    )  # fmt: skip


def _refused(problem: Problem | None) -> set[str]:
    """The documents that a problem is about."""
    ids = problem.more.get("ids") if problem else None
    return {str(id) for id in ids} if isinstance(ids, list) else set()


def _enabled(id: str) -> Agreement | None:
    found = load_agreements(vendors=entity_names(), only=id).good
    return next((one for one in found if one.id == id), None)


def _details(books: Reading, agreement: Agreement, listed: Sequence[Summary]) -> dict[str, Any]:
    rows = books.rows(
        "purchases/details", {"agreement_id": agreement.id, "ids": [one.id for one in listed]}
    )
    return {row.document_number: row for row in rows}


def _ranges(books: Reading, agreement: Agreement) -> list[tuple[Any, Any]]:
    """Range and counts, in the ranges' order."""
    asked = ranges(datetime.now(agreement.zone).date())
    found = books.rows(
        "purchases/ranges",
        {
            "agreement_id": agreement.id,
            "names": [one.name for one in asked],
            "firsts": [one.first for one in asked],
            "lasts": [one.last for one in asked],
        },
    )
    by_name = {row.name: row for row in found}
    return [(one, by_name[one.name]) for one in asked]


def _fitting(books: Reading, agreement: Agreement, query: Asked) -> Any:
    """How many documents all filters let through, and how many of these a file would hold."""
    text = read_sql(SQL_DIR / "console" / "purchases" / "fitting.sql")
    statement = sql.SQL(text).format(documents=documents_sql())
    given = {
        **query.filters().parameters(),
        "agreement_id": agreement.id,
        "ids": None,
        "after": None,
        "most": None,
    }
    with books.connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement, given).fetchone()
