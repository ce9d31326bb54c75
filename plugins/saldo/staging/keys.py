"""The key of a record: its declared parts, joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from saldo.declarations.entity import Record

#: Bytes. Postgres takes 2,704 in a row of an index, where the agreement and the kind of the record stand beside the key.
LONGEST_KEY = 2_000
_BYTES_OF_A_LETTER = 4


def attribute(record: type[Any], part: str) -> str:
    """The struct's attribute of a key part: account.accountNumber -> account.account_number."""
    name, _, rest = part.partition(".")
    field = next(f for f in msgspec.structs.fields(record) if f.encode_name == name)
    return f"{field.name}.{attribute(field.type, rest)}" if rest else field.name


def joined(fields: tuple[str, ...]) -> Callable[[Record], str]:
    """From a record to its key: its parts joined by |."""
    if len(fields) == 1:
        get = attrgetter(fields[0])
        return lambda record: str(get(record))
    getters = [attrgetter(name) for name in fields]
    return lambda record: "|".join(str(get(record)) for get in getters)


def too_long(keys: Sequence[str]) -> int | None:
    """The place of the first key that fits no index; None where all fit, as nearly always."""
    if max(map(len, keys), default=0) * _BYTES_OF_A_LETTER <= LONGEST_KEY:
        return None
    return next((n for n, key in enumerate(keys) if len(key.encode()) > LONGEST_KEY), None)
