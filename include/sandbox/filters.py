"""The part of e-conomic's filter language the sandbox understands: clauses joined by `$and:`.

`prop$op:value` with $eq $ne $gt $gte $lt $lte $in. Anything else is refused as the vendor refuses it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_CLAUSE = re.compile(r"(\w+)\$(eq|ne|gte|gt|lte|lt|in):(.*)", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
MAX_IN = 200


class BadFilter(Exception):
    """The filter cannot be used; `allowed` are the fields that can be filtered on."""

    def __init__(self, message: str, allowed: Iterable[str]) -> None:
        super().__init__(message)
        self.allowed = sorted(allowed)


@dataclass(frozen=True)
class Clause:
    field: str
    op: str
    value: Any

    def matches(self, actual: Any) -> bool:
        if self.op == "in":
            return actual in self.value
        if actual is None:
            return self.op == "ne"
        return _COMPARE[self.op](actual, self.value)


def parse(text: str | None, fields: dict[str, Callable[[str], Any]]) -> list[Clause]:
    """The clauses of a filter; `fields` are the filterable ones with the reader of their values."""
    clauses = []
    for part in (text or "").split("$and:") if text else []:
        match = _CLAUSE.fullmatch(part)
        if not match:
            raise BadFilter("Could not parse query string filter.", fields)
        field, op, value = match.groups()
        if field not in fields:
            raise BadFilter(f"Filtering is not allowed on property '{field}'.", fields)
        try:
            clauses.append(Clause(field, op, _value(op, value, fields[field])))
        except ValueError:
            raise BadFilter(f"'{value}' is not a value of '{field}'.", fields) from None
    return clauses


def _value(op: str, value: str, read: Callable[[str], Any]) -> Any:
    if op != "in":
        return read(value)
    if not (value.startswith("[") and value.endswith("]")):
        raise ValueError(value)
    values = {read(item) for item in value[1:-1].split(",")}
    if len(values) > MAX_IN:
        raise ValueError(value)
    return values
