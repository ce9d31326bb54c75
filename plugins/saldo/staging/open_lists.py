"""Texts that are words of a list which the vendor does not document, at any depth of a record.

Any text is taken: who knows five words of a list cannot refuse the sixth. What core does not know is noted as drift, by
its place (`header.transactionSource.code=XX`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin

import msgspec

from saldo.declarations.entity import Record

from .words import MOST, is_short

#: Where a type says which words are known.
_KNOWN = "words"


def known_words(known: str) -> msgspec.Meta:
    """What annotates the type of such a text; known: a regular expression of the words that core knows."""
    return msgspec.Meta(extra={_KNOWN: re.compile(known)})


@dataclass(frozen=True)
class Place:
    """Where records have such a text. way: the attributes that lead there; what is a list on it is many."""

    way: tuple[str, ...]
    known: re.Pattern[str]

    def values(self, records: Sequence[Record]) -> Iterable[Any]:
        """The texts that are there in these records."""
        found: Iterable[Any] = records
        for name in self.way:
            inner = map(attrgetter(name), found)
            found = [one for part in inner for one in _each(part) if one is not None]
        return found


class OpenLists:
    """The words of one entity's records that core does not know, as they come. Of a place that has no end of them, the
    first are told."""

    def __init__(self, record: type[Record]) -> None:
        self._places = places(record)
        self._told: dict[str, set[str]] = {name: set() for name in self._places}

    def unknown(self, records: Sequence[Record]) -> dict[str, int]:
        """`place=word` -> how often these records have it."""
        found = {}
        for name, place in self._places.items():
            told = self._told[name]
            for word, times in Counter(place.values(records)).items():
                if place.known.fullmatch(word) or not is_short(word):
                    continue
                if word in told or len(told) < MOST:
                    told.add(word)
                    found[f"{name}={word}"] = times
        return found


@cache
def places(record: type[Record]) -> Mapping[str, Place]:
    """Where a record and its parts have such texts, by the vendor's name of it, dots between."""
    found: dict[str, Place] = {}
    for field in msgspec.structs.fields(record):
        for part in _parts(field.type):
            if isinstance(part, re.Pattern):
                found[field.encode_name] = Place((field.name,), part)
                continue
            for name, inner in places(part).items():
                found[f"{field.encode_name}.{name}"] = Place((field.name, *inner.way), inner.known)
    return found


def _parts(type_: Any) -> Iterator[Any]:
    """The structs that a type's values are or hold, and the known words of what is a word."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
    elif get_origin(type_) is Annotated:
        metas = (meta.extra or {} for meta in get_args(type_)[1:] if isinstance(meta, msgspec.Meta))
        yield from (extra[_KNOWN] for extra in metas if _KNOWN in extra)
    else:
        for part in get_args(type_):
            yield from _parts(part)


def _each(part: Any) -> Sequence[Any]:
    return part if isinstance(part, list) else (part,)
