"""Many expenses at once, as a file brings them: what nobody has sent before is written together."""

from __future__ import annotations

from collections.abc import Sequence

from saldo.warehouse.connection import Connection

from . import kept
from .expense import Expense
from .intake import ExpenseConflict, Stored, store_expense
from .kept import Kept, Source
from .payloads import hash_of, payload_of

_Key = tuple[str, str]


def store_expenses(
    connection: Connection, expenses: Sequence[Expense], *, actor: str, source: Source
) -> list[Stored | ExpenseConflict]:
    """What becomes of each, in their order, as store_expense says; a conflict is one of the results, and keeps no other from being
    stored. Without receipts. The caller has a transaction open, and holds their organisations (lock_expenses)."""
    known = _known(connection, expenses)
    new: dict[_Key, tuple[Expense, Kept]] = {}
    for one in expenses:
        if _key(one) not in known:
            new.setdefault(_key(one), (one, _kept(one)))
    kept.keep_all(connection, [*new.values()], actor=actor, source=source)
    found: list[Stored | ExpenseConflict] = []
    for one in expenses:
        first = new.get(_key(one))
        if first is not None and first[0] is one:
            found.append(Stored(first[1].revision, "created"))
            continue
        try:
            found.append(store_expense(connection, one, actor=actor, source=source, is_held=True))
        except ExpenseConflict as error:
            found.append(error)
    return found


def _kept(expense: Expense) -> Kept:
    payload, number = payload_of(expense), expense.revision or 1
    return Kept(number, number, payload, hash_of(payload))


def _known(connection: Connection, expenses: Sequence[Expense]) -> set[_Key]:
    rows = connection.execute(
        "select s.organisation, s.id from unnest(%s::text[], %s::text[]) as s (organisation, id) "
        "where exists (select from ops.expense as e where e.organisation = s.organisation and e.expense_id = s.id)",
        [[one.organisation for one in expenses], [one.id for one in expenses]],
    )
    return set(rows.fetchall())


def _key(expense: Expense) -> _Key:
    return expense.organisation, expense.id
