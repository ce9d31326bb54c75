"""What is odd about a record, in the vendor's words: its field, the value there, and why it cannot be stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors

from saldo.warehouse.catalogue import Table

_PATH = re.compile(r"payload((?:\s*->>?\s*'\w+')+)")
_STEP = re.compile(r"'(\w+)'")
_ALIAS = re.compile(r"\bas (\w+)\s*(?:,|$)", re.MULTILINE)


def path_of(body: str, column: str) -> tuple[str, ...]:
    """The vendor's field a column of a file's SELECT is made of: ("customer", "number"); none where it is made of
    several, or cannot be told."""
    before = 0
    for alias in _ALIAS.finditer(body):
        if alias[1] == column:
            found = {
                tuple(_STEP.findall(path)) for path in _PATH.findall(body[before : alias.start()])
            }
            return found.pop() if len(found) == 1 else ()
        before = alias.end()
    return ()


def value_of(payload: Any, path: Sequence[str]) -> str:
    for step in path:
        payload = payload.get(step) if isinstance(payload, dict) else None
    return "" if payload is None else str(payload)


def reason(error: psycopg.Error, table: Table, column: str) -> str:
    """In plain words, after the field and its value."""
    type = next((known.type for known in table.columns if known.name == column), "")
    match error:
        case errors.NotNullViolation():
            return "is missing"
        case errors.NumericValueOutOfRange():
            return f"is too large for {type or 'its column'}"
        case errors.ProgramLimitExceeded():
            return "is too long for a key"
        case (
            errors.InvalidTextRepresentation()
            | errors.InvalidDatetimeFormat()
            | errors.DatetimeFieldOverflow()
        ):
            return f"is no {type or 'value of its column'}"
    return f"cannot be stored ({error.diag.message_primary})"
