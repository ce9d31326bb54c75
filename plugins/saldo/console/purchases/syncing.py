"""POST /saldo/purchases/<agreement>/sync: the documents are brought up to date; and how far that is."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from saldo.agreements.agreement import Agreement
from saldo.api import runs
from saldo.api.agreements import agreement_of
from saldo.api.auth import Actor, Reader, name_of
from saldo.api.purchases.sync import state_of_sync, sync_once
from saldo.api.routers import actor_router, reader_router
from saldo.console.shell import done, fragment

_PATH = "/purchases/{agreement_id}/sync"

acting = actor_router()
reading = reader_router()


@acting.post(_PATH)
def sync(agreement_id: str, request: Request, user: Actor) -> Response:
    agreement = agreement_of(agreement_id)
    sync_once(agreement, request, actor=name_of(user), by="console")
    return done(request, f"/purchases/{agreement.id}", told="sync")


@reading.get(_PATH)
def state(agreement_id: str, request: Request, user: Reader, run: str = "") -> HTMLResponse:
    """For a page that is open. run: the one that it waits for."""
    agreement = agreement_of(agreement_id)
    found = state_of_sync(agreement, run or None)
    of = found.run
    return fragment(
        request, "purchases/sync.html",
        agreement=agreement, run_id=of.runId if of else "", state=of.state if of else "", failures=of.failures if of else (),
    )  # fmt: skip


def at_work(agreement: Agreement) -> runs.DagRun | None:
    """The run of the agreement that is at work, or waits for its turn; the newest of several."""
    return next(iter(runs.at_work(agreement.dag_id)), None)
