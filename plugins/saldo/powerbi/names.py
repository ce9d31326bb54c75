"""From the names of Postgres to those people see, and to the ids that stay the same from one writing to the next."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

_SPACE = UUID("6a1f0a52-8f0c-5c55-9a3c-5a1d0b8f7e21")
_CAPITALS = {"vat": "VAT", "pdf": "PDF", "id": "ID", "zip": "ZIP"}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def friendly(column: str) -> str:
    """`pdf_url` is PDF url, `is_opening` is Is opening."""
    first, *rest = (_CAPITALS.get(word, word) for word in column.split("_"))
    return " ".join([first[:1].upper() + first[1:], *rest])


def tag(*path: str) -> str:
    """The id of an object, made of where it is: the same each time it is written."""
    return str(uuid5(_SPACE, "/".join(path)))


def short(*path: str) -> str:
    """The name of a page or visual in a report's files: 20 digits, as Power BI Desktop gives them."""
    return uuid5(_SPACE, "/".join(path)).hex[:20]


def quoted(name: str) -> str:
    """As TMDL writes a name: in quotes where it is more than a word."""
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def dax_column(table: str, column: str) -> str:
    """As DAX writes a column."""
    escaped = table.replace("'", "''")
    return f"'{escaped}'[{column.replace(']', ']]')}]"
