"""The part of e-conomic's filter language the sandbox understands: clauses joined by `$and:`.

`prop$op:value` with $eq $ne $gt $gte $lt $lte $in $nin; in a value, $ $( $) $* and $, stand for the letter after it.
Anything else is refused as the vendor does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

_CLAUSE = re.compile(r"([\w.]+)\$(eq|ne|gte|gt|lte|lt|in|nin):(.*)", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
#: Of a letter that is escaped, the escape is no part of what divides.
_AND, _COMMA = re.compile(r"(?<!\$)\$and:"), re.compile(r"(?<!\$),")
_ESCAPED = re.compile(r"\$([$(),*])")
MAX_IN = 200
#: The filterable fields, each with the reader of its values.
Fields = dict[str, Callable[[str], Any]]


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
        if self.op == "nin":
            return actual not in self.value
        if actual is None:
            return self.op == "ne"
        return _COMPARE[self.op](actual, self.value)


class Numbers(NamedTuple):
    """What clauses on a number come to: after < number <= upto, or `chosen` ones; and the others."""

    after: int
    upto: int | None
    chosen: list[int] | None
    rest: list[Clause]


def parse(text: str | None, fields: Fields, *, without_in: Collection[str] = ()) -> list[Clause]:
    """The clauses of a filter; `fields` are the filterable ones, some of them by no list of values."""
    clauses = []
    for part in _AND.split(text) if text else []:
        match = _CLAUSE.fullmatch(part)
        if not match:
            raise BadFilter("Could not parse query string filter.", fields)
        field, op, value = match.groups()
        if field not in fields or (field in without_in and op in ("in", "nin")):
            raise BadFilter(f"Filtering is not allowed on property '{field}'.", fields)
        try:
            clauses.append(Clause(field, op, _value(op, value, fields[field])))
        except ValueError:
            raise BadFilter(f"'{value}' is not a value of '{field}'.", fields) from None
    return clauses


def _value(op: str, value: str, read: Callable[[str], Any]) -> Any:
    if op not in ("in", "nin"):
        return read(_ESCAPED.sub(r"\1", value))
    if not (value.startswith("[") and value.endswith("]")):
        raise ValueError(value)
    values = {read(_ESCAPED.sub(r"\1", item)) for item in _COMMA.split(value[1:-1])}
    if len(values) > MAX_IN:
        raise ValueError(value)
    return values


def value_at(row: Mapping[str, Any], field: str) -> Any:
    """What a record holds under a field; one of a nested record is written with a dot."""
    found: Any = row
    for name in field.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def range_of(clauses: Iterable[Clause], field: str) -> Numbers:
    """The clauses on one number as a range, so that what is outside need not be looked at."""
    after, upto, chosen = 0, None, None
    rest = []
    for clause in clauses:
        value = clause.value
        if clause.field != field or clause.op in ("ne", "nin"):
            rest.append(clause)
        elif clause.op in ("gt", "gte"):
            after = max(after, value - (clause.op == "gte"))
        elif clause.op in ("lt", "lte"):
            bound = value - (clause.op == "lt")
            upto = bound if upto is None else min(upto, bound)
        else:
            wanted = value if clause.op == "in" else {value}
            chosen = wanted if chosen is None else chosen & wanted
    if chosen is None:
        return Numbers(after, upto, None, rest)
    kept = sorted(n for n in chosen if n > after and (upto is None or n <= upto))
    return Numbers(after, upto, kept, rest)
