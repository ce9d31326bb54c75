"""Exports change their status: many in one statement, and each only if it still is what it was when that was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs
from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection

from ..document import AccountingDocument
from ..jobs import Job, Status
from ..wording import storable
from .counts import Counts
from .documents import kept

_MOVE = """
update ops.export_job as j
set status = m.status, external_reference = m.reference, last_error_family = m.family, last_error = m.message,
    next_attempt_at = m.next_attempt_at, may_be_there = m.may_be_there, is_complete = m.is_complete, failures = m.failures,
    attempts = m.attempts, is_second_accepted = m.is_second_accepted, updated_at = %(now)s,
    posted_at = case when m.status = 'posted' then coalesce(j.posted_at, %(now)s) else j.posted_at end
from jsonb_to_recordset(%(moves)s) as m (
    export_id uuid, was text, status text, reference text, family text, message text, next_attempt_at timestamptz,
    may_be_there boolean, is_complete boolean, failures integer, attempts integer, is_second_accepted boolean
)
where j.export_id = m.export_id and j.status = m.was
returning j.export_id
"""
_CLAIM = """
update ops.export_job as j
set status = 'sending', attempts = j.attempts + 1, payload = m.payload, company = %(company)s, document_key = m.key,
    posting_date = m.posting_date, total = m.total, currency = m.currency, may_be_there = true, is_complete = false,
    sent_at = %(now)s, updated_at = %(now)s, next_attempt_at = null, last_error = null, last_error_family = null,
    is_second_accepted = j.is_second_accepted and j.external_reference is null, external_reference = null
from jsonb_to_recordset(%(claims)s) as m (
    export_id uuid, was text, target text, payload jsonb, key text, posting_date date, total numeric, currency text
)
where j.export_id = m.export_id and j.status = m.was and j.target = m.target
    and not exists (
        select from ops.expense as n
        where n.organisation = j.organisation and n.expense_id = j.source_id and n.revision > j.revision
    )
returning j.export_id
"""


_KEEP = """
update ops.export_job as j
set payload = m.payload, company = %(company)s, document_key = m.key, posting_date = m.posting_date, total = m.total,
    currency = m.currency, sent_at = coalesce(j.sent_at, %(now)s), updated_at = %(now)s
from jsonb_to_recordset(%(claims)s) as m (
    export_id uuid, was text, payload jsonb, key text, posting_date date, total numeric, currency text
)
where j.export_id = m.export_id and j.status = m.was
"""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What an export becomes. was: what it is now, else nothing happens. message and family: None once nothing is the matter."""

    export_id: UUID
    was: Status
    status: Status
    reference: str | None
    family: str | None
    message: str | None
    next_attempt_at: datetime | None
    may_be_there: bool
    is_complete: bool
    failures: int
    attempts: int
    is_second_accepted: bool


def move(job: Job, status: Status, **changes: Any) -> Move:
    """All else stays, but what was the matter: that is said anew, or over."""
    values = {
        "reference": job.external_reference, "family": None, "message": None, "next_attempt_at": None,
        "may_be_there": job.may_be_there, "is_complete": job.is_complete, "failures": job.failures, "attempts": job.attempts,
        "is_second_accepted": job.is_second_accepted,
    }  # fmt: skip
    return Move(export_id=job.export_id, was=job.status, status=status, **{**values, **changes})


def apply(connection: Connection, moves: Sequence[Move], now: datetime) -> set[UUID]:
    """Write them; those that somebody has changed in the meantime are left as they are. The ids that were moved."""
    if not moves:
        return set()
    said = [structs.replace(one, message=storable(one.message), reference=storable(one.reference)) for one in moves]  # fmt: skip
    values = {"moves": Jsonb(msgspec.to_builtins(said)), "now": now}
    return {id for (id,) in connection.execute(_MOVE, values).fetchall()}


def counted(moves: Sequence[Move], done: set[UUID], **more: Any) -> Counts:
    """Those whose status is another one now."""
    changed: Counter[str] = Counter(
        one.status for one in moves if one.export_id in done and one.status != one.was
    )
    return Counts(statuses=dict(changed), **more)


def claim(
    connection: Connection,
    documents: Mapping[UUID, AccountingDocument],
    jobs: Mapping[UUID, Job],
    *,
    company: str,
    now: datetime,
) -> set[UUID]:
    """They are being sent from now on, with these documents: the ids of those that may be. Others were changed by somebody, or a newer
    revision of their expense holds, or the file names another target."""
    values = {"claims": _claims(documents, jobs), "company": company, "now": now}
    return {id for (id,) in connection.execute(_CLAIM, values).fetchall()}


def keep(
    connection: Connection,
    documents: Mapping[UUID, AccountingDocument],
    jobs: Mapping[UUID, Job],
    *,
    company: str,
    now: datetime,
) -> None:
    """The documents of exports that were found at the target, and that nobody knew to be there."""
    if documents:
        values = {"claims": _claims(documents, jobs), "company": company, "now": now}
        connection.execute(_KEEP, values)


def _claims(documents: Mapping[UUID, AccountingDocument], jobs: Mapping[UUID, Job]) -> Jsonb:
    claims = [
        {
            "export_id": id, "was": jobs[id].status, "target": document.target, "payload": kept(document), "key": document.key,
            "posting_date": document.posting_date, "total": document.total, "currency": document.currency,
        }
        for id, document in documents.items()
    ]  # fmt: skip
    return Jsonb(msgspec.to_builtins(claims))
