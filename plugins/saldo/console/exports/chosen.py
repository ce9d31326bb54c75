"""Several exports at once, tried again or cancelled: each is decided about by itself, and the answer says what became of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from saldo.api import runs
from saldo.api.accounting_exports import decisions
from saldo.api.accounting_exports.access import job_to_decide
from saldo.api.accounting_exports.bodies import RetryBody
from saldo.api.accounting_exports.decisions import Decision, Seen
from saldo.api.accounting_exports.starting import refuse_resting
from saldo.api.accounting_exports.troubles import told
from saldo.api.answers import Problem
from saldo.api.auth import NotAllowed, Sender, name_of
from saldo.api.refusals import write_down
from saldo.api.routers import sender_router
from saldo.exports.accounting.jobs import Job
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from ..shell import Reading, page
from ..shell.reading import troubles
from . import words
from .asked import MOST
from .typed import moment

router = sender_router()
_AS_IT_IS = RetryBody(override=None, accept_second=False)
_ONE = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} \S{10,40}$"


class Chosen(BaseModel):
    """chosen: each an export's id and its `updated_at` when it was looked at, with a space between."""

    model_config = ConfigDict(extra="ignore")

    what: Literal["retry", "cancel"]
    chosen: list[Annotated[str, Field(pattern=_ONE)]] = Field(default_factory=list, max_length=MOST)
    note: str = Field("", max_length=1_000, pattern=r"^[^\x00]*$")
    back: str = Field("", max_length=1_000, pattern=r"^[^\x00]*$")


@dataclass(frozen=True)
class Result:
    """What became of one. job: as it is now. status: as if it had been asked for alone. said: why nothing was done."""

    job: Job | None
    export_id: UUID
    status: int = 200
    said: str = ""

    @property
    def is_done(self) -> bool:
        return self.status == 200


@router.post("/exports/chosen")
def decide_about_chosen(
    request: Request, user: Sender, asked: Annotated[Chosen, Form()]
) -> Response:
    if not asked.chosen:
        raise Problem(422, "No export is chosen", "Go back, tick those that you mean, and say what is to be done with them.")  # fmt: skip
    with troubles(), connect(WarehouseHook().dsn()) as connection:
        results = [_one(connection, request, user, asked, said) for said in asked.chosen]
        started = _runs(connection, results, name_of(user)) if asked.what == "retry" else []
    return page(
        request, user, "exports/chosen.html", title="What became of each", section="exports", status=_status(results), what=asked.what,
        results=results, started=started, back=asked.back if asked.back.startswith("/exports") else "/exports", words=words,
    )  # fmt: skip


def _status(results: list[Result]) -> int:
    """Of the answer: why all of them were refused, where it is the same for all."""
    return results[0].status if len({one.status for one in results}) == 1 else 200


def _one(connection: Connection, request: Request, user: Any, asked: Chosen, said: str) -> Result:
    id, _, at = said.partition(" ")
    export_id = UUID(id)
    try:
        with told():
            job = job_to_decide(connection, request, user, export_id)
            if asked.what == "retry":
                refuse_resting(job.organisation)
            made = decisions.made(connection, job, name_of(user), _decision(asked, at))
    except NotAllowed as refused:
        write_down(refused, request.method, request.url.path)
        return Result(None, export_id, 403, f"{refused.title}. {refused.detail}")
    except Problem as problem:
        return Result(None, export_id, problem.status, _why(connection, export_id, problem))
    return Result(made, export_id)


def _why(connection: Connection, export_id: UUID, problem: Problem) -> str:
    """Where somebody was faster, who."""
    if "overtaken" not in problem.more:
        return f"{problem.title}. {problem.detail}"
    now = f"It is {problem.more['export_status']} now, and was not touched"
    last = next(iter(Reading(connection).rows("exports/acts", {"export_id": str(export_id)})), None)
    return f"{now}: {last.actor} {words.did(last.action)}." if last else f"{now}."


def _decision(asked: Chosen, at: str) -> Decision:
    seen = Seen(at=moment(at), note=asked.note.strip())
    return (
        decisions.cancelling(seen)
        if asked.what == "cancel"
        else decisions.retrying(_AS_IT_IS, seen)
    )


def _runs(connection: Connection, results: list[Result], actor: str) -> list[runs.DagRun]:
    """One for each organisation; where none can be started now, the next one does them."""
    ids = defaultdict(list)
    for one in results:
        if one.job and one.job.status == "pending":
            ids[one.job.organisation].append(one.job.export_id)
    found = []
    for organisation, of_it in ids.items():
        if run := decisions.begun(connection, organisation, of_it, actor, by="console"):
            found.append(run)
    return found
