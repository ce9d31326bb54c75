"""Columns of tables with expenses, as data: they are called as the fields of the JSON are (docs/expenses.md)."""

from __future__ import annotations

import re
from types import MappingProxyType

from saldo.workbooks.words import plain

#: Fields of the expense, which all lines of one have in common.
HEAD = (
    "organisation", "id", "kind", "status", "approved_at", "employee", "supplier", "description", "date", "currency",
    "revision",
)  # fmt: skip
#: Fields of a line. line_date: the JSON's `date` of a line.
OF_A_LINE = (
    "line", "category", "line_date", "text", "quantity", "rate", "amount", "vat_code", "vat_amount",
)  # fmt: skip
#: A line with headings for all of these is the header.
TELLING = frozenset({"id", "line", "amount"})
#: Nothing is an expense without them. organisation: unless the configuration says it.
REQUIRED = ("kind", "status", "description", "date", "currency", "category", "text")
#: Role of a column whose heading the configuration says is not to be read.
IGNORED = "ignore"
RECEIPTS = "receipts"
#: Role of the column of a dimension, before its name.
DIMENSION = "dimension."

_WORDS = MappingProxyType(
    {plain(role): role for role in (*HEAD, *OF_A_LINE, RECEIPTS)}
    | {"line number": "line", "approved": "approved_at", "receipt": RECEIPTS}
)
_DIMENSION = re.compile(r"dimensions?\s*[.:]\s*(.+)", re.IGNORECASE)


def role_by_name(heading: str) -> str | None:
    """`Vat code` and `vat_code` are one; `dimension.department` is the dimension `department`. None: no field."""
    if match := _DIMENSION.fullmatch(heading.strip()):
        return DIMENSION + match[1].strip()
    return _WORDS.get(plain(heading.replace("-", " ")))
