"""What the vendor's schema says of filters: which there are, and how their values are written.

Types of filters differ between entities and change (ids were Int and became Int64String in 2025): they are read, not
assumed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from .queries import singular

#: Types whose values are written without quotes.
_BARE = frozenset({"Int", "Float", "Boolean"})


class _Type(msgspec.Struct, rename={"of_type": "ofType"}):
    name: str | None = None
    of_type: _Type | None = None

    @property
    def named(self) -> str:
        """The type without what says that it is a list, or required."""
        return self.name or (self.of_type.named if self.of_type else "")


class _Field(msgspec.Struct):
    name: str
    type: _Type


class _Filter(msgspec.Struct, rename="camel"):
    input_fields: list[_Field] | None = None


class Answer(msgspec.Struct):
    """The answer to `question`."""

    data: dict[str, _Filter | None]


answer = msgspec.json.Decoder(Answer).decode
_TYPES = "name ofType { name ofType { name ofType { name } } }"
_FIELDS = f"{{ inputFields {{ name type {{ {_TYPES} }} }} }}"
#: Filter -> field -> name of the type of its values.
Filters = dict[str, dict[str, str]]


def filter_of(root: str) -> str:
    """The name of the type of a root field's filter: Transaction_Filter, ARTransaction_Filter."""
    one = singular(root)
    for short in ("ar", "ap"):
        if one.startswith(short) and one[2:3].isupper():
            return f"{short.upper()}{one[2:]}_Filter"
    if one.startswith("gl"):
        return f"GL{one[2:]}_Filter"
    return f"{one[0].upper()}{one[1:]}_Filter"


def question(roots: Iterable[str]) -> str:
    """The query that asks for the filters of root fields."""
    asked = (f"{root}: __type(name: {json.dumps(filter_of(root))}) {_FIELDS}" for root in roots)
    return f"query schema {{ {' '.join(asked)} }}"


def filters_of(answer: Answer) -> Filters:
    """What it answered; a root field without a filter has no fields."""
    return {
        root: {field.name: field.type.named for field in (found.input_fields or ())}
        if found
        else {}
        for root, found in answer.data.items()
    }


def literal(type: str, values: str | Iterable[str]) -> str:
    """A value, or a list of them, as a filter of this type takes it."""
    if not isinstance(values, str):
        return f"[{', '.join(literal(type, value) for value in values)}]"
    return values if type in _BARE else json.dumps(values)


def written(filter: Mapping[str, str]) -> str:
    """A filter as the value of an argument; its values are literals."""
    return f"{{{', '.join(f'{name}: {value}' for name, value in filter.items())}}}"
