"""What leaves Saldo: purchase documents as files of people, and expenses as documents of an accounting system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .accounting.document import AccountingDocument
    from .accounting.expense import Expense


def map_to_accounting_schema(
    expense: Expense | bytes | dict[str, Any], target_system: str
) -> AccountingDocument:
    """What an expense becomes in its organisation's accounting system; nothing is asked or sent.

    expense: or its JSON. target_system: business_central or xledger. Raises InvalidExpense or NotMappable with every problem,
    ConfigError where the organisation has no good file.
    """
    from .accounting.expense import Expense, parse_expense
    from .accounting.mapping import map_to_accounting_schema as mapped
    from .loading import accounting_export

    found = expense if isinstance(expense, Expense) else parse_expense(expense)
    return mapped(found, target_system, accounting_export(found.organisation))
