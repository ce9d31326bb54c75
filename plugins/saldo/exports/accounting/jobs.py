"""The register of exports, read: jobs, and the calls that were made about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec
from psycopg.rows import dict_row

from saldo.errors import DataRejected
from saldo.warehouse.connection import Connection

from .document import AccountingDocument
from .register.documents import restored

Status = Literal[
    "pending", "sending", "created", "posted", "failed", "review", "cancelled", "unknown"
]
STATUSES: tuple[Status, ...] = get_args(Status)


class Rejected(DataRejected):
    """Base: what somebody asked of the register cannot be, and the message says what can."""

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


class UnknownExport(Rejected):
    """No such export is in the register."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An export of one revision of an expense.

    document: as it is sent; None before it was first sent, and once it was erased. company: where it was sent to. key: its
    number there. total: in `currency`, VAT included. may_be_there: False is certain. differences: to the revision that was
    exported before (payloads.Difference as JSON). override: over `mapping` of the file. failures: since it last got on.
    """

    export_id: UUID
    organisation: str
    target: str
    kind: str
    source_id: str
    revision: int
    status: Status
    external_reference: str | None
    attempts: int
    failures: int
    next_attempt_at: datetime | None
    last_error_family: str | None
    last_error: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    posted_at: datetime | None
    sequence_number: int
    company: str | None
    key: str | None
    posting_date: date | None
    total: Decimal | None
    currency: str | None
    may_be_there: bool
    is_complete: bool
    is_second_accepted: bool
    booked_by: str | None
    override: dict[str, Any] | None
    differences: list[dict[str, Any]] | None
    document: AccountingDocument | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was made about a job. outcome `running` with no duration: it has not ended, or its process was killed. call_number:
    the same for all jobs that the call was about."""

    export_attempt_id: int
    call_number: int | None
    started_at: datetime
    duration_ms: int | None
    request: dict[str, Any]
    status_code: int | None
    answer: str | None
    outcome: str


_COLUMNS = ", ".join(
    {"key": "j.document_key as key", "document": "j.payload as document"}.get(name, f"j.{name}")
    for name in Job.__struct_fields__
)
_ATTEMPT = ", ".join(f"a.{name}" for name in Attempt.__struct_fields__)


def select_jobs(
    connection: Connection, rest: str, values: Mapping[str, Any] | list[Any]
) -> list[Job]:
    """Jobs by what follows `from ops.export_job as j`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {_COLUMNS} from ops.export_job as j {rest}".encode(), values
        ).fetchall()
    return [Job(**{**row, "document": restored(row["document"])}) for row in rows]


def job_of(connection: Connection, export_id: UUID) -> Job:
    """Raises UnknownExport."""
    found = select_jobs(connection, "where j.export_id = %s", [export_id])
    if not found:
        raise UnknownExport(
            f"there is no export {export_id}; look for its id in ops.export_job, or ask for the list"
        )
    return found[0]


def jobs_of(
    connection: Connection,
    *,
    organisations: Collection[str],
    status: Collection[str] = (),
    kind: str | None = None,
    source_id: str | None = None,
    target: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    limit: int = 100,
    after: tuple[datetime, UUID] | None = None,
) -> list[Job]:
    """The newest first, then by id. status: empty for all. created_to: not included. after: (created_at, export_id) of the last
    one of the page before."""
    created_at, export_id = after or (None, None)
    return select_jobs(
        connection,
        "where j.organisation = any(%(organisations)s) and j.kind in ('expense', 'honorarium') "
        "and (%(status)s::text[] = '{}' or j.status = any(%(status)s)) "
        "and (%(kind)s::text is null or j.kind = %(kind)s) "
        "and (%(source_id)s::text is null or j.source_id = %(source_id)s) "
        "and (%(target)s::text is null or j.target = %(target)s) "
        "and (%(created_from)s::timestamptz is null or j.created_at >= %(created_from)s) "
        "and (%(created_to)s::timestamptz is null or j.created_at < %(created_to)s) "
        "and (%(created_at)s::timestamptz is null or (j.created_at, j.export_id) < (%(created_at)s, %(export_id)s::uuid)) "
        "order by j.created_at desc, j.export_id desc limit %(limit)s",
        {
            "organisations": list(organisations), "status": list(status), "kind": kind, "source_id": source_id, "target": target,
            "created_from": created_from, "created_to": created_to, "created_at": created_at, "export_id": export_id,
            "limit": limit,
        },
    )  # fmt: skip


def attempts_of(connection: Connection, export_id: UUID) -> list[Attempt]:
    """Calls about a job, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {_ATTEMPT} from ops.export_attempt as a where a.export_id = %s "
            "order by a.export_attempt_id".encode(),
            [export_id],
        ).fetchall()
    return [Attempt(**row) for row in rows]
