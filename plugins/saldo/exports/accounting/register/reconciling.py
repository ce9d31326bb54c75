"""What is at the target is compared with what was sent, night by night: what is gone, changed, there twice, or booked by a person."""

from __future__ import annotations

from datetime import timedelta

from .counts import Counts
from .judging import MENDED_THERE, gone, judged
from .moves import apply, counted
from .work import AT_ONCE, Work, documents_of

_COMPARED = (
    "j.booked_by is null and j.sent_at >= %(since)s and j.payload <> '{}' and (j.status in ('created', 'posted') "
    "or (j.status = 'review' and j.last_error_family = any(%(mended)s)))"
)


def reconcile(work: Work) -> Counts:
    """Of all that was sent within limits.reconcile_days. Only what is another one now is written, and told. Raises Held and what the
    target raises; what was written before that stays."""
    since = work.clock() - timedelta(days=work.configuration.limits.reconcile_days)
    values = {"since": since, "mended": list(MENDED_THERE)}
    ids, counts = work.ids(_COMPARED, **values), Counts()
    for begin in range(0, len(ids), AT_ONCE):
        # Documents of a year are not held at once.
        part = work.jobs(f"j.export_id = any(%(ids)s) and {_COMPARED}", ids=ids[begin : begin + AT_ONCE], **values)  # fmt: skip
        found = work.look_up(part, documents_of(part), noted=False)
        moves, words = [], {}
        for job in part:
            now = judged(job, found[job.export_id]) or gone(job)
            if now.status == job.status and now.family == job.last_error_family:
                continue
            moves.append(now)
            if now.status == "review" or job.status == "review":
                said = now.message or f"is right again at the target: {now.status}"
                words[job.export_id] = f"{job.source_id} (revision {job.revision}): {said}"
        done = apply(work.connection, moves, work.clock())
        counts += counted(moves, done, told=tuple(words[id] for id in words if id in done))
    return counts
