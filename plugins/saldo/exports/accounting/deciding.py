"""What people decide about exports: each decision is written down with who made it, and cannot pass what a run does at the moment.

All of them may be part of a transaction that is open. note: why, in the person's own words; it is kept with the decision. seen: `updated_at` of what
the person looked at. They raise UnknownExport, WrongStatus where the export is not in a status in which it can be, and Overtaken where it is not
what was seen any more; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from saldo.runs.audit import Action, record
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .intake import lock_expense
from .jobs import Job, Rejected, job_of
from .kept import is_newest, load_expense
from .mapping import map_to_accounting_schema
from .overriding import overridden
from .revising import revise

#: Statuses in which nobody works on it, and a person may decide.
_OPEN = ("pending", "failed", "review")


class WrongStatus(Rejected):
    """It cannot be as the export is. status: what it is; possible: the statuses in which it could."""

    def __init__(self, job: Job, what: str, possible: Sequence[str], why: str = "") -> None:
        self.status, self.possible = job.status, tuple(possible)
        said = why or f"it is {job.status}, and only what is {' or '.join(possible)} can be"
        super().__init__(
            f"export {job.export_id} ({job.kind} {job.source_id}, revision {job.revision}) cannot be {what}: {said}"
        )


class Overtaken(WrongStatus):
    """Somebody, or a run, has done something about it since it was looked at."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, "decided about", (), "it is another one than you looked at")


def cancel(
    connection: Connection,
    export_id: UUID,
    *,
    actor: str,
    note: str = "",
    seen: datetime | None = None,
    only: Sequence[str] = _OPEN,
) -> Job:
    """It is not sent, unless somebody asks for it again. For what is pending, failed or in review, with nothing of it at the
    target. only: some of these."""
    with _deciding(
        connection, export_id, Action.ACCOUNTING_EXPORT_CANCELLED, actor, seen, note=note
    ) as job:
        _expect(job, "cancelled", only, nothing_there=True)
        _set(connection, job, "status = 'cancelled', next_attempt_at = null, last_error = %s", [f"cancelled by {actor}"])  # fmt: skip
    return job_of(connection, export_id)


def retry(
    connection: Connection,
    export_id: UUID,
    *,
    actor: str,
    configuration: AccountingExport,
    override: Mapping[str, Any] | None = None,
    accept_second: bool = False,
    note: str = "",
    seen: datetime | None = None,
) -> Job:
    """What failed or is in review goes on at once: it is looked up, and sent where nothing of it is there.

    override: a part of `mapping` that stands over the file's for this one, {} for none any more; None leaves what there is. accept_second:
    that it is booked although an earlier revision is, or although it was there before and is gone. Raises InvalidOverride, and
    NotMappable where it cannot be mapped with the override.
    """
    with _deciding(
        connection, export_id, Action.ACCOUNTING_EXPORT_RETRIED, actor, seen,
        override=dict(override or {}), accept_second=accept_second, note=note,
    ) as job:  # fmt: skip
        _expect(job, "retried", ("failed", "review"))
        if job.differences is not None and not (accept_second or job.is_second_accepted):
            why = "an earlier revision of it was exported. Remedy: undo that one at the target, and say accept_second"
            raise WrongStatus(job, "retried", ("failed", "review"), why)
        if override:
            merged = overridden(configuration, override)
            expense = load_expense(connection, job.organisation, job.source_id, job.revision)
            map_to_accounting_schema(expense, configuration.target, merged)
        _set(
            connection, job,
            "status = 'pending', next_attempt_at = null, failures = 0, last_error = null, last_error_family = null, "
            "is_second_accepted = is_second_accepted or %s, override = case when %s then %s else override end",
            [accept_second, override is not None, Jsonb(dict(override)) if override else None],
        )  # fmt: skip
    return job_of(connection, export_id)


def book_by_hand(
    connection: Connection,
    export_id: UUID,
    reference: str,
    *,
    actor: str,
    note: str = "",
    seen: datetime | None = None,
) -> Job:
    """A person has booked it. reference: of the voucher, as the target calls it. It is posted, and never sent or compared again."""
    if not reference.strip():
        raise Rejected(
            f"export {export_id}: reference is empty; write the number of the voucher that was booked by hand"
        )
    with _deciding(
        connection,
        export_id,
        Action.ACCOUNTING_EXPORT_BOOKED,
        actor,
        seen,
        reference=reference,
        note=note,
    ) as job:
        _expect(job, "booked by hand", ("failed", "review"))
        _set(
            connection, job,
            "status = 'posted', external_reference = %s, booked_by = %s, last_error = %s, last_error_family = null, "
            "next_attempt_at = null, may_be_there = true, is_complete = true, posted_at = clock_timestamp()",
            [reference.strip(), actor, f"booked by hand by {actor}"],
        )  # fmt: skip
    return job_of(connection, export_id)


def edit_lines(
    connection: Connection,
    export_id: UUID,
    lines: Sequence[Mapping[str, Any]],
    *,
    actor: str,
    configuration: AccountingExport,
    note: str = "",
    seen: datetime | None = None,
) -> Job:
    """The expense's next revision, with other values in some lines; its export is pending, and that of this revision is cancelled.

    lines: {"line": its number, and some of category, vat_code, dimensions, text, date}. For what is pending, failed or in review, with
    nothing of it at the target, and whose expense has no later revision. Raises InvalidExpense with every problem.
    """
    # Texts of lines are in the expense only, where personal data is erased.
    said = [{"line": one.get("line"), "keys": sorted(one.keys() - {"line"})} for one in lines]
    with _deciding(
        connection, export_id, Action.ACCOUNTING_EXPORT_EDITED, actor, seen, lines=said, note=note
    ) as job:
        _expect(job, "edited", _OPEN, nothing_there=True)
        if not is_newest(connection, job):
            why = "the expense has a later revision. Remedy: edit the export of that one"
            raise WrongStatus(job, "edited", _OPEN, why)
        return revise(connection, job, lines, actor=actor, configuration=configuration)


@contextmanager
def _deciding(
    connection: Connection,
    export_id: UUID,
    action: Action,
    actor: str,
    seen: datetime | None,
    **detail: Any,
) -> Iterator[Job]:
    """The export, which nobody else changes until it is decided. Locked as intake.py does: the expense first."""
    with connection.transaction():
        before = job_of(connection, export_id)
        lock_expense(connection, before.organisation, before.source_id)
        connection.execute(
            "select from ops.export_job where export_id = %s for update", [export_id]
        )
        job = job_of(connection, export_id)
        if seen is not None and job.updated_at != seen:
            raise Overtaken(job)
        yield job
        said = {"export_id": str(export_id), "source_id": job.source_id, "revision": job.revision}
        said |= {name: value for name, value in detail.items() if name != "note" or value}
        subject = SubjectKey("export", job.organisation)
        record(connection, action, actor=actor, subject=subject, detail=said)


def _expect(job: Job, what: str, possible: Sequence[str], *, nothing_there: bool = False) -> None:
    if job.status not in possible:
        raise WrongStatus(job, what, possible)
    if nothing_there and job.may_be_there:
        why = "something of it is at the target, or may be. Remedy: delete it there and retry this, which sees that it is gone; or book it by hand"
        raise WrongStatus(job, what, possible, why)


def _set(connection: Connection, job: Job, changes: str, values: list[Any]) -> None:
    connection.execute(
        f"update ops.export_job set {changes}, updated_at = clock_timestamp() where export_id = %s".encode(),
        [*values, job.export_id],
    )
