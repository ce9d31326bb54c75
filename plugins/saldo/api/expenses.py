"""POST /saldo/api/v1/expenses: an expense claim or a fee comes in, on its way to an organisation's accounting system."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from saldo.exports.accounting.expense import Expense, InvalidExpense, parse_expense
from saldo.exports.accounting.intake import ExpenseConflict, Stored, store_expense
from saldo.exports.accounting.problems import Problem as ExpenseProblem
from saldo.exports.configuration import dag_id_of
from saldo.exports.loading import load_accounting_exports
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs import audit
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect

from . import idempotency
from .accounting_exports.troubles import invalid
from .answers import PROBLEM, Problem
from .auth import Sender, name_of, refuse_strangers
from .expense_body import ExpenseBody, ExpenseConflictBody, ExpenseProblems, ExpenseStored, ref
from .idempotency import Answer
from .problems import responses
from .purchases.troubles import told
from .routers import sender_router

_PATH = "/api/v1/expenses"
_NOT_TAKEN = "This expense cannot be taken"
router = sender_router()


async def _body(request: Request) -> bytes:
    return await request.body()


def _told_as(status: int, model: Any) -> dict[int | str, dict[str, Any]]:
    return {status: {**responses(status)[status], "content": {PROBLEM: {"schema": ref(model)}}}}


@router.post(
    _PATH,
    summary="Send an expense claim or a fee",
    description="Of one organisation, with its lines and receipts. The same one again is 200 and changes nothing. A change of what was not "
    "exported yet is its next revision; once its export has begun, a change needs a higher `revision` of the sender's own "
    "(409 with every difference otherwise). For whoever may trigger the DAG `saldo_export__<organisation>`.",
    status_code=201,
    response_model=ExpenseStored,
    responses={
        200: {"model": ExpenseStored, "description": "It was there."},
        **responses(413, 503),
        **_told_as(409, ExpenseConflictBody),
        **_told_as(422, ExpenseProblems),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ref(ExpenseBody)}},
        }
    },
)
def send_expense(
    request: Request,
    user: Sender,
    body: Annotated[bytes, Depends(_body)],
    key: idempotency.Key = None,
) -> JSONResponse:
    expense = _read(body)
    refuse_strangers(request, user, dag_id_of(expense.organisation), expense.organisation)
    _refuse_unknown(expense)
    actor = name_of(user)
    with told(), connect(WarehouseHook().dsn()) as connection:
        return idempotency.once(
            connection,
            actor=actor,
            key=key,
            method="POST",
            path=_PATH,
            body=body,
            act=lambda: _store(connection, expense, actor),
        )


def _read(body: bytes) -> Expense:
    """Raises Problem 422 with all that is wrong."""
    try:
        return parse_expense(body)
    except InvalidExpense as error:
        raise invalid(error.problems, title=_NOT_TAKEN) from None


def _refuse_unknown(expense: Expense) -> None:
    """Read at each request. Raises Problem 422 where the organisation has no accounting export, 503 where its file is broken."""
    found = load_accounting_exports(only=expense.organisation)
    if any(one.organisation == expense.organisation for one in found.good):
        return
    if any(broken.path.stem == expense.organisation for broken in found.broken):
        raise Problem(
            503,
            "The organisation's file is broken",
            f"Saldo cannot read {expense.organisation}.yaml of its exports; Airflow's import errors say why. Send the expense "
            "again when it is mended.",
            {"Retry-After": "300"},
        )
    unknown = ExpenseProblem(
        "organisation",
        repr(expense.organisation),
        "an organisation with an accounting export that is switched on",
        f"correct it, or write {expense.organisation}.yaml",
    )
    raise invalid([unknown], title=_NOT_TAKEN)


def _store(connection: Connection, expense: Expense, actor: str) -> Answer:
    try:
        with connection.transaction():
            stored = store_expense(connection, expense, actor=actor, source="rest")
            _note(connection, expense, stored, actor)
    except ExpenseConflict as error:
        raise Problem(
            409,
            "This expense was changed",
            f"{error}.",
            more={
                "revision": error.revision,
                "next": error.next,
                "differences": msgspec.to_builtins(error.differences),
            },
        ) from None
    body = ExpenseStored(
        organisation=expense.organisation,
        id=expense.id,
        revision=stored.revision,
        outcome=stored.outcome,
    )
    return Answer(200 if stored.outcome == "same" else 201, body.model_dump())


def _note(connection: Connection, expense: Expense, stored: Stored, actor: str) -> None:
    """What changed nothing is not written down."""
    if stored.outcome == "same":
        return
    audit.record(
        connection,
        audit.Action.EXPENSE_RECEIVED,
        actor=actor,
        subject=SubjectKey("export", expense.organisation),
        detail={"expense": expense.id, "revision": stored.revision, "outcome": stored.outcome},
    )
