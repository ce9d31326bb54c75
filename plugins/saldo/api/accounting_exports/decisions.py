"""What a person decides about an export, the same by REST and in the console: carried out once, and a run goes on with it where it must."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Request
from pydantic import BaseModel

from saldo.errors import Busy
from saldo.exports.accounting import deciding
from saldo.exports.accounting.deciding import Overtaken, WrongStatus
from saldo.exports.accounting.jobs import Job, job_of
from saldo.exports.accounting.kept import is_newest
from saldo.exports.accounting.overriding import InvalidOverride
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from .. import runs
from ..answers import Problem
from ..auth import name_of
from .access import export_of, job_to_decide
from .bodies import BookedBody, LinesBody, RetryBody
from .starting import begin_export, refuse_resting
from .troubles import told
from .words import actions_of, in_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What the person looked at, and why they decide so. at: the export's `updated_at`; None where nobody looked."""

    at: datetime | None = None
    note: str = ""

    def said(self, actor: str) -> dict[str, Any]:
        return {"actor": actor, "note": self.note, "seen": self.at}


@dataclass(frozen=True)
class Decision:
    """name: of its route. act: with the name of whoever decides. runs: a run is to go on with it. body: what was asked for."""

    name: str
    act: Callable[[Connection, Job, str], Job]
    runs: bool = False
    body: BaseModel | None = None

    @property
    def asked(self) -> bytes:
        """What was asked for: the same asks for the same."""
        if self.body is None:
            return b""
        return msgspec.json.encode(self.body.model_dump(exclude_unset=True), order="deterministic")


@dataclass(frozen=True)
class Made:
    """What an export is by a decision; run: what goes on with it."""

    job: Job
    run: runs.DagRun | None = None


def cancelling(seen: Seen = Seen()) -> Decision:
    """It is not sent."""
    return Decision(
        "cancel",
        lambda books, job, actor: deciding.cancel(books, job.export_id, **seen.said(actor)),
    )


def taking_back() -> Decision:
    """As cancelling, of what is pending when it comes to it."""
    return Decision(
        "",
        lambda books, job, actor: deciding.cancel(
            books, job.export_id, actor=actor, only=("pending",)
        ),
    )


def retrying(body: RetryBody, seen: Seen = Seen()) -> Decision:
    """It is looked for, and sent where it is not there."""

    def act(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.retry(
            connection,
            job.export_id,
            configuration=export_of(job.organisation),
            override=body.override,
            accept_second=body.accept_second,
            **seen.said(actor),
        )

    return Decision("retry", act, runs=True, body=body)


def booking(body: BookedBody, seen: Seen = Seen()) -> Decision:
    """A person has booked it."""
    return Decision(
        "booked",
        lambda books, job, actor: deciding.book_by_hand(
            books, job.export_id, body.reference, **seen.said(actor)
        ),
        body=body,
    )


def editing(body: LinesBody, seen: Seen = Seen()) -> Decision:
    """Other values in some lines: the expense's next revision."""

    def act(connection: Connection, job: Job, actor: str) -> Job:
        return deciding.edit_lines(
            connection,
            job.export_id,
            [line.changes for line in body.lines],
            configuration=export_of(job.organisation),
            **seen.said(actor),
        )

    return Decision("lines", act, runs=True, body=body)


def decide(
    request: Request, user: Any, export_id: UUID, decision: Decision, *, by: str = "REST"
) -> Made:
    """by: through what it was asked for. Raises Problem: 404 and 403 as job_to_decide does, and as `carry_out` does."""
    with told(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_decide(connection, request, user, export_id)
        return carry_out(connection, job, name_of(user), decision, by=by)


def carry_out(
    connection: Connection, job: Job, actor: str, decision: Decision, *, by: str = "REST"
) -> Made:
    """Raises Problem: 409 where the DAG rests or it cannot be done with it now, 422 where what was asked for cannot be."""
    if decision.runs:
        refuse_resting(job.organisation)
    found, run = made(connection, job, actor, decision), None
    if decision.runs and found.status == "pending":
        run = begun(connection, found.organisation, [found.export_id], actor, by=by)
    return Made(found, run)


def begun(
    connection: Connection, organisation: str, ids: list[UUID], actor: str, *, by: str
) -> runs.DagRun | None:
    """The run that goes on with what was decided. None where it cannot be started this moment: the decision stands, and the
    organisation's next run does it."""
    try:
        return begin_export(connection, organisation, ids, actor=actor, by=by)
    except Busy as error:
        log.warning("%s", error)
        return None


def made(connection: Connection, job: Job, actor: str, decision: Decision) -> Job:
    """The decision without the run. Raises Problem 409 with what may be done where it cannot be, 422 where the override cannot."""
    try:
        return decision.act(connection, job, actor)
    except InvalidOverride as error:
        more = {"problems": list(error.problems)}
        raise Problem(422, "This cannot stand over the mapping", f"{error}.", more=more) from None
    except WrongStatus as error:
        now = job_of(connection, job.export_id)
        found = actions_of(now, is_newest=is_newest(connection, now))
        raise Problem(
            409,
            "This cannot be done with it now",
            f"{error}. {in_words(found)}",
            more={
                "export_status": now.status,
                "actions": [one.name for one in found],
                **({"overtaken": True} if isinstance(error, Overtaken) else {}),
            },
        ) from None
