"""Expenses come in and are kept: each content once, and every content that was ever there.

What was stored is never changed: what is sent anew is its next revision, and an export of the earlier one that nobody has begun
is cancelled, so that the new one takes its place. Once an export has begun, only a revision that the sender numbers
himself is taken: nothing is posted a second time because somebody sent a claim again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import psycopg

from saldo.errors import Busy, DataRejected
from saldo.warehouse.connection import Connection

from . import kept
from .expense import Expense
from .kept import Kept, Source
from .payloads import Difference, differences, hash_of, payload_of

Outcome = Literal["created", "same", "revised"]
#: How long one waits for another who stores the same expense.
WAIT_S = 10
#: Differences that a message names; the error has all.
_NAMED = 5


@dataclass(frozen=True)
class Stored:
    """What became of an expense, and as which revision: created, revised (another content than before), or same (it was there; of one that
    people have corrected since, the corrected revision)."""

    revision: int
    outcome: Outcome


class ExpenseConflict(DataRejected):
    """An expense was changed under a number that it may not be changed under; nothing was stored.

    revision: the newest that is stored. next: the lowest number that is taken. differences: between what is stored under the
    number, else the newest, and what was sent.
    """

    def __init__(
        self, message: str, *, revision: int, next: int, differences: Sequence[Difference]
    ) -> None:
        super().__init__(message)
        self.revision, self.next = revision, next
        self.differences = tuple(differences)

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


def store_expense(
    connection: Connection,
    expense: Expense,
    *,
    actor: str,
    source: Source,
    is_held: bool = False,
    corrects: Kept | None = None,
) -> Stored:
    """Keep an expense, in a transaction of its own or as part of the one that is open; until that ends, others wait.

    expense.revision: as the sender counts; None where he does not. is_held: the caller holds all of the organisation's. corrects: what people
    have made it of, here; what was sent then may come again and changes nothing, unless its sender gives it a higher number. Raises ExpenseConflict where the export of what is stored has
    begun and expense is another one without a higher revision, or where it is older than what is stored; Busy after
    WAIT_S seconds.
    """
    payload = payload_of(expense)
    sent = Kept(expense.revision or 1, expense.revision or 1, payload, hash_of(payload))
    with connection.transaction(), _in_time(connection, expense.organisation, expense.id):
        if not is_held:
            _lock(connection, expense.organisation, expense.id)
        newest = kept.find(connection, expense.organisation, expense.id)
        if newest is None:
            kept.keep(connection, expense, sent, actor=actor, source=source)
            return Stored(sent.revision, "created")
        if newest.payload_hash == sent.payload_hash:
            if expense.revision is not None and expense.revision > newest.sent_as:
                kept.sent_as(connection, expense, newest)
            return Stored(newest.revision, "same")
        if newest.sent_hash == sent.payload_hash and (expense.revision or 0) <= newest.sent_as:
            return Stored(newest.revision, "same")
        if expense.revision is not None and expense.revision < newest.sent_as:
            return _overtaken(connection, expense, newest, sent)
        number = _next(connection, expense, newest, sent)
        sent = replace(sent, revision=number, sent_as=number, sent_hash=_sent_hash(corrects))
        kept.keep(connection, expense, sent, actor=actor, source=source)
        _cancel_waiting(connection, expense, number)
        return Stored(number, "revised")


def _sent_hash(corrected: Kept | None) -> str | None:
    """Of what was sent, however often it was corrected."""
    return None if corrected is None else corrected.sent_hash or corrected.payload_hash


def lock_expense(connection: Connection, organisation: str, expense_id: str) -> None:
    """Until the transaction ends, nobody else stores this expense. Whoever makes an export of it holds this, too, and takes the
    newest revision. Raises Busy after WAIT_S seconds."""
    with _in_time(connection, organisation, expense_id):
        _lock(connection, organisation, expense_id)


def lock_expenses(connection: Connection, organisation: str) -> None:
    """All of an organisation's, as lock_expense does one: for who stores many, since locks are few. Raises Busy after WAIT_S
    seconds."""
    with _in_time(connection, organisation):
        connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [_all_of(organisation)],
        )


def _lock(connection: Connection, organisation: str, expense_id: str) -> None:
    connection.execute(
        "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0)), pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [_all_of(organisation), f"saldo {organisation} expense {expense_id}"],
    )


def _all_of(organisation: str) -> str:
    return f"saldo {organisation} expenses"


@contextmanager
def _in_time(
    connection: Connection, organisation: str, expense_id: str | None = None
) -> Iterator[None]:
    """Waits for locks end, up to the end of the transaction."""
    connection.execute("select set_config('lock_timeout', %s, true)", [f"{int(WAIT_S * 1000)}ms"])
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        what = "expenses" if expense_id is None else f"expense {expense_id!r}"
        raise Busy(
            f"organisation {organisation!r}: somebody else has worked on {what} for more than {WAIT_S:g} s; send it again later"
        ) from None


def _overtaken(connection: Connection, expense: Expense, newest: Kept, sent: Kept) -> Stored:
    """A revision that a newer one has overtaken on its way: the same again, or a conflict."""
    known = kept.find(connection, expense.organisation, expense.id, expense.revision)
    if known is not None and known.payload_hash == sent.payload_hash:
        return Stored(known.revision, "same")
    found = differences((known or newest).payload, sent.payload)
    raise _conflict(
        expense, newest, found, f"revision {expense.revision} is older than what is stored"
    )


def _next(connection: Connection, expense: Expense, newest: Kept, sent: Kept) -> int:
    """The number of what is to be stored."""
    if expense.revision is not None and expense.revision > newest.sent_as:
        return expense.revision
    if _has_left(connection, expense, newest.revision):
        found = differences(newest.payload, sent.payload)
        raise _conflict(expense, newest, found, "its export has begun, and it is another one now")
    return newest.sent_as + 1


def _conflict(
    expense: Expense, newest: Kept, found: Sequence[Difference], why: str
) -> ExpenseConflict:
    more = len(found) - _NAMED
    named = ", ".join(one.path for one in found[:_NAMED])
    named += f" and {more} more" if more > 0 else ""
    following = newest.sent_as + 1
    return ExpenseConflict(
        f"expense {expense.id!r} of {expense.organisation!r}: {why} ({named}). If the change is meant, send it with "
        f"`revision` {following} or higher",
        revision=newest.revision,
        next=following,
        differences=found,
    )


def _has_left(connection: Connection, expense: Expense, revision: int) -> bool:
    """Whether an export of it, or of an earlier revision, may have reached the target. One that waits keeps waiting until the transaction ends."""
    rows = connection.execute(
        "select j.may_be_there or j.external_reference is not null or j.status in ('sending', 'unknown', 'created', 'posted') "
        "or (j.status = 'pending' and j.attempts > 0) from ops.export_job as j "
        "where j.organisation = %s and j.kind in ('expense', 'honorarium') and j.source_id = %s and j.revision <= %s "
        "order by j.export_id for update",
        [expense.organisation, expense.id, revision],
    ).fetchall()
    return any(has_left for (has_left,) in rows)


def _cancel_waiting(connection: Connection, expense: Expense, revision: int) -> None:
    """Nobody exports what does not hold any more."""
    connection.execute(
        "update ops.export_job as j set status = 'cancelled', updated_at = clock_timestamp(), last_error = %s "
        "where j.organisation = %s and j.kind in ('expense', 'honorarium') and j.source_id = %s and j.revision < %s "
        "and j.status in ('pending', 'review') and j.attempts = 0 and not j.may_be_there and j.external_reference is null",
        [f"revision {revision} took its place", expense.organisation, expense.id, revision],
    )
