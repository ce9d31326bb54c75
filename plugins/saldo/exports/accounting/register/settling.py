"""What nobody knows the end of is looked up, before anything else happens to it: calls without an answer, killed processes, and
revisions of expenses that another one has replaced."""

from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from ..jobs import Job
from ..targets.target import Found, Outcome
from .counts import Counts
from .judging import NEVER_SEEN, WITHDRAWN, failed, gone, judged
from .moves import Move, apply, counted, move
from .withdrawing import withdrawn
from .work import NEWER, Work, documents_of

#: Left by a process that was killed: whoever sends holds the company's lock, and we hold it.
_STALE = """
update ops.export_job as j
set status = 'unknown', updated_at = %(now)s, last_error_family = %(family)s,
    next_attempt_at = coalesce(greatest(j.sent_at, c.started_at), j.updated_at) + %(settle)s,
    last_error = 'a process ended while it was being sent' || coalesce(
        ' (' || (c.request ->> 'method') || ' ' || (c.request ->> 'path') || ', begun at '
        || to_char(c.started_at, 'YYYY-MM-DD HH24:MI:SS') || ' UTC)', ''
    ) || '; what became of it is not known yet'
from ops.export_job as o
left join lateral (
    select a.request, a.started_at from ops.export_attempt as a
    where a.export_id = o.export_id and a.outcome = 'running'
    order by a.export_attempt_id desc limit 1
) as c on true
where o.export_id = j.export_id and j.organisation = %(organisation)s and j.target = %(target)s and j.company = %(company)s
    and j.status = 'sending'
"""
#: The file names another system or company now: there it would be booked a second time.
_ELSEWHERE = """
update ops.export_job as j
set status = 'review', updated_at = %(now)s, next_attempt_at = null, last_error_family = 'ConfigError',
    last_error = 'it was sent to ' || j.target || ' (' || j.company || '), and the file of ' || j.organisation
    || ' names another one now. Remedy: look there for ' || coalesce(j.document_key, 'it') || '; book it by hand if it is there, or name '
    || 'that one again in the file'
where j.organisation = %(organisation)s and j.kind in ('expense', 'honorarium') and j.may_be_there
    and (j.target <> %(target)s or j.company <> %(company)s)
    and (j.status in ('pending', 'failed', 'unknown', 'created') or (j.status = 'sending' and j.sent_at < %(now)s - %(settle)s))
"""
#: What the earlier revision kept from being sent is sent, once nothing is left of that one.
_RELEASE = """
update ops.export_job as j
set status = 'pending', updated_at = %(now)s, last_error = null, last_error_family = null, differences = null
where j.organisation = %(organisation)s and j.target = %(target)s and j.status = 'review' and j.attempts = 0
    and j.last_error_family = 'ExpenseChanged'
    and not exists (
        select from ops.export_job as o
        where o.organisation = j.organisation and o.kind in ('expense', 'honorarium') and o.source_id = j.source_id
            and o.revision < j.revision and o.status <> 'cancelled'
    )
"""


def settle(work: Work) -> Counts:
    """Raises Held and what look-ups raise; what was written before that stays."""
    connection = work.connection
    settle_time = timedelta(minutes=work.configuration.limits.settle_minutes)
    values = {**work.values, "settle": settle_time, "family": NEVER_SEEN}
    stale = connection.execute(_STALE, values).rowcount
    elsewhere = connection.execute(_ELSEWHERE, values).rowcount
    counts = Counts(statuses={"unknown": stale} if stale else {})
    if elsewhere:
        said = f"{elsewhere} exports were sent to another company than the file names now: they are in review"
        counts += Counts(statuses={"review": elsewhere}, told=(said,))
    # Before the target is asked, which may fail, and once more for what is found there.
    counts += withdrawn(work)[1]
    counts += _looked_up(work)
    counts += withdrawn(work)[1]
    released = connection.execute(_RELEASE, values).rowcount
    return counts + Counts(statuses={"pending": released} if released else {})


def _looked_up(work: Work) -> Counts:
    unknown = work.jobs("j.status = 'unknown'")
    replaced = work.jobs(
        f"j.status in ('pending', 'failed', 'review') and {NEWER} and j.last_error_family is distinct from %(withdrawn)s",
        withdrawn=WITHDRAWN,
    )
    replaced_ids = {job.export_id for job in replaced} | _replaced_of(work, unknown)
    jobs = [*unknown, *replaced]
    documents = documents_of(jobs)
    asked = [
        job for job in jobs if job.export_id in documents and (job.attempts or job.may_be_there)
    ]
    found = work.look_up(asked, documents)
    moves = []
    for job in jobs:
        seen = found.get(job.export_id)
        changed = _changed(work, job, seen, is_replaced=job.export_id in replaced_ids)
        if changed and (changed.status, changed.may_be_there) != (job.status, job.may_be_there):
            moves.append(changed)
    done = apply(work.connection, moves, work.clock())
    adopted = sum(
        1 for one in moves if one.export_id in done and one.status in ("created", "posted")
    )
    names = {job.export_id: f"{job.source_id} (revision {job.revision})" for job in jobs}
    told = tuple(
        f"{names[one.export_id]}: {one.message}"
        for one in moves
        if one.export_id in done and one.status == "review"
    )
    return counted(moves, done, adopted=adopted, told=told)


def _replaced_of(work: Work, jobs: list[Job]) -> set[object]:
    rows = work.connection.execute(
        f"select j.export_id from ops.export_job as j where j.export_id = any(%s) and {NEWER}".encode(),
        [[job.export_id for job in jobs]],
    )
    return {id for (id,) in rows}


def _changed(work: Work, job: Job, seen: Found | None, *, is_replaced: bool) -> Move | None:
    now, limits = work.clock(), work.configuration.limits
    if seen is None and job.status == "unknown":
        said = "it may be at the target, and what was sent is not kept any more. Remedy: look for it there, and book it by hand"
        return move(job, "review", family=NEVER_SEEN, message=said)
    if seen is not None and seen.where != "nowhere":
        return judged(job, seen)
    if job.status == "unknown" and job.next_attempt_at and job.next_attempt_at > now:
        return None  # it may still be carried out
    if is_replaced and seen is None and job.may_be_there:
        return None  # what was sent is not kept any more: it stays with whoever decides
    if is_replaced and job.external_reference is not None:
        return gone(
            job
        )  # it was there once, and may be booked by another name: the new one goes by a person's word only
    if is_replaced:
        said = "another revision of the expense holds now, and nothing of this one is at the target"
        return move(job, "cancelled", message=said, may_be_there=False)
    once_more = Outcome(what="failed", message="no answer came, and nothing of it is there")
    return failed(structs.replace(job, may_be_there=False), "pending", once_more, limits, now)
