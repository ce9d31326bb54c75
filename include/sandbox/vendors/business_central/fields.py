"""The fields of an entity: their kinds and lengths, and what of them may be written.

    fields("id:guid! documentNumber:code20 amount:decimal description:text100")

`!` is read-only. Values of the kind code are trimmed and upper-cased; a text that is too long is refused, never cut;
decimals must be JSON numbers, amounts have two decimals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from .errors import Refused, malformed

Row = dict[str, Any]
NIL = "00000000-0000-0000-0000-000000000000"
NO_DATE = "0001-01-01"
_CENT, _TOO_MUCH = Decimal("0.01"), Decimal(10) ** 15
_SPEC = re.compile(r"(\w+):([a-z]+)(\d*)(!?)")
_EMPTY: dict[str, Any] = {
    "guid": NIL, "code": "", "text": "", "option": " ", "decimal": Decimal(0), "int": 0, "bool": False,
    "date": NO_DATE, "datetime": "0001-01-01T00:00:00Z",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    kind: str
    length: int = 0
    is_read_only: bool = False


Fields = Mapping[str, Field]


def fields(spec: str) -> Fields:
    return {
        name: Field(kind, int(length or 0), bool(mark))
        for name, kind, length, mark in (_SPEC.fullmatch(one).groups() for one in spec.split())  # type: ignore[union-attr]
    }


def empty(known: Fields) -> Row:
    """A record without values: never null."""
    return {name: _EMPTY[field.kind] for name, field in known.items()}


def cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def read(entity: str, known: Fields, given: Any) -> Row:
    """What a body says, as it is stored. Raises Refused for what the entity does not take."""
    if not isinstance(given, dict):
        raise malformed("The request body must be an object.")
    return {
        name: _value(entity, name, known.get(name), value)
        for name, value in given.items()
        if not name.startswith("@")
    }


def _value(entity: str, name: str, field: Field | None, value: Any) -> Any:
    if field is None:
        raise malformed(
            f"The property '{name}' does not exist on type 'Microsoft.NAV.{entity}'. Make sure to only use "
            "property names that are defined by the type."
        )
    if field.is_read_only:
        told = f"The property '{name}' is read-only."
        raise Refused(400, "BadRequest_InvalidOperation", told)
    read = {"decimal": _decimal, "int": _int, "bool": _bool, "date": _date, "guid": _guid}
    found = read.get(field.kind, _text)(value)
    if found is None:
        raise malformed(f"Cannot convert the literal '{value}' of '{name}' to the expected type.")
    if field.kind == "code":
        found = found.strip().upper()
    elif field.kind == "option":
        found = decoded(found)
    if field.length and len(found) > field.length:
        raise Refused(
            400,
            "Application_StringExceededLength",
            f"The length of the string is {len(found)}, but it must be less than or equal to "
            f"{field.length} characters. Value: {found}",
        )
    return found


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _bool(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _int(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: Any) -> Any:
    """More decimals than the currency has are rounded by who stores them."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number and abs(value) < _TOO_MUCH else None


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(value).isoformat() if len(value) == 10 else None
    except (TypeError, ValueError):
        return None


def _guid(value: Any) -> Any:
    try:
        return str(UUID(value))
    except (AttributeError, TypeError, ValueError):
        return None


#: How the names of options are written in XML, and so here.
_ENCODED = {"_x0020_": " ", "_x002F_": "/"}


def encoded(option: str) -> str:
    for code, sign in _ENCODED.items():
        option = option.replace(sign, code)
    return option


def decoded(option: str) -> str:
    for code, sign in _ENCODED.items():
        option = option.replace(code, sign)
    return option
