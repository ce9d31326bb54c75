"""Expenses that a system puts into ops.expense_inbox by SQL: each is taken, or refused with its problems beside it."""

from __future__ import annotations

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from saldo.errors import Busy
from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .expense import parse_expense
from .intake import ExpenseConflict, store_expense
from .problems import InvalidExpense, Problem

#: How many a call takes at most.
AT_ONCE = 500


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of those that waited. taken: stored, or stored before. waiting: left for the next call."""

    taken: int = 0
    refused: int = 0
    waiting: int = 0


def take_inbox(
    connection: Connection, configuration: AccountingExport, *, at_once: int | None = None
) -> Counts:
    """Take the organisation's, in the order in which they were put there, in one transaction: each is stored as store_expense says, or
    refused. received_by is the role that inserted it.

    One that somebody else is storing just now ends the call: it and the later ones wait. Raises Busy after ten seconds while another
    call is at work for the organisation.
    """
    organisation, taken, refused = configuration.organisation, 0, 0
    with connection.transaction():
        _hold(connection, organisation)
        for inbox_id, role in _waiting(connection, organisation, at_once or AT_ONCE):
            try:
                is_taken = _take(connection, inbox_id, role)
            except Busy:
                break
            taken, refused = taken + is_taken, refused + (not is_taken)
        [(left,)] = connection.execute(
            "select count(*) from ops.expense_inbox as i where i.organisation = %s and i.status = 'waiting'",
            [organisation],
        ).fetchall()
    return Counts(taken=taken, refused=refused, waiting=left)


def take_all(connection: Connection, configuration: AccountingExport) -> Counts:
    """take_inbox until nothing is left but what somebody else is storing. Raises as it does."""
    found = take_inbox(connection, configuration)
    done = found
    while done.waiting and done.taken + done.refused:
        done = take_inbox(connection, configuration)
        found = Counts(
            taken=found.taken + done.taken, refused=found.refused + done.refused, waiting=done.waiting
        )  # fmt: skip
    return found


def _hold(connection: Connection, organisation: str) -> None:
    """An earlier content must not be stored after a later one."""
    connection.execute("set local lock_timeout = '10s'")
    try:
        connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"saldo {organisation} expense inbox"],
        )
    except psycopg.errors.LockNotAvailable:
        raise Busy(
            f"organisation {organisation!r}: another run has taken expenses out of ops.expense_inbox for more than 10 s; "
            "this one tries again later"
        ) from None


def _waiting(connection: Connection, organisation: str, at_once: int) -> list[tuple[int, str]]:
    """Without their payloads: they may be large."""
    return connection.execute(
        "select i.inbox_id, i.inserted_by from ops.expense_inbox as i where i.organisation = %s and i.status = 'waiting' "
        "order by i.inbox_id limit %s for update",
        [organisation, at_once],
    ).fetchall()


def _take(connection: Connection, inbox_id: int, role: str) -> bool:
    """Whether it is taken; else it is refused. Raises Busy, and leaves it waiting."""
    # As text: JSON that a database keeps may be more than what reads it here can take.
    [(payload,)] = connection.execute(
        "select i.payload::text from ops.expense_inbox as i where i.inbox_id = %s", [inbox_id]
    ).fetchall()
    try:
        with connection.transaction():
            expense = parse_expense(payload.encode())
            stored = store_expense(connection, expense, actor=role, source="sql")
    except InvalidExpense as error:
        return _refuse(connection, inbox_id, error.problems)
    except ExpenseConflict as error:
        return _refuse(connection, inbox_id, [_conflict(error)])
    except psycopg.DataError as error:
        said = Problem("", f"what cannot be stored ({error})", "an expense", "correct it")
        return _refuse(connection, inbox_id, [said])
    connection.execute(
        "update ops.expense_inbox set status = 'taken', expense_id = %s, revision = %s, decided_at = clock_timestamp() "
        "where inbox_id = %s",
        [expense.id, stored.revision, inbox_id],
    )
    return True


def _refuse(connection: Connection, inbox_id: int, problems: list[Problem]) -> bool:
    connection.execute(
        "update ops.expense_inbox set status = 'refused', problems = %s, decided_at = clock_timestamp() where inbox_id = %s",
        [Jsonb(msgspec.to_builtins(problems)), inbox_id],
    )
    return False


def _conflict(error: ExpenseConflict) -> Problem:
    return Problem(
        "revision", str(error), f"what was exported, or a revision of {error.next} or higher",
        f"put it here again; where the change is meant, with the revision {error.next}",
    )  # fmt: skip
