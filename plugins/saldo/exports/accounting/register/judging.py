"""What is found at a target, and what becomes of a call, as what an export becomes."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import structs

from ..document import AccountingDocument
from ..jobs import Job, Status
from ..sections import Limits
from ..targets.target import Found, Outcome
from .moves import Move, move
from .waits import next_try

TWICE, DIFFERENT, GONE, REFUSED_THERE = "FoundTwice", "FoundDifferent", "Gone", "TargetError"
#: What may be mended at the target: an export in review with one of them is compared every night.
MENDED_THERE = (TWICE, DIFFERENT, GONE, REFUSED_THERE)
NEVER_SEEN = "OutcomeUnknown"
#: It was sent, and whoever claimed it does not any more.
WITHDRAWN = "ExpenseWithdrawn"


def judged(job: Job, found: Found) -> Move | None:
    """What an export is, by what the target has of it. None where it has nothing."""
    if found.where == "nowhere":
        return None
    family, message = _trouble(job, found)
    return move(
        job,
        _status(found) if family is None else "review",
        reference=found.reference or job.external_reference,
        family=family,
        message=message,
        may_be_there=True,
        is_complete=_is_complete(job, found),
        failures=0,
    )


def _is_complete(job: Job, found: Found) -> bool:
    """What is in the ledger may not show its receipts any more: then it is what was known before."""
    return found.is_complete or (job.is_complete and found.where == "posted")


def _status(found: Found) -> Status:
    return "posted" if found.where == "posted" else "created"


def _trouble(job: Job, found: Found) -> tuple[str | None, str | None]:
    called = f"{job.target} has {found.reference or 'a document'}"
    if found.copies > 1:
        return TWICE, (
            f"{called} {found.copies} times. Remedy: delete or reverse all but one there, then retry it here"
        )
    if found.difference:
        return DIFFERENT, (
            f"{called}, which is not what was sent: {found.difference}. Remedy: correct it there, or delete it there, then retry it here; or "
            "book it by hand"
        )
    if found.where == "waiting" and found.message:
        return REFUSED_THERE, (
            f"{called}, and says: {found.message}. Remedy: mend it there, then retry it here"
        )
    if job.status == "posted" and found.where == "waiting":
        return GONE, (
            f"{called}, which was in the ledger and is not any more. Remedy: find out who reversed it, then retry it here"
        )
    return None, None


def gone(job: Job) -> Move:
    """It was there, and the target has nothing of it."""
    return move(
        job, "review", family=GONE, may_be_there=False, is_complete=False, is_second_accepted=False,
        message=f"{job.target} had {job.external_reference or 'it'} ({job.status}), and has it no more. Remedy: find out who deleted it, or whether it "
        "is booked there under another number: then book it by hand. To book it again, retry it with accept_second; or cancel it",
    )  # fmt: skip


def sent(
    job: Job, document: AccountingDocument, outcome: Outcome, limits: Limits, now: datetime
) -> Move:
    """What an export in `sending` is by the outcome of the call."""
    family, message = outcome.family or None, outcome.message or None
    if outcome.what == "done":
        is_complete = not document.receipts
        status: Status = "posted" if outcome.where == "posted" else "created"
        return move(job, status, reference=outcome.reference, is_complete=is_complete, failures=0)
    if outcome.what == "refused":
        return move(
            job, "review", family=family or "DataRejected", message=message, may_be_there=False
        )
    if outcome.what == "failed":
        return failed(structs.replace(job, may_be_there=False), "failed", outcome, limits, now)
    return unseen(job, message, limits, now)


def unseen(job: Job, message: str | None, limits: Limits, now: datetime) -> Move:
    """It was sent, and what became of it is not known; the target may carry it out for some minutes."""
    return move(
        job, "unknown", family=NEVER_SEEN, message=message,
        next_attempt_at=now + timedelta(minutes=limits.settle_minutes),
    )  # fmt: skip


def failed(job: Job, status: Status, outcome: Outcome, limits: Limits, now: datetime) -> Move:
    """Once more, later; or a person must decide, after too many tries. status: until then."""
    failures = job.failures + 1
    family, message = outcome.family or "Unavailable", outcome.message or "it failed"
    if failures >= limits.max_tries:
        said = f"failed {failures} times, the last time with: {message}. Remedy: mend the cause, then retry it here"
        return move(job, "review", family=family, message=said, failures=failures)
    return move(
        job, status, family=family, message=message, failures=failures, next_attempt_at=next_try(now, failures)
    )  # fmt: skip
