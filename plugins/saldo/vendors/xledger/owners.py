"""Whose rows belong to an agreement.

A token reaches the entity it was made in and those below it; the books of an agreement are those of one entity. Postings,
hours and balances are that entity's alone. Registers hold rows of its own and rows shared with it from above (a group's
chart, an accountant's tax rules); rows of other entities below the token's are other companies'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from . import answers
from .answers import OwnEntity

#: Entities that grow: rows of other owners are not even asked for.
LARGE = frozenset({"timesheets", "transactions", "ar_transactions", "ap_transactions"})
#: Entities of which no other owner's rows count.
OF_ONE_OWNER = LARGE | {"periods", "account_balances"}


def others_of(own: str, token: str, reached: Sequence[OwnEntity]) -> frozenset[str]:
    """The entities a token reaches that are neither the entity itself nor above it. token: the one the token was made
    in, which is above all it reaches."""
    above = {entity.id: str(entity.owner_db_id or entity.id) for entity in reached}
    line, place = {own, token}, above.get(own, own)
    while place not in line:
        line.add(place)
        place = above.get(place, place)
    return frozenset(above) - line


def mark_of(owner: str) -> re.Pattern[bytes]:
    """What a row of an owner holds: no other field is called so, and in a text the quotes would be escaped. A row
    without it may be the owner's all the same, written otherwise: owner_of knows."""
    return re.compile(rb'"ownerDbId":"?%b"?,' % re.escape(owner).encode())


def owner_of(node: bytes) -> str | None:
    """The owner of a row; None of what is everybody's, and of a row that was deleted since its change. Raises
    msgspec.ValidationError for what is no row."""
    found = answers.owned(node).owner_db_id
    return None if found is None else str(found)


def is_emptied(node: bytes) -> bool:
    """Whether a row was deleted after it had changed: all of its fields say nothing then, but for its id."""
    fields: dict[str, Any] = msgspec.json.decode(node)
    return all(_says_nothing(value) for name, value in fields.items() if name != "dbId")


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return value is None or value is False or value == []
