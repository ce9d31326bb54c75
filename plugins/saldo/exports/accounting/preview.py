"""What an expense would become, and what stands against it: nothing is written, nothing is sent."""

from __future__ import annotations

from typing import Any

import msgspec

from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .document import AccountingDocument
from .kept import UnknownExpense, load_many
from .mapping import NotMappable, map_to_accounting_schema
from .overriding import overridden
from .problems import Problem
from .targets.target import Target

_NEWEST = """
select
    e.revision,
    (
        select j.override from ops.export_job as j
        where j.organisation = e.organisation and j.kind = e.kind and j.source_id = e.expense_id and j.revision = e.revision
    )
from ops.expense as e
where e.organisation = %s and e.expense_id = %s
order by e.revision desc limit 1
"""


class Preview(msgspec.Struct, frozen=True):
    """document: None where it cannot be mapped. problems: all of them; none means that it would be sent as it is."""

    document: AccountingDocument | None
    problems: list[Problem]


def preview(
    connection: Connection,
    configuration: AccountingExport,
    expense_id: str,
    target: Target | None = None,
) -> Preview:
    """Of the newest revision, approved or not, with what a person wrote over the mapping for it. target: is asked what it would refuse; it
    is only read. Raises UnknownExpense, and what the target raises."""
    organisation = configuration.organisation
    row = connection.execute(_NEWEST, [organisation, expense_id]).fetchone()
    if row is None:
        raise UnknownExpense(
            f"there is no expense {expense_id!r} of {organisation!r}; send it, or look for its id in ops.expense"
        )
    revision: int = row[0]
    override: dict[str, Any] | None = row[1]
    (expense,) = load_many(connection, organisation, [(expense_id, revision)]).values()
    try:
        merged = overridden(configuration, override)
        document = map_to_accounting_schema(expense, configuration.target, merged)
    except NotMappable as error:
        return Preview(None, error.problems)
    found = target.check([document]) if target else {}
    return Preview(document, list(found.get(document.key, ())))
