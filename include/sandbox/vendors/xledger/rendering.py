"""Rows as JSON text: what a query selects of a type becomes one function, made once a query.

The library completes every value of every row by itself, which takes some 500 µs a row. A page has up to 10,000
rows that all look the same. Here what is selected is written as one Python expression, a template and what fills
it, and compiled; it takes about a fiftieth of that time. The names in it are those of the schema and of a query
that the library has read, so that they are no more than names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
)

Getter = Callable[[Any], Any]
Render = Callable[[Any], str]
#: Response key -> the nodes that ask for it: a selection of a type, as the library collects it.
Selection = Mapping[str, list[FieldNode]]
Collect = Callable[[GraphQLObjectType, list[FieldNode]], Selection]
#: Type -> field -> how it is read from a row. What is not here is a key of a row that is a dict.
Getters = Mapping[str, Mapping[str, Getter]]


class Read:
    """A getter written as an expression of `row` (and of `names`). It becomes a part of the expression of a whole row: a
    call for each of its fields would take longer than all the rest."""

    def __init__(self, source: str, **names: Any) -> None:
        self.source, self.names = f"({source})", names
        self._get: Getter = eval(f"lambda row: {source}", dict(names))

    def __call__(self, row: Any) -> Any:
        return self._get(row)


#: An object whose fields are those of the row itself, which is there.
SAME = Read("row")


#: Read where there is never anything, so that nothing need be asked of rows.
def nothing(row: Any) -> None:
    return None


@lru_cache(maxsize=8_192)
def _quoted(value: Any) -> str:
    return f'"{value}"'


@lru_cache(maxsize=65_536)
def _decimal(hundredths: int) -> str:
    return f'"{hundredths / 100:.2f}"'


#: How a value of a type, `v`, is written as an expression; those of other leaves are texts.
_LEAVES = {
    "Int": "v",
    "Float": "v",
    "Boolean": "('true' if v else 'false')",
    "MoneyString": "_decimal(v)",
    "DecimalString": "_decimal(v)",
    "Int64String": "f'\"{v}\"'",
    "DateString": "_quoted(v)",
    "DateTimeString": "_quoted(v)",
}


@dataclass
class _Code:
    """An expression in the making, and what its names stand for."""

    collect: Collect
    getters: Getters
    names: dict[str, Any] = field(
        default_factory=lambda: {
            "_quoted": _quoted,
            "_decimal": _decimal,
            "_text": encode_basestring,
        }
    )

    def name(self, value: Any) -> str:
        """A name for something the expression uses."""
        found = f"_{len(self.names)}"
        self.names[found] = value
        return found

    def row(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Render:
        """What makes JSON of a row, as far as the nodes ask for it."""
        template, values = self._parts(kind, nodes)
        source = f"lambda row: {template!r} % ({', '.join(values)}{',' if values else ''})"
        made: Render = eval(source, self.names)
        return made

    def _parts(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> tuple[str, list[str]]:
        """The template of a row, and the expressions that fill it."""
        parts: list[str] = []
        values: list[str] = []
        for key, asked in self.collect(kind, nodes).items():
            name = asked[0].name.value
            getter = self.getters.get(kind.name, {}).get(name)
            if name == "__typename":
                parts.append(f'"{key}":"{kind.name}"')
            elif getter is nothing:
                parts.append(f'"{key}":null')
            elif getter is SAME:
                inner = get_nullable_type(kind.fields[name].type)
                assert isinstance(inner, GraphQLObjectType)
                template, more = self._parts(inner, asked)
                parts.append(f'"{key}":{template}')
                values += more
            else:
                parts.append(f'"{key}":%s')
                write = self._written(kind.fields[name].type, asked)
                values.append(f"'null' if (v := {self._read(name, getter)}) is None else {write}")
        return f"{{{','.join(parts)}}}", values

    def _read(self, name: str, getter: Getter | None) -> str:
        """The expression that reads a field."""
        if getter is None:
            return f"row.get('{name}')"
        if not isinstance(getter, Read):
            return f"{self.name(getter)}(row)"
        for known, value in getter.names.items():
            if self.names.setdefault(known, value) is not value:
                raise ValueError(f"{known} stands for two things")
        return getter.source

    def _written(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> str:
        """The expression that writes `v`."""
        found = get_nullable_type(kind)
        if isinstance(found, GraphQLList):
            one = get_named_type(kind)
            assert isinstance(one, GraphQLObjectType)
            return f"f\"[{{','.join(map({self.name(self.row(one, nodes))}, v))}}]\""
        if isinstance(found, GraphQLObjectType):
            render = self.row(found, nodes)
            if found.name in self.getters:
                return f"{self.name(render)}(v)"
            known = _Known(render)
            return f"({self.name(known.texts)}.get(id(v)) or {self.name(known)}(v))"
        return _LEAVES.get(get_named_type(kind).name, "_text(v)")


def renderer(
    kind: GraphQLObjectType, nodes: list[FieldNode], collect: Collect, getters: Getters
) -> Render:
    """What makes JSON of a row of a type, as far as the nodes ask for it."""
    return _Code(collect, getters).row(kind, nodes)


class _Known:
    """Accounts, currencies and periods are the same objects in row after row: their texts, by the objects' ids."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self.texts: dict[int, str] = {}
        #: As long as a text is known, its object's id must not become another one's.
        self._objects: list[Any] = []

    def __call__(self, value: Any) -> str:
        found = self.texts[id(value)] = self._render(value)
        self._objects.append(value)
        return found
