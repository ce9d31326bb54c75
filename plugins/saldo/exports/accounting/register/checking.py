"""What is wrong with exports before anything is sent: of all that are due at once, by the mapping and by the target's own data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ..document import AccountingDocument
from ..expense import Expense
from ..jobs import Job, Rejected
from ..kept import load_many
from ..mapping import NotMappable, map_to_accounting_schema
from ..overriding import overridden
from .counts import Counts
from .documents import again
from .moves import Move, apply, counted, move
from .work import DUE, NEWER, Work


def mapped(work: Work, jobs: Sequence[Job]) -> tuple[dict[UUID, AccountingDocument], list[Move]]:
    """The document of each, as it would be sent now; and what those become that cannot be mapped, with every problem."""
    revisions = [(job.source_id, job.revision) for job in jobs]
    expenses = load_many(work.connection, work.configuration.organisation, revisions)
    documents, refused = {}, []
    for job in jobs:
        try:
            documents[job.export_id] = _document(
                work, job, expenses.get((job.source_id, job.revision))
            )
        except (NotMappable, Rejected) as error:
            refused.append(_refused(job, str(error)))
    return documents, refused


def check(work: Work) -> Counts:
    """Those with problems are for a person; the others go on. What may be at the target already is compared when it is sent. Raises
    Held and what the target raises."""
    jobs = work.jobs(f"{DUE} {NEWER} and not j.may_be_there")
    documents, moves = mapped(work, jobs)
    found = (
        work.breaker.ask(lambda: work.target.check(list(documents.values()))) if documents else {}
    )
    for job in jobs:
        document = documents.get(job.export_id)
        problems = found.get(document.key) if document else None
        if problems:
            what = (
                f"{job.organisation}: {job.kind} {job.source_id} would be refused by {job.target}"
            )
            moves.append(_refused(job, str(NotMappable(what, problems))))
    done = apply(work.connection, moves, work.clock())
    told = tuple(one.message or "" for one in moves if one.export_id in done)
    return counted(moves, done, told=told)


def _refused(job: Job, message: str) -> Move:
    return move(job, "review", family="DataRejected", message=message)


def _document(work: Work, job: Job, expense: Expense | None) -> AccountingDocument:
    if expense is None:
        raise Rejected(
            f"expense {job.source_id!r} of {job.organisation!r} (revision {job.revision}) is not kept any more. Remedy: send it again"
        )
    configuration = overridden(work.configuration, job.override)
    return again(map_to_accounting_schema(expense, configuration.target, configuration))
