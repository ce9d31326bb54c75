"""An export in words: how it is, what its error asks for, and what a person may do with it now."""

from __future__ import annotations

from dataclasses import dataclass

from saldo.exports.accounting.jobs import Job
from saldo.exports.accounting.register.judging import (
    DIFFERENT,
    GONE,
    REFUSED_THERE,
    TWICE,
    WITHDRAWN,
)
from saldo.exports.accounting.targets import TARGETS

_LIST = "/api/v1/accounting-exports"
_OPEN = ("pending", "failed", "review")
_STUCK = ("failed", "review")

#: Error family -> what to do.
_REMEDIES = {
    "ConfigError": "Correct the organisation's file or its Airflow connection, then retry.",
    "AuthError": "Renew the key in the organisation's Airflow connection, or give it the right that is missing, then retry.",
    "NotLicensed": "Have the module switched on in the accounting system, then retry.",
    "RateLimited": "Nothing: it is tried again by itself.",
    "Unavailable": "Nothing: it is tried again by itself. If it stays so, see whether the accounting system is up.",
    "OutcomeUnknown": "Nothing: it is looked for in the accounting system before anything else happens.",
    TWICE: "Delete or reverse all but one there; the nightly comparison, or a retry, then sees that it is right.",
    DIFFERENT: "Correct it there; the nightly comparison, or a retry, then sees that it is right. Or delete it there, and retry with `accept_second`.",
    GONE: "Find out who deleted or reversed it. To book it again, retry with `accept_second`; else cancel it, or book it by hand (`booked`).",
    REFUSED_THERE: "Mend there what it says; the nightly comparison, or a retry, then sees that it is right.",
    "ExpenseChanged": "See `differences`. Undo what is booked of the earlier revision and retry with `accept_second`, or cancel this one.",
    WITHDRAWN: "Delete it there, then retry, which sees that it is gone; or book it by hand (`booked`) where it was reversed or is to stay.",
    "DataRejected": "Mend what the message names: its lines (`lines`), the mapping for this export only (`retry` with `override`), "
    "the organisation's file, or the accounting system. Then retry, or book it by hand and say so (`booked`).",
}
_REMEDY = "Mend what the message names, then retry; or book it by hand and say so (`booked`)."


@dataclass(frozen=True)
class Action:
    """What may be done now. path: below /saldo."""

    name: str
    method: str
    path: str
    text: str


def title_of(target: str) -> str:
    """A target as it writes itself."""
    kind = TARGETS.get(target)
    return kind.title if kind else target


def status_text(job: Job) -> str:
    """How it is, in a sentence."""
    there, at = title_of(job.target), job.next_attempt_at
    when = f"not before {at:%Y-%m-%d %H:%M} (UTC)" if at else "in the next run"
    match job.status:
        case "pending":
            return f"It waits to be sent to {there}, {when}."
        case "sending":
            return (
                f"It is being sent to {there}. If that broke off, the next run looks there first."
            )
        case "unknown":
            return f"It was sent to {there}, which did not say what became of it. It is looked for there before anything else, {when}."
        case "created":
            missing = "" if job.is_complete else " Its receipts are not all there yet."
            return f"It is in {there}, and not posted yet.{missing}"
        case "posted" if job.booked_by:
            return f"It was booked by hand by {job.booked_by}."
        case "posted":
            return f"It is posted in {there}."
        case "failed":
            return f"It failed, and is tried again {when}."
        case "review":
            return "A person must decide; nothing more happens by itself."
    return "It was cancelled; nothing is sent."


def remedy_of(family: str | None) -> str:
    """What an error of that family asks for."""
    return _REMEDIES.get(family or "", _REMEDY)


def actions_of(job: Job, *, is_newest: bool) -> list[Action]:
    """What a person may do now, who may trigger the organisation's DAG. is_newest: the expense has no later revision, which
    would be the one to correct. The rules: saldo/exports/accounting/deciding.py."""
    own, found = f"{_LIST}/{job.export_id}", []
    is_free = job.status in _OPEN and not job.may_be_there
    if job.status in _STUCK:
        needs = job.differences is not None and not job.is_second_accepted
        text = "Try it again, with `override` over the mapping where the file is not to be changed."
        if needs:
            text = "Send it although an earlier revision was exported (`accept_second` is needed): undo that one first."
        found.append(Action("retry", "POST", f"{own}/retry", text))
    if is_free and is_newest:
        text = "Correct category, VAT code, dimensions, text or date of lines: they become the expense's next revision."
        found.append(Action("lines", "POST", f"{own}/lines", text))
    if job.status in _STUCK:
        text = "Say under which number it was booked by hand: it is never sent."
        found.append(Action("booked", "POST", f"{own}/booked", text))
    if is_free:
        text = "Send nothing, unless somebody asks for it again."
        found.append(Action("cancel", "POST", f"{own}/cancel", text))
    if is_free and job.status == "pending":
        found.append(Action("delete", "DELETE", own, "The same as cancel, of what is pending."))
    return found


def in_words(actions: list[Action]) -> str:
    """What may be done, at the end of a refusal."""
    if not actions:
        return "Nothing can be decided about it now."
    return f"What may be done now: {', '.join(action.name for action in actions)}."
