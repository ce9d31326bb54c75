"""Documents that are there get their receipts, and are booked where the file says so. Looked at first: what was booked is not again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import structs

from saldo.errors import DataRejected

from ..document import AccountingDocument
from ..jobs import Job
from ..targets.target import Outcome
from .counts import Counts
from .dispatching import all_failed
from .judging import failed, gone, judged
from .moves import Move, apply, counted, move
from .waits import next_try
from .withdrawing import IS_WITHDRAWN, withdrawn
from .work import Work, dispatch, documents_of

_UNFINISHED = (
    "j.booked_by is null and (j.next_attempt_at is null or j.next_attempt_at <= %(now)s) and (not j.is_complete and j.status in ('created', "
    "'posted') or j.status = 'created' and j.payload #>> '{document,booking}' = 'post')"
)
#: Everything of ours that may stand beside what is posted, whichever organisation's, and why it must not be posted by the way.
_BESIDES = f"""
select
    j.document_key,
    case
        when j.status = 'review' then 'expense ' || j.source_id || ': waits for a person''s word'
        when {IS_WITHDRAWN} then 'expense ' || j.source_id || ': was withdrawn'
        when j.status <> 'created' then 'expense ' || j.source_id || ': is looked at again by itself'
        when not j.is_complete then 'expense ' || j.source_id || ': its receipts are not there yet'
        when j.payload #>> '{{document,booking}}' <> 'post' then 'expense ' || j.source_id || ': is left for the bookkeeper to post'
        else ''
    end
from ops.export_job as j
where j.company = %(company)s and j.may_be_there and j.status <> 'posted' and j.document_key is not null
    and not j.document_key = any(%(keys)s)
"""
_IN_FLIGHT = """
select a.export_id from ops.export_attempt as a inner join ops.export_job as j on j.export_id = a.export_id
where a.export_id = any(%(ids)s) and a.outcome = 'running' and a.started_at > greatest(%(since)s, j.updated_at)
"""


def finish(work: Work) -> Counts:
    """Raises Held and what the target raises; what was written before that stays."""
    # Whatever became of the run's other steps: it may be posted here.
    _, counts = withdrawn(work)
    jobs = [job for job in work.jobs(_UNFINISHED) if job.document is not None]
    if not jobs:
        return counts
    documents = documents_of(jobs)
    counts_seen, jobs = _seen(work, jobs, documents)
    busy = _in_flight(work, jobs)
    jobs = [job for job in jobs if job.export_id not in busy]
    completing, counts_completed = _complete(work, [job for job in jobs if not job.is_complete], documents)  # fmt: skip
    whole = [job for job in jobs if job.is_complete] + completing
    posting = [
        job
        for job in whole
        if job.status == "created" and documents[job.export_id].booking == "post"
    ]
    return counts + counts_seen + counts_completed + _post(work, posting, documents)


def _seen(
    work: Work, jobs: Sequence[Job], documents: Mapping[UUID, AccountingDocument]
) -> tuple[Counts, list[Job]]:
    """What has changed since it was seen last is written; those that wait for something, as they are now."""
    found = work.look_up(jobs, documents)
    moves = [judged(job, found[job.export_id]) or gone(job) for job in jobs]
    changed = [one for one, job in zip(moves, jobs, strict=True) if one.status != job.status or one.is_complete != job.is_complete]  # fmt: skip
    changing = {one.export_id for one in changed}
    done = apply(work.connection, changed, work.clock())
    left = [
        structs.replace(
            job, status=one.status, is_complete=one.is_complete, external_reference=one.reference
        )
        for one, job in zip(moves, jobs, strict=True)
        if one.status != "review" and (one.export_id not in changing or one.export_id in done)
    ]
    told = tuple(one.message or "" for one in changed if one.export_id in done and one.status == "review")  # fmt: skip
    return counted(changed, done, told=told), left


def _in_flight(work: Work, jobs: Sequence[Job]) -> set[UUID]:
    """A process was killed after it had asked the target something about them, which may still do it. What was written since has seen
    the end of it."""
    since = work.clock() - timedelta(minutes=work.configuration.limits.settle_minutes)
    values = {"ids": [job.export_id for job in jobs], "since": since}
    return {id for (id,) in work.connection.execute(_IN_FLIGHT, values).fetchall()}


def _complete(
    work: Work, jobs: Sequence[Job], documents: Mapping[UUID, AccountingDocument]
) -> tuple[list[Job], Counts]:
    """Attach receipts: those that are whole now, and what the others became."""
    if not jobs:
        return [], Counts()
    dispatches = [dispatch(job, documents[job.export_id]) for job in jobs]
    outcomes = work.breaker.call(
        lambda: work.target.complete(dispatches, work.receipts, work.calls(documents)),
        failed=all_failed,
    )
    moves = [_after(work, job, outcomes.get(documents[job.export_id].key), "completed") for job in jobs]  # fmt: skip
    done = apply(work.connection, moves, work.clock())
    whole = [
        structs.replace(job, is_complete=True, failures=0, external_reference=one.reference)
        for one, job in zip(moves, jobs, strict=True)
        if one.is_complete and one.export_id in done
    ]
    return whole, counted(moves, done, told=_told(moves, done))


def _post(work: Work, jobs: Sequence[Job], documents: Mapping[UUID, AccountingDocument]) -> Counts:
    if not jobs:
        return Counts()
    # Once more: attaching receipts takes its time.
    ids, counts = withdrawn(work)
    jobs = [job for job in jobs if job.export_id not in ids]
    if not jobs:
        return counts
    dispatches = [dispatch(job, documents[job.export_id]) for job in jobs]
    keys = [one.key for one in dispatches]
    rows = work.connection.execute(
        _BESIDES.encode(), {"company": work.company, "keys": keys}
    ).fetchall()
    besides: dict[str, str] = dict(rows)
    try:
        outcomes = work.breaker.call(
            lambda: work.target.post(dispatches, besides, work.calls(documents)), failed=all_failed
        )
    except DataRejected as error:
        # A person must look at the batch, and at none of these: they wait as long as it takes. Nothing was booked.
        again = next_try(work.clock(), 1)
        moves = [
            move(job, job.status, family="DataRejected", message=str(error), next_attempt_at=again)
            for job in jobs
        ]
        apply(work.connection, moves, work.clock())
        raise
    moves = [_after(work, job, outcomes.get(documents[job.export_id].key), "posted") for job in jobs]  # fmt: skip
    done = apply(work.connection, moves, work.clock())
    return counts + counted(moves, done, told=_told(moves, done))


def _after(work: Work, job: Job, outcome: Outcome | None, what: str) -> Move:
    """What a document that is there becomes by such a call."""
    now, limits = work.clock(), work.configuration.limits
    outcome = outcome or Outcome(what="unknown", message=f"the target did not say whether it was {what}")  # fmt: skip
    if outcome.what == "done":
        is_posted = what == "posted" and outcome.where == "posted"
        return move(
            job, "posted" if is_posted else job.status, is_complete=True, failures=0,
            reference=outcome.reference or job.external_reference,
        )  # fmt: skip
    if outcome.what == "refused" and outcome.where == "nowhere":
        # It was taken out again, so that others could be booked: once it is mended, it is sent anew.
        return move(
            job, "review", family=outcome.family or "DataRejected", message=outcome.message,
            reference=None, may_be_there=False, is_complete=False,
        )  # fmt: skip
    if outcome.what == "refused":
        said = (
            f"it is at the target ({job.external_reference}), and was not {what}: {outcome.message}"
        )
        return move(job, "review", family=outcome.family or "DataRejected", message=said)
    later = failed(job, job.status, outcome, limits, now)
    if outcome.what == "unknown" and later.next_attempt_at is not None:
        settled = now + timedelta(minutes=limits.settle_minutes)  # it may still be carried out
        return structs.replace(later, next_attempt_at=max(settled, later.next_attempt_at))
    return later


def _told(moves: Sequence[Move], done: set[UUID]) -> tuple[str, ...]:
    return tuple(
        one.message or "" for one in moves if one.export_id in done and one.status == "review"
    )
