"""Fields that hold a word of a list, and words the vendor adds to it.

A record declares such a field as a Literal. A word that is not in it stops nothing: it is noted as drift
(`type=11`), the struct is widened by it, and core makes `other_11` of it. Words of
parts, and of lists that the vendor does not document: open_lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from saldo.declarations.entity import Record

#: So many words more than are declared, and a field is no list of words.
MOST = 20
_LONGEST, _LARGEST = 60, 10_000
#: Name as the vendor writes it -> the words that are no declared ones.
Words = Mapping[str, frozenset[Any]]


def new_words(record: type[Record], values: Mapping[str, Any], known: Words) -> Words:
    """Words in the values of a record that neither its struct nor `known` has, of the same type as those; none for
    what is no word."""
    found: dict[str, frozenset[Any]] = {}
    for field in msgspec.structs.fields(record):
        value, declared = values.get(field.encode_name), _declared(field.type)
        is_word = type(value) in {type(word) for word in declared} and is_short(value)
        added = known.get(field.encode_name, frozenset())
        if is_word and value not in declared and value not in added and len(added) < MOST:
            found[field.encode_name] = frozenset([value])
    return found


def is_short(value: Any) -> bool:
    return 0 < len(value) <= _LONGEST if isinstance(value, str) else abs(value) < _LARGEST


def widened(record: type[Record], words: Words) -> type[Record]:
    """The same struct, whose fields take these words, too."""
    return _widened(record, tuple(sorted(words.items(), key=lambda item: item[0])))


@cache
def _widened(record: type[Record], words: tuple[tuple[str, frozenset[Any]], ...]) -> type[Record]:
    if not words:
        return record
    added, annotations = dict(words), {}
    for field in msgspec.structs.fields(record):
        if field.encode_name in added:
            words_of_it = tuple(sorted(added[field.encode_name], key=str))
            # Made of values, which type checkers do not follow.
            annotations[field.name] = Union[field.type, Literal.__getitem__(words_of_it)]  # noqa: UP007
    made = {"__module__": __name__, "__annotations__": annotations}
    made |= {
        field.name: field.default
        for field in msgspec.structs.fields(record)
        if field.name in annotations and field.default is not msgspec.NODEFAULT
    }
    return type(record.__name__, (record,), made, kw_only=True)


def _declared(type_: Any) -> tuple[Any, ...]:
    """The words of a Literal, alone or beside None; empty for any other type."""
    if get_origin(type_) is Literal:
        return get_args(type_)
    if get_origin(type_) in (Union, UnionType):
        return tuple(word for part in get_args(type_) for word in _declared(part))
    return ()
