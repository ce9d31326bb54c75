"""Exports are asked for: each revision of an expense has one row of the register, no matter who asks, or how often.

A revision whose earlier one is, or may be, in the accounting system is not sent: a person decides, and sees what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from saldo.runs.audit import Action, record
from saldo.warehouse.connection import Connection

from . import kept
from .configuration import AccountingExport
from .intake import lock_expense
from .jobs import Job, Rejected, job_of
from .kept import UnknownExpense
from .payloads import differences

__all__ = ["NotApproved", "NotNewest", "UnknownExpense", "register", "register_approved"]

#: Expenses of one transaction.
_AT_ONCE = 500
_CHANGED = "ExpenseChanged"

_REGISTER = """
insert into ops.export_job (
    export_id, organisation, target, kind, source_id, revision, payload, payload_hash, idempotency_key, status, total, currency,
    last_error_family, last_error, created_by, created_at, updated_at
)
select
    gen_random_uuid(), e.organisation, %(target)s, e.kind, e.expense_id, e.revision, '{}', e.payload_hash,
    concat_ws('/', e.organisation, e.expense_id, e.revision), case when o.revision is null then 'pending' else 'review' end,
    (
        select sum(l.amount) from ops.expense_line as l
        where (l.organisation, l.expense_id, l.revision) = (e.organisation, e.expense_id, e.revision)
    ),
    e.currency, case when o.revision is not null then %(changed)s end,
    'revision ' || o.revision || ' of it is ' || o.status || ', and this one is another. Remedy: undo what is booked of revision '
    || o.revision || ' and retry this one with accept_second, or cancel this one',
    %(actor)s, clock_timestamp(), clock_timestamp()
from ops.expense as e
left join lateral (
    select j.revision, j.status from ops.export_job as j
    where j.organisation = e.organisation and j.kind in ('expense', 'honorarium') and j.source_id = e.expense_id
        and j.revision < e.revision and j.status <> 'cancelled'
    order by j.revision desc limit 1
) as o on true
where e.organisation = %(organisation)s and e.expense_id = any(%(ids)s) and e.kind = any(%(kinds)s) and e.status = 'approved'
    and not exists (
        select from ops.expense as n
        where n.organisation = e.organisation and n.expense_id = e.expense_id and n.revision > e.revision
    )
on conflict (idempotency_key) do update
set status = excluded.status, updated_at = excluded.updated_at, last_error = excluded.last_error,
    last_error_family = excluded.last_error_family, next_attempt_at = null, failures = 0, target = excluded.target,
    differences = null, is_second_accepted = false
where export_job.status = 'cancelled' and %(reopen)s
returning export_id, source_id, revision, status
"""
_CANDIDATES = """
select e.expense_id from ops.expense as e
where e.organisation = %(organisation)s and e.status = 'approved' and e.kind = any(%(kinds)s) and e.expense_id > %(after)s
    and not exists (
        select from ops.expense as n
        where n.organisation = e.organisation and n.expense_id = e.expense_id and n.revision > e.revision
    )
    and not exists (
        select from ops.export_job as j
        where j.organisation = e.organisation and j.kind in ('expense', 'honorarium') and j.source_id = e.expense_id
            and j.revision = e.revision
    )
order by e.expense_id limit %(at_once)s
"""


class NotApproved(Rejected):
    """What is not approved is not exported."""


class NotNewest(Rejected):
    """A revision that another one has replaced is not exported."""


class NotExported(Rejected):
    """The organisation's file does not say who is owed for such an expense."""


def register(
    connection: Connection,
    configuration: AccountingExport,
    expense_id: str,
    *,
    actor: str,
    revision: int | None = None,
) -> Job:
    """The export of an expense's newest revision, written down if it is not; one that was cancelled is pending again. In a
    transaction of its own, or as part of the one that is open.

    revision: which the caller means; one that is not the newest is only found. Raises UnknownExpense, NotApproved, NotNewest,
    NotExported; Busy while somebody else stores the expense.
    """
    organisation = configuration.organisation
    with connection.transaction():
        lock_expense(connection, organisation, expense_id)
        meant = _meant(connection, configuration, expense_id, revision)
        made = _registered(connection, configuration, [expense_id], actor=actor, reopen=True)
        if made:
            record(
                connection,
                Action.ACCOUNTING_EXPORT_ASKED,
                actor=actor,
                subject=configuration.key,
                detail={
                    "export_id": str(made[0]),
                    "source_id": expense_id,
                    "revision": meant,
                },
            )
        found = _existing(connection, organisation, expense_id, meant)
    assert found is not None  # registered, under the lock
    return found


def register_approved(
    connection: Connection, configuration: AccountingExport, *, actor: str
) -> int:
    """Write down an export of every approved expense that has none, also none that was cancelled; how many. An expense that is being
    stored at the moment waits for the next time. What an earlier target of the organisation never got goes to this one."""
    connection.execute(
        "update ops.export_job as j set target = %s, updated_at = clock_timestamp() where j.organisation = %s and j.target <> %s "
        "and j.kind in ('expense', 'honorarium') and j.status in ('pending', 'failed', 'review') and not j.may_be_there",
        [configuration.target, configuration.organisation, configuration.target],
    )
    made, after = 0, ""
    while True:
        values = {
            "organisation": configuration.organisation, "kinds": _kinds(configuration), "after": after, "at_once": _AT_ONCE,
        }  # fmt: skip
        with connection.transaction():
            ids = [id for (id,) in connection.execute(_CANDIDATES, values).fetchall()]
            if not ids:
                return made
            after = ids[-1]
            free = _locked(connection, configuration.organisation, ids)
            made += len(_registered(connection, configuration, free, actor=actor, reopen=False))


def _meant(
    connection: Connection, configuration: AccountingExport, expense_id: str, revision: int | None
) -> int:
    organisation = configuration.organisation
    row = connection.execute(
        "select e.revision, e.status, e.kind from ops.expense as e where e.organisation = %s and e.expense_id = %s "
        "order by e.revision desc limit 1",
        [organisation, expense_id],
    ).fetchone()
    if row is None:
        raise UnknownExpense(
            f"there is no expense {expense_id!r} of {organisation!r}; send it, or look for its id in ops.expense"
        )
    newest, status, kind = row
    if revision is not None and revision != newest:
        if _existing(connection, organisation, expense_id, revision) is None:
            raise NotNewest(
                f"expense {expense_id!r} of {organisation!r}: revision {revision} does not hold, {newest} does; export that one"
            )
        return revision
    if _existing(connection, organisation, expense_id, newest, but="cancelled") is not None:
        return int(newest)
    if status != "approved":
        raise NotApproved(
            f"expense {expense_id!r} of {organisation!r} is {status}; only what is approved is exported. Remedy: approve it, and send "
            "it again"
        )
    if kind not in _kinds(configuration):
        raise NotExported(
            f"expense {expense_id!r} of {organisation!r} is a kind that is not exported ({kind}). Remedy: write "
            f"mapping.payable.{kind} in {organisation}.yaml"
        )
    return int(newest)


def _kinds(configuration: AccountingExport) -> list[str]:
    return [kind for kind in ("expense", "honorarium") if configuration.payable(kind) is not None]


def _existing(
    connection: Connection, organisation: str, expense_id: str, revision: int, *, but: str = ""
) -> Job | None:
    row = connection.execute(
        "select j.export_id from ops.export_job as j where j.organisation = %s and j.kind in ('expense', 'honorarium') "
        "and j.source_id = %s and j.revision = %s and j.status <> %s",
        [organisation, expense_id, revision, but],
    ).fetchone()
    return None if row is None else job_of(connection, row[0])


def _locked(connection: Connection, organisation: str, ids: Sequence[str]) -> list[str]:
    """Those that nobody stores at the moment; they are ours until the transaction ends."""
    rows = connection.execute(
        "select i.id from unnest(%s::text[]) as i (id) "
        # As lock_expense does, which a file keeps out for a whole organisation (intake.lock_expenses).
        "where pg_try_advisory_xact_lock_shared(hashtextextended('saldo ' || %s || ' expenses', 0)) "
        "and pg_try_advisory_xact_lock(hashtextextended('saldo ' || %s || ' expense ' || i.id, 0))",
        [list(ids), organisation, organisation],
    )
    return [id for (id,) in rows]


def _registered(
    connection: Connection,
    configuration: AccountingExport,
    ids: Sequence[str],
    *,
    actor: str,
    reopen: bool,
) -> list[UUID]:
    """Exports of the newest revisions, of those that have none. The expenses are locked."""
    values = {
        "organisation": configuration.organisation, "target": configuration.target, "ids": list(ids), "actor": actor,
        "kinds": _kinds(configuration), "changed": _CHANGED, "reopen": reopen,
    }  # fmt: skip
    rows = connection.execute(_REGISTER.encode(), values).fetchall()
    for export_id, source_id, revision, status in rows:
        if status == "review":
            _note_differences(
                connection, configuration.organisation, export_id, source_id, revision
            )
    return [row[0] for row in rows]


def _note_differences(
    connection: Connection, organisation: str, export_id: UUID, source_id: str, revision: int
) -> None:
    """Few: expenses that were changed after their export."""
    row = connection.execute(
        "select max(j.revision) from ops.export_job as j where j.organisation = %s and j.kind in ('expense', 'honorarium') "
        "and j.source_id = %s and j.revision < %s and j.status <> 'cancelled'",
        [organisation, source_id, revision],
    ).fetchone()
    old = kept.find(connection, organisation, source_id, row[0] if row else None)
    new = kept.find(connection, organisation, source_id, revision)
    found: list[Any] = differences(old.payload, new.payload) if old and new else []
    connection.execute(
        "update ops.export_job set differences = %s where export_id = %s",
        [Jsonb(msgspec.to_builtins(found)), export_id],
    )
