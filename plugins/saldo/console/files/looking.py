"""A look at files, now: a run of saldo_files for one configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response
from pydantic import BaseModel

from saldo.api import runs
from saldo.api.answers import Problem
from saldo.api.auth import Sender, name_of, refuse_to_trigger
from saldo.api.routers import sender_router
from saldo.console.shell import done
from saldo.console.shell.reading import troubles
from saldo.errors import Busy
from saldo.files.configuration import FileConfiguration
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.warehouse.connection import Connection, connect, exclusive

from .rights import DAG_ID, seen_by

_WAIT_S = 5.0

router = sender_router()


class LookBody(BaseModel):
    """again: files that have not changed are read, too."""

    again: bool = False


@router.post("/files/{config_id}/look")
def look_now(
    config_id: str, request: Request, user: Sender, body: Annotated[LookBody, Form()]
) -> Response:
    of = seen_by(user, config_id)
    refuse_to_trigger(request, user, DAG_ID, what="have files looked at")
    if not of.enabled:
        raise Problem(
            409, "These files are switched off", f"{of.id}.yaml says `enabled: false`: its folder is not looked at. Switch it on first."
        )  # fmt: skip
    with troubles(), connect(WarehouseHook().dsn()) as connection, _alone(connection):
        told = _look(connection, of, actor=name_of(user), again=body.again)
    return done(request, f"/files/{of.id}", told=told)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Of two who ask at once, the second finds the run of the first."""
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(connection, DAG_ID, "starts of looks", wait_s=_WAIT_S))
        except Busy:
            raise Problem(
                409, "Somebody else is at it", "A look is being started. Try again in a moment."
            ) from None
        yield


def look_of(config_id: str) -> runs.DagRun | None:
    """The run that looks at a configuration, or will."""
    return next((run for run in runs.at_work(DAG_ID) if _reads(run, config_id, again=False)), None)


def _look(connection: Connection, of: FileConfiguration, *, actor: str, again: bool) -> str:
    """Start one, unless one waits that does the same. Returns what there is to tell."""
    runs.refuse_resting(DAG_ID)
    for run in runs.newest(DAG_ID, states=("queued",)):
        if _reads(run, of.id, again=again):
            return "waits"
    conf = {"configurations": [of.id], **({"read_again": True} if again else {})}
    run = runs.start(DAG_ID, conf, actor=actor)
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=actor,
        subject=of.key,
        run=Run(run.dag_id, run.run_id),
        detail={"by": "console", **conf},
    )
    return "look"


def _reads(run: runs.DagRun, config_id: str, *, again: bool) -> bool:
    chosen = run.conf.get("configurations") or ()
    return (not chosen or config_id in chosen) and (not again or bool(run.conf.get("read_again")))
