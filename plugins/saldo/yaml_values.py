"""Values of YAML files as their fields take them, where they can only mean one thing: `company: 12345678` is a text.

By the types that pydantic checks afterwards, at whatever depth: of lists, of keys and values of tables, of choices.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_NUMBER = re.compile(r"[+-]?[0-9][0-9_]*")
#: YAML's own words for truth: in quotes they mean what they mean without.
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def meant(value: Any, annotation: Any) -> Any:
    """A value as a field of this type takes it; as it is where it fits already, or could mean several things."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return meant(value, inner[0])
    if origin in (Union, UnionType):
        return _of_several(value, inner)
    if origin is Literal:
        return next((one for one in inner if _is(meant(value, type(one)), one)), value)
    if origin is tuple:
        return _listed(value, inner[0])
    if origin is dict and isinstance(value, dict):
        return {meant(key, inner[0]): meant(one, inner[1]) for key, one in value.items()}
    if annotation is str:
        return str(value) if type(value) is int else value
    return _of_text(value, annotation) if isinstance(value, str) else value


def _of_several(value: Any, types: tuple[Any, ...]) -> Any:
    """As the first of the types that makes something else of it; what one takes as it is stays so."""
    if value is None or any(_fits(value, one) for one in types):
        return value
    return next((found for one in types if not _is(found := meant(value, one), value)), value)


def _fits(value: Any, annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return any(_is(value, one) for one in get_args(annotation))
    return type(value) is annotation


def _is(one: Any, other: Any) -> bool:
    """Equal, and of one type: True is not 1."""
    return type(one) is type(other) and bool(one == other)


def _listed(value: Any, of: Any) -> Any:
    """One word is a list of one; with a comma it may be meant as several. YAML has lists, no tuples."""
    if value is None or isinstance(value, dict) or (isinstance(value, str) and "," in value):
        return value
    listed = value if isinstance(value, list | tuple) else [value]
    return [meant(one, of) for one in listed]


def _of_text(text: str, annotation: Any) -> Any:
    """What is written in quotes, without them."""
    if annotation is bool:
        return _TRUTH.get(text.lower(), text)
    if annotation is int:
        return int(text) if _NUMBER.fullmatch(text) else text
    if annotation not in (float, date):
        return text
    try:
        if annotation is float:
            return float(text)
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        return text
