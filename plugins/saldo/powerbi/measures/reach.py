"""What balances and budgets are not by: they add to postings what has fewer dimensions.

Postings obey a filter on a customer, and the month's opening balance does not: the sum would look like a balance.
"""

from __future__ import annotations

from .chosen import is_chosen
from .currency import indented

#: Dimensions that postings have, and balances and budgets have not.
POSTINGS_ONLY = ("Customer", "Supplier", "Project", "VAT", "Document")
#: Columns of postings themselves, and of month's balances. Days of Period are those that balances are of.
_OF_BALANCES = (*POSTINGS_ONLY, "Journal entries", "Account balances")
_OF_BUDGETS = (*POSTINGS_ONLY, "Journal entries", "Period")
_FACTS = ("Journal entries", "Account balances")
_HINT = "Balances are by agreement, day, account and department. To see them, clear: "


def of_balances(dax: str) -> str:
    """DAX that has no value where something is chosen that balances are not by, or a table's rows are of it."""
    return _unless_filtered(dax, _OF_BALANCES)


def of_budgets(dax: str) -> str:
    """DAX that has no value where something is chosen that budgets are not by."""
    return _unless_filtered(dax, _OF_BUDGETS)


def hint() -> str:
    """DAX of a text that says why there is no balance; nothing where there is one."""
    named = "\n        & ".join(f'IF ( {_is_filtered(one)}, ", {one}" )' for one in _OF_BALANCES)
    return f"""\
VAR FilteredTables =
    MID (
        {named},
        3,
        200
    )
RETURN
    IF ( FilteredTables <> "", "{_HINT}" & FilteredTables )"""


def _unless_filtered(dax: str, tables: tuple[str, ...]) -> str:
    asked = "\n        || ".join(map(_is_filtered, tables))
    return f"IF (\n    NOT (\n        {asked}\n    ),\n{indented(dax)}\n)"


def _is_filtered(table: str) -> str:
    """Facts have no filter of a role: those reach them by their dimensions."""
    return f"ISFILTERED ( '{table}' )" if table in _FACTS else is_chosen(table)
