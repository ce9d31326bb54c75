"""/saldo/health for people: how everything is. For programs the same address says no more than that the server answers (api/health.py)."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from saldo.api.accounting_exports.access import visible as visible_organisations
from saldo.api.airflow_state import airflow_state, logs_disk
from saldo.api.answers import Problem
from saldo.api.auth import User, visible_dags
from saldo.api.routers import member_router
from saldo.api.runs import newest
from saldo.warehouse.migrations import MIGRATIONS_DIR, read_migrations

from ..shell import Reading, page, warehouse
from ..shell.browsers import BrowserRoute
from ..shell.forms import problem_values
from . import alerting, uptime
from .uptime import Span

log = logging.getLogger(__name__)
router = member_router()
router.route_class = BrowserRoute
#: A component that nobody has looked at for so long is none any more.
_KNOWN = timedelta(days=2)
#: Mails of so long, besides those that wait.
_MAILS = timedelta(days=14)
#: A task that waits for so long waits for a worker.
_PATIENCE = timedelta(minutes=10)
_MAINTENANCE = "saldo_maintenance"


class Asked(BaseModel):
    model_config = ConfigDict(extra="ignore")

    span: Span = "24h"


@router.get("/health")
def health(request: Request, user: User, asked: Annotated[Asked, Query()]) -> Response:
    now = datetime.now(UTC)
    state = airflow_state(now)
    state = replace(state, paused=sorted(visible_dags(user, state.paused)))
    books, problem = _books(user, asked.span)
    return page(
        request,
        user,
        "health/health.html",
        title="Health",
        section="health",
        now=now,
        asked=asked,
        spans=list(uptime.SPANS),
        airflow_state=state,
        maintenance=next(iter(newest(_MAINTENANCE)), None),
        disk=logs_disk(),
        code=read_migrations(MIGRATIONS_DIR)[-1].version,
        books=books,
        problem=problem,
        patience=_PATIENCE,
        said=uptime.said,
        alerting=alerting,
    )


@router.get("/health/alerts")
def alerts(request: Request, user: User, asked: Annotated[alerting.Asked, Query()]) -> Response:
    with warehouse() as books:
        mine = alerting.visible(books, user)
        found = books.rows("health/alerts", {**asked.parameters(), **mine})
    rows, more = found[: alerting.MOST], found[alerting.MOST :]
    return page(
        request,
        user,
        "health/alerts.html",
        title="Alerts",
        section="health",
        asked=asked,
        rows=rows,
        older=asked.address(before=rows[-1].alert_id) if more else None,
        alerting=alerting,
    )


def _books(user: Any, span: Span) -> tuple[dict[str, Any] | None, dict[str, object] | None]:
    """What the warehouse knows; or what is wrong with it, and the page has Airflow's side alone."""
    try:
        with warehouse() as books:
            return _read(books, user, span), None
    except Problem as problem:
        return None, problem_values(problem)


def _read(books: Reading, user: Any, span: Span) -> dict[str, Any]:
    components = books.rows("health/components", {"since": books.now - _KNOWN})
    mine = alerting.visible(books, user)
    return {
        "components": components,
        "strips": uptime.strips(books, span),
        "warehouse": books.row("health/warehouse"),
        "tables": books.rows("health/tables"),
        "rates": books.rows("health/rates"),
        "causes": books.rows("health/causes", mine),
        "counts": books.rows("health/counts", mine),
        "mails": books.rows("health/mails", {**mine, "since": books.now - _MAILS}),
        "exports": books.row(
            "health/exports", {"organisations": visible_organisations(books.connection, user)}
        ),
    }
