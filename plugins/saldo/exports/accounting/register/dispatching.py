"""Documents are sent: looked for first, written down as being sent, and only then given to the target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from msgspec import structs

from saldo.errors import (
    AuthError,
    ConfigError,
    NotLicensed,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.warehouse.connection import can_be_asked

from ..breaker import Held
from ..document import AccountingDocument
from ..jobs import Job
from ..targets.target import Dispatch, Outcome
from .checking import mapped
from .counts import Counts
from .judging import gone, judged, sent, unseen
from .moves import Move, apply, claim, counted, keep, move
from .work import DUE, NEWER, Work, dispatch, documents_of

#: Raised before anything was sent (targets/target.py).
_NOTHING_SENT = (AuthError, NotLicensed, RateLimited, Unavailable, ConfigError)


def due(work: Work) -> list[UUID]:
    """What may be sent now, in the order of their numbers."""
    return work.ids(f"{DUE} {NEWER}")


def send(work: Work, ids: Collection[UUID]) -> Counts:
    """Those of them that are due. Raises Held, and what the target raises as a whole; all that was written before stays."""
    jobs = work.jobs(f"{DUE} {NEWER} and j.export_id = any(%(ids)s)", ids=list(ids))
    documents = documents_of(jobs)
    fresh, refused = mapped(work, [job for job in jobs if job.export_id not in documents])
    documents |= fresh
    here = [job for job in jobs if job.export_id in documents]
    found = work.look_up(here, documents)
    moves = list(refused)
    missing = []
    for job in here:
        seen = judged(job, found[job.export_id])
        if seen is not None:
            moves.append(seen)
        elif job.external_reference is not None and not job.is_second_accepted:
            moves.append(gone(job))
        else:
            missing.append(job)
    # Nothing of these is there: they become what the mapping says now.
    anew, refused = mapped(work, [job for job in missing if job.export_id not in fresh])
    moves += refused
    done = _adopt(work, jobs, moves, fresh)
    adopted = sum(one.export_id in done and one.status in ("created", "posted") for one in moves)
    told = tuple(one.message or "" for one in moves if one.export_id in done and one.message)
    counts = counted(moves, done, adopted=adopted, told=told)
    return counts + _send_all(work, missing, {**fresh, **anew}, before=len(jobs) - len(missing))


def _adopt(
    work: Work,
    jobs: Sequence[Job],
    moves: Sequence[Move],
    fresh: Mapping[UUID, AccountingDocument],
) -> set[UUID]:
    """Write what was found, with the documents of those that nobody knew to be there: what is there is theirs."""
    there = {one.export_id: fresh[one.export_id] for one in moves if one.may_be_there and one.export_id in fresh}  # fmt: skip
    by_id = {job.export_id: job for job in jobs}
    now = work.clock()
    with work.connection.transaction():
        keep(work.connection, there, by_id, company=work.company, now=now)
        return apply(work.connection, moves, now)


def _send_all(
    work: Work,
    jobs: Sequence[Job],
    documents: Mapping[UUID, AccountingDocument],
    *,
    before: int,
) -> Counts:
    """before: of how many it was decided without sending them."""
    by_key = {documents[job.export_id].key: job for job in jobs if job.export_id in documents}
    dispatches = [dispatch(job, documents[job.export_id]) for job in by_key.values()]
    # What is sent anew is another document there.
    dispatches = [structs.replace(one, reference=None) for one in dispatches]
    counts, done = Counts(), before
    for group in work.target.groups(dispatches) if dispatches else ():
        work.tell(done, before + len(jobs), "")
        try:
            counts += _send_group(work, group, by_key)
        except Held as error:
            return counts + Counts(held=str(error))
        done += len(group)
    return counts


def _send_group(work: Work, group: Sequence[Dispatch], by_key: Mapping[str, Job]) -> Counts:
    if work.breaker.held:
        raise Held(work.breaker.held)
    jobs = {by_key[one.key].export_id: by_key[one.key] for one in group}
    documents = {by_key[one.key].export_id: one.document for one in group}
    claimed = claim(work.connection, documents, jobs, company=work.company, now=work.clock())
    live = [one for one in group if by_key[one.key].export_id in claimed]
    if not live:
        return Counts()
    try:
        outcomes = work.breaker.call(
            lambda: work.target.send(live, work.receipts, work.calls(documents)), failed=all_failed
        )
    except (*_NOTHING_SENT, Held) as error:
        _put_back(work, live, by_key, error)
        raise
    except Exception as error:
        _not_known(work, live, by_key, error)
        raise
    return _written(work, live, by_key, outcomes)


def _written(
    work: Work,
    live: Sequence[Dispatch],
    by_key: Mapping[str, Job],
    outcomes: Mapping[str, Outcome],
) -> Counts:
    now, limits = work.clock(), work.configuration.limits
    silent = Outcome(what="unknown", message="the target said nothing of it")
    moves = [
        sent(_sending(by_key[one.key]), one.document, outcomes.get(one.key, silent), limits, now)
        for one in live
    ]
    done = apply(work.connection, moves, now)
    told = tuple(
        one.message or "" for one in moves if one.export_id in done and one.status == "review"
    )
    return counted(moves, done, told=told)


def _put_back(
    work: Work, live: Sequence[Dispatch], by_key: Mapping[str, Job], error: Exception
) -> None:
    """Nothing was sent: they are what they were, and say why."""
    family = error.family if isinstance(error, SaldoError) else "Unavailable"
    moves: list[Move] = []
    for one in live:
        job = by_key[one.key]
        back = move(job, job.status, family=family, message=str(error))
        moves.append(structs.replace(back, was="sending"))
    apply(work.connection, moves, work.clock())


def _not_known(
    work: Work, live: Sequence[Dispatch], by_key: Mapping[str, Job], error: Exception
) -> None:
    """The target broke its promise, or the warehouse went away: where it can still be written, it is."""
    if not can_be_asked(work.connection):
        return  # they stay in `sending`, and are looked up
    said = f"{type(error).__name__} while it was being sent: {error}"
    limits = work.configuration.limits
    moves = [unseen(_sending(by_key[one.key]), said, limits, work.clock()) for one in live]
    apply(work.connection, moves, work.clock())


def _sending(job: Job) -> Job:
    """As the claim has left it."""
    return structs.replace(
        job, status="sending", attempts=job.attempts + 1, external_reference=None, may_be_there=True,
        is_complete=False, is_second_accepted=job.is_second_accepted and job.external_reference is None,
    )  # fmt: skip


def all_failed(outcomes: Mapping[str, Outcome]) -> str:
    """Why such an answer counts as a failure of the target: none of them got an answer of its own."""
    if outcomes and all(one.what in ("failed", "unknown") for one in outcomes.values()):
        return next(iter(outcomes.values())).message or "no answer"
    return ""
