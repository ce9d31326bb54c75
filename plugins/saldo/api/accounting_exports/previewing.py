"""What would be sent of an expense, and all that is wrong with it, with nothing written."""

from __future__ import annotations

from saldo.exports.accounting.configuration import AccountingExport
from saldo.warehouse.connection import Connection

from .models import Preview


def previewed(connection: Connection, export: AccountingExport, expense_id: str) -> Preview:
    raise NotImplementedError
