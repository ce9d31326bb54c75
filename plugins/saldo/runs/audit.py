"""Who did what: the rows of ops.audit. What a schedule does is in ops.sync_run only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from psycopg.types.json import Jsonb

from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, translated

from .sync_run import Run

#: A person did it, and it is not known who.
NOBODY = "(unknown)"


class Action(StrEnum):
    """What people do that is written down."""

    RUN_STARTED = "run started"
    DELETES_CONFIRMED = "deletes confirmed"
    DOCUMENT_OPENED = "document opened"
    PURCHASES_EXPORTED = "purchases exported"
    EXPORT_DELETED = "export deleted"
    FILE_OPENED = "export file opened"
    #: Beside the register of exports.
    FILE_STORED = "export file stored"
    FILE_REMOVED = "export file removed"
    #: Into the warehouse, on its way to an accounting system.
    EXPENSE_RECEIVED = "expense received"
    ACCOUNTING_EXPORT_ASKED = "accounting export asked for"
    ACCOUNTING_EXPORT_CANCELLED = "accounting export cancelled"
    ACCOUNTING_EXPORT_RETRIED = "accounting export retried"
    ACCOUNTING_EXPORT_BOOKED = "accounting export booked by hand"
    ACCOUNTING_EXPORT_EDITED = "accounting export edited"
    #: Somebody who is logged in tried what they may not do.
    ACCESS_REFUSED = "access refused"
    #: By hand: the SQL of docs/privacy.md writes it.
    PERSON_ERASED = "personal data erased"


def record(
    connection: Connection,
    action: Action,
    *,
    actor: str,
    subject: SubjectKey | None = None,
    run: Run | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write it down, part of the transaction that is open, if one is. A run that was started is written
    once, however many of its tasks say so.

    actor: the name the person is logged in with. subject: what it was done to; None where it concerns
    none. detail: JSON; the caller keeps secrets out of it.
    """
    with translated():
        connection.execute(
            "insert into ops.audit (at, actor, action, subject_kind, subject_id, dag_id, run_id, "
            "detail) values (clock_timestamp(), %s, %s, %s, %s, %s, %s, %s) "
            "on conflict (dag_id, run_id) where action = 'run started' do nothing",
            [
                actor,
                action.value,
                *(subject or (None, None)),
                run.dag_id if run else None,
                run.run_id if run else None,
                None if detail is None else Jsonb(dict(detail)),
            ],
        )
