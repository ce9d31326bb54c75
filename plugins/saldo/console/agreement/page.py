"""GET /saldo/agreements/<id>, and POST /saldo/agreements/<id>/runs, which starts a run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, Response

from saldo.api.agreement_runs import Wish, start_run
from saldo.api.agreements import agreement_of
from saldo.api.answers import Problem
from saldo.api.auth import Actor, Reader, name_of
from saldo.api.routers import actor_router, reader_router
from saldo.hooks.warehouse import WarehouseHook
from saldo.vendors import VENDORS
from saldo.warehouse.connection import connect

from ..shell import done, page, warehouse, written
from ..shell.airflow_links import log_path, run_path
from ..shell.forms import problem_values
from ..shell.head import agreement_head
from ..shell.reading import troubles
from . import drift, entities, history

_MESSAGES = {"started": "The run is started. What it does shows here as it happens."}
reading = reader_router()
acting = actor_router()


@reading.get("/agreements/{agreement_id}")
def agreement(agreement_id: str, request: Request, user: Reader) -> HTMLResponse:
    return _page(request, user, agreement_id, Wish())


@acting.post("/agreements/{agreement_id}/runs")
def start(
    agreement_id: str, request: Request, user: Actor, wish: Annotated[Wish, Form()]
) -> Response:
    of = agreement_of(agreement_id)
    try:
        with troubles(), connect(WarehouseHook().dsn()) as connection:
            start_run(connection, of, wish, actor=name_of(user), by="console")
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _page(request, user, agreement_id, wish, problem)
    return done(request, f"/agreements/{agreement_id}", told="started")


def _page(
    request: Request, user: Any, agreement_id: str, wish: Wish, problem: Problem | None = None
) -> HTMLResponse:
    """problem: why the run that was asked for was not started."""
    with warehouse() as books:
        head = agreement_head(request, user, agreement_id, books)
        shown = entities.shown(books, head)
    wanted = VENDORS[head.vendor].wanted(head.agreement) if head.agreement else ()
    return page(
        request,
        user,
        "agreement/entities.html",
        title=head.name,
        section="overview",
        status=problem.status if problem else 200,
        now=books.now,
        head=head,
        tab="entities",
        shown=shown,
        charts=entities.charts(shown.nights),
        besides=entities.BESIDES,
        wanted=[one.name for one in wanted],
        wish=wish,
        problem=problem and problem_values(problem),
        told=written(request, _MESSAGES),
        run_path=run_path,
        log_path=log_path,
    )


routers = (reading, acting, history.router, drift.router)
