"""GET /saldo/api/v1/accounting-exports/<id>: all that a person needs to decide about an export, without any log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Request
from fastapi.responses import JSONResponse
from psycopg.rows import dict_row

from saldo.errors import SaldoError
from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.jobs import Job, attempts_of
from saldo.exports.accounting.kept import find, is_newest, load_expense
from saldo.exports.accounting.mapping import map_to_accounting_schema
from saldo.exports.accounting.overriding import overridden
from saldo.exports.accounting.problems import ExpenseProblems
from saldo.exports.accounting.problems import Problem as ExpenseProblem
from saldo.exports.accounting.reported import events_of
from saldo.exports.loading import accounting_export
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from ..answers import GUARDS, link
from ..auth import User
from ..problems import responses
from ..routers import viewer_router
from . import troubles
from .access import job_to_see
from .models import ActionShown, Details
from .shown import ONE, document_shown, shown
from .troubles import told
from .words import actions_of

router = viewer_router()

_MOST_CALLS = 200
_REVISIONS = """
select
    e.revision,
    e.status,
    e.received_at,
    e.received_by,
    e.source,
    j.export_id,
    j.status as export_status
from ops.expense as e
left join ops.export_job as j
    on j.organisation = e.organisation
    and j.kind in ('expense', 'honorarium')
    and j.source_id = e.expense_id
    and j.revision = e.revision
where e.organisation = %s
    and e.expense_id = %s
order by e.revision desc
limit 100
"""


@dataclass(frozen=True)
class _Made:
    """The document of an export, or why there is none."""

    document: AccountingDocument | None = None
    is_sent: bool = False
    problems: list[ExpenseProblem] = field(default_factory=list)


@router.get(
    ONE,
    summary="One export",
    description="What was or would be sent, what is wrong and what to do, every call that was made about it, what the accounting system "
    "said by itself, the expense with its revisions, and what may be decided now.",
    response_model=Details,
    responses=responses(404, 503),
)
def accounting_export_details(export_id: UUID, request: Request, user: User) -> JSONResponse:
    with told(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_see(connection, request, user, export_id)
        body = details(connection, request, job)
    return JSONResponse(body.model_dump(mode="json"), headers=GUARDS)


def details(connection: Connection, request: Request, job: Job) -> Details:
    """All there is to a job."""
    expense = find(connection, job.organisation, job.source_id, job.revision)
    made = _made(connection, job)
    return Details(
        **shown(request, job),
        company=job.company,
        override=job.override,
        is_second_accepted=job.is_second_accepted,
        document=document_shown(made.document) if made.document else None,
        is_sent=made.is_sent,
        problems=troubles.shown(made.problems),  # type: ignore[arg-type]
        expense=expense.payload if expense else None,
        revisions=_revisions(connection, job),
        differences=job.differences or [],  # type: ignore[arg-type]
        calls=_builtins(attempts_of(connection, job.export_id)[-_MOST_CALLS:]),
        events=_builtins(events_of(connection, job.export_id)),
        actions=[
            ActionShown(
                action=one.name, method=one.method, link=link(request, one.path), text=one.text
            )
            for one in actions_of(job, is_newest=is_newest(connection, job))
        ],
    )


def _made(connection: Connection, job: Job) -> _Made:
    """What was sent; before that, what would be, by the file as it is now."""
    if job.document is not None or job.status == "cancelled":
        return _Made(job.document, is_sent=job.document is not None and job.attempts > 0)
    try:
        configuration = overridden(accounting_export(job.organisation), job.override)
        expense = load_expense(connection, job.organisation, job.source_id, job.revision)
        return _Made(map_to_accounting_schema(expense, job.target, configuration))
    except ExpenseProblems as error:
        return _Made(problems=error.problems)
    except SaldoError as error:
        wrong = ExpenseProblem(
            "", str(error), "an expense, and a file that maps it", "see the message"
        )
        return _Made(problems=[wrong])


def _revisions(connection: Connection, job: Job) -> list[Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_REVISIONS.encode(), [job.organisation, job.source_id]).fetchall()


def _builtins(found: list[Any]) -> list[Any]:
    return [msgspec.structs.asdict(one) for one in found]
