"""Numbers that a vendor writes as texts, looked at for many records at once: a pattern costs the decoder a call a
field, which is half of what a record costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from saldo.declarations.entity import Record

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
NUMBER_PATTERN = rf"^{_NUMBER}\Z"
#: A number that the vendor writes as a text: "-12.50". It is checked and dropped.
TextNumber = Annotated[str, msgspec.Meta(pattern=NUMBER_PATTERN)]
_NUMBERS = re.compile(rf"{_NUMBER}(?:\n{_NUMBER})*")
#: The fields of a record by which `are_numbers` looks at it.
Getters = Sequence[Callable[[Any], Any]]


@cache
def unchecked(record: type[Record]) -> tuple[type[Record], Getters]:
    """The same struct with any text in fields of its own that must be numbers, and what gets these fields."""
    annotations = {
        field.name: _any_text(field.type)
        for field in msgspec.structs.fields(record)
        if _is_number_text(field.type)
    }
    if not annotations:
        return record, ()
    defaults = {
        field.name: field.default
        for field in msgspec.structs.fields(record)
        if field.name in annotations and field.default is not msgspec.NODEFAULT
    }
    made = {"__module__": __name__, "__annotations__": annotations, **defaults}
    return type(record.__name__, (record,), made, kw_only=True), tuple(map(attrgetter, annotations))


def are_numbers(records: Sequence[Record], getters: Getters) -> bool:
    """Whether the texts in these fields of all records are numbers."""
    for get in getters:
        texts = list(map(get, records))
        if str not in (kinds := set(map(type, texts))):
            continue
        if len(kinds) > 1:
            texts = [value for value in texts if type(value) is str]
        joined = "\n".join(texts)
        # As many lines as texts: a text of two lines is no number.
        if not (_NUMBERS.fullmatch(joined) and joined.count("\n") == len(texts) - 1):
            return False
    return True


def _is_number_text(type_: Any) -> bool:
    return type_ == TextNumber or (_is_union(type_) and any(map(_is_number_text, get_args(type_))))


def _any_text(type_: Any) -> Any:
    if type_ == TextNumber:
        return str
    if not _is_union(type_):
        return type_
    # Made of values, which type checkers do not follow.
    return Union[tuple(map(_any_text, get_args(type_)))]  # noqa: UP007


def _is_union(type_: Any) -> bool:
    return get_origin(type_) in (Union, UnionType)
