"""Every declared field of a record, those of records in it too, and records with something else in one of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from saldo.transform.naming import Path, text_of, value_at


def fields_of(record: type) -> list[Path]:
    """("details", 0, "price"): of a list its first element."""
    return list(dict.fromkeys(_places(inspect.type_info(record), ())))


def _places(of: inspect.Type, path: Path) -> Iterator[Path]:
    match of:
        case inspect.StructType(fields=fields):
            for field in fields:
                if not isinstance(field.type, inspect.AnyType):
                    yield (*path, field.encode_name)
                yield from _places(field.type, (*path, field.encode_name))
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            yield from _places(item, (*path, 0))
        case inspect.UnionType(types=types):
            for one in types:
                yield from _places(one, path)
        case inspect.Metadata(type=inner):
            yield from _places(inner, path)


def has(record: Any, path: Path) -> bool:
    """Whether there is something in which the field can be."""
    return isinstance(value_at(record, path[:-1]), dict)


def with_value(record: Any, path: Path, value: Any) -> Any:
    """A copy with another value in this place."""
    made = copy.deepcopy(record)
    value_at(made, path[:-1])[path[-1]] = value
    return made


def is_told(said: str, value: Any) -> bool:
    """Whether a text says it: a number with all its digits, as Postgres has it; a text without what Postgres cannot hold."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(said) == float(value)
    return said == text_of(value)[:1000].replace("\0", "\ufffd")
