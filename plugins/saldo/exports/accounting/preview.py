"""What an expense would become, and what stands against it: nothing is written, nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import structs

from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .document import AccountingDocument
from .expense import Expense
from .kept import UnknownExpense, load_many
from .mapping import NotMappable, map_to_accounting_schema
from .overriding import overridden
from .problems import Problem
from .revising import edited
from .targets.target import Target

_NEWEST = """
select
    e.revision,
    e.sent_as,
    (
        select j.override from ops.export_job as j
        where j.organisation = e.organisation and j.kind = e.kind and j.source_id = e.expense_id and j.revision = e.revision
    )
from ops.expense as e
where e.organisation = %s and e.expense_id = %s
order by e.revision desc limit 1
"""


class Changes(msgspec.Struct, frozen=True):
    """What somebody thinks of changing. override: over `mapping`, in place of what was written over it before; None leaves that. lines: as
    deciding.edit_lines takes them."""

    override: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] = ()


NO_CHANGES = Changes()


class Preview(msgspec.Struct, frozen=True):
    """document: None where it cannot be mapped. problems: all of them; none means that it would be sent as it is."""

    document: AccountingDocument | None
    problems: list[Problem]


def preview(
    connection: Connection,
    configuration: AccountingExport,
    expense_id: str,
    target: Target | None = None,
    changes: Changes = NO_CHANGES,
) -> Preview:
    """Of the newest revision, approved or not, with what a person wrote over the mapping for it. target: is asked what it would refuse; it
    is only read. Raises UnknownExpense, InvalidOverride and InvalidExpense for changes that cannot be, and what the target raises."""
    organisation = configuration.organisation
    row = connection.execute(_NEWEST, [organisation, expense_id]).fetchone()
    if row is None:
        raise UnknownExpense(
            f"there is no expense {expense_id!r} of {organisation!r}; send it, or look for its id in ops.expense"
        )
    revision, sent_as, kept = row
    override: Mapping[str, Any] | None = kept if changes.override is None else changes.override
    (expense,) = load_many(connection, organisation, [(expense_id, revision)]).values()
    if changes.lines:
        expense = _revised(expense, changes.lines, sent_as + 1)
    merged = overridden(configuration, override)
    try:
        document = map_to_accounting_schema(expense, configuration.target, merged)
    except NotMappable as error:
        return Preview(None, error.problems)
    found = target.check([document]) if target else {}
    return Preview(document, list(found.get(document.key, ())))


def _revised(expense: Expense, lines: Sequence[Mapping[str, Any]], revision: int) -> Expense:
    """Receipts have no content here, and stay as they are."""
    bare = [structs.replace(one, receipts=()) for one in expense.lines]
    found = edited(structs.replace(expense, lines=tuple(bare)), lines, revision)
    receipts = {one.line: one.receipts for one in expense.lines}
    whole = [structs.replace(one, receipts=receipts[one.line]) for one in found.lines]
    return structs.replace(found, lines=tuple(whole))
