"""What would be sent of an expense, and all that is wrong with it, with nothing written."""

from __future__ import annotations

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.kept import load_expense
from saldo.exports.accounting.mapping import NotMappable, map_to_accounting_schema
from saldo.warehouse.connection import Connection

from . import troubles
from .models import Preview
from .shown import document_shown


def previewed(connection: Connection, export: AccountingExport, expense_id: str) -> Preview:
    """Of the newest revision, whatever its status. Raises UnknownExpense."""
    expense = load_expense(connection, export.organisation, expense_id)
    try:
        document = map_to_accounting_schema(expense, export.target, export)
    except NotMappable as error:
        problems = troubles.shown(error.problems)
        return Preview(document=None, problems=problems, is_checked=False, note="")  # type: ignore[arg-type]
    return Preview(document=document_shown(document), problems=[], is_checked=False, note=None)
