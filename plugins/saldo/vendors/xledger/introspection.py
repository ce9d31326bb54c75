"""What of the declarations does not fit the schema as it stands now: fields that are unknown, deprecated or of another type.

The whole schema is asked for, once, when somebody checks an agreement, and in a night that is refused a query.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
)

from saldo.declarations.entity import Entity
from saldo.declarations.source import Misfit
from saldo.errors import BadResponse
from saldo.staging.records import VendorDate
from saldo.ways.delta import Delta

from .queries import OF_ALL, Query, query

_QUESTION = get_introspection_query(descriptions=False).replace("IntrospectionQuery", "schema", 1)
#: What a field of a record may be in the schema, by its type here.
_NUMBERS = frozenset({"Int", "Int64String", "Float", "ID"})
_MONEY = frozenset({"MoneyString", "DecimalString", "Float", "Int", "String"})
_DAYS = frozenset({"DateString", "DateTimeString", "Date", "DateTime", "String"})
_OTHERS = frozenset({"Int", "Float", "Boolean"})

Ask = Callable[[str], bytes]


class Schema:
    """The vendor's schema. ask: sends a query and returns the answer's body. Raises BadResponse for one that is none."""

    def __init__(self, ask: Ask) -> None:
        body = ask(_QUESTION)
        try:
            answer: dict[str, Any] = msgspec.json.decode(body)
            self._schema: GraphQLSchema = build_client_schema(answer["data"])
        # What builds it raises whatever the part that lacks leads to.
        except (ValueError, LookupError, TypeError, AttributeError, GraphQLError) as error:
            raise BadResponse(
                f"Xledger does not tell its schema in a way that can be read ({type(error).__name__}); tell the vendor"
            ) from None

    def misfits(self, entity: Entity) -> list[Misfit]:
        """See SchemaSource.misfits."""
        asked = query(entity.name)
        root = self._schema.query_type
        if not root:
            return [Misfit("the schema has no queries")]
        found = list(_unknown(root, asked.root))
        if isinstance(entity.reads, Delta):
            found += _unknown(root, asked.changes)
        node = self._node(asked)
        return found + list(self._fields(node, entity.record)) if node else found

    def fit(self, entity: Entity) -> Query:
        """What of an entity's query can be asked. Of what the schema lacks only that is left out which its records may be
        without: what has a default in their declaration.

        Much of the schema is not public, and it changes: one name that is otherwise would stop an entity until somebody
        corrects it."""
        asked = query(entity.name)
        node = self._node(asked)
        missing = _missing(node, asked.node) if node else ()
        lacking = [name for name in missing if _may_lack(entity.record, name.split("."))]
        return asked.without(lacking) if lacking else asked

    def refused(self, root: str) -> frozenset[str]:
        """Which arguments of every query a root field does not take; none of one that is not there."""
        roots = self._schema.query_type
        found = roots.fields.get(root) if roots else None
        return frozenset(OF_ALL) - frozenset(found.args) if found else frozenset()

    def _node(self, asked: Query) -> GraphQLObjectType | None:
        """The type of the set's nodes."""
        place: Any = self._schema.query_type
        for name in (asked.root, "edges", "node"):
            field = place.fields.get(name) if isinstance(place, GraphQLObjectType) else None
            place = get_named_type(field.type) if field else None
        return place if isinstance(place, GraphQLObjectType) else None

    def _fields(
        self,
        type: GraphQLObjectType | GraphQLInterfaceType,
        record: Any,
        above: str = "",
        *,
        may_lack: bool = False,
    ) -> Iterator[Misfit]:
        """What does not fit of a record's fields, at any depth."""
        for declared in msgspec.structs.fields(record):
            name = f"{above}{declared.encode_name}"
            field = type.fields.get(declared.encode_name)
            if field is None:
                yield from _unknown(
                    type,
                    declared.encode_name,
                    shown=name,
                    may_lack=may_lack or not declared.required,
                )
                continue
            if field.deprecation_reason is not None:
                why = field.deprecation_reason or "no reason is given"
                yield Misfit(f"{name} is deprecated ({why})", is_fatal=False)
            inner, nested = get_named_type(field.type), _struct_of(declared.type)
            if nested and isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
                may_lack_it = may_lack or not declared.required
                yield from self._fields(inner, nested, f"{name}.", may_lack=may_lack_it)
            elif problem := _retyped(field, declared.type):
                yield Misfit(f"{name} {problem}")


def _missing(
    type: GraphQLObjectType | GraphQLInterfaceType, asked: SelectionSetNode, above: str = ""
) -> Iterator[str]:
    """The fields of a selection that the schema does not have."""
    for one in asked.selections:
        assert isinstance(one, FieldNode)
        name = f"{above}{one.name.value}"
        field = type.fields.get(one.name.value)
        if field is None:
            yield name
            continue
        inner = get_named_type(field.type)
        if one.selection_set and isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            yield from _missing(inner, one.selection_set, f"{name}.")


def _may_lack(record: Any, path: Sequence[str]) -> bool:
    """Whether a record may be without a field, or without what it is part of."""
    for name in path:
        declared = next(
            (field for field in msgspec.structs.fields(record) if field.encode_name == name), None
        )
        if declared is None or not declared.required:
            return declared is not None
        record = _struct_of(declared.type)
        if record is None:
            return False
    return False


def _unknown(
    type: GraphQLObjectType | GraphQLInterfaceType,
    name: str,
    *,
    shown: str = "",
    may_lack: bool = False,
) -> Iterator[Misfit]:
    """Nothing where the type has the field. may_lack: it is read without where it is not there."""
    if name in type.fields:
        return
    near = get_close_matches(name, type.fields, n=1)
    like = f"; the nearest there is: {near[0]}" if near else ""
    left = "; it is not asked for and stays empty" if may_lack else ""
    yield Misfit(
        f"{shown or name} is not in the schema (type {type.name}){like}{left}", not may_lack
    )


def _retyped(field: GraphQLField, declared: Any) -> str:
    """Why a value cannot be what is declared; empty where it can."""
    found, wanted = get_named_type(field.type), _allowed(declared)
    if wanted is None:
        return ""
    if not is_leaf_type(found):
        return f"is of the type {found.name} and has fields of its own, which is not declared"
    return (
        "" if wanted(found.name) else f"is of the type {found.name}, which is not what is declared"
    )


def _allowed(declared: Any) -> Callable[[str], bool] | None:
    """Which types of the schema a declared one takes; None for what nobody reads."""
    kinds = _kinds(declared)
    if Any in kinds:
        return None
    if VendorDate in kinds:
        return _DAYS.__contains__
    if bool in kinds:
        return "Boolean".__eq__
    if float in kinds:
        return _MONEY.__contains__
    if int in kinds:
        return (_NUMBERS | ({"String"} if str in kinds else frozenset())).__contains__
    return lambda name: name not in _OTHERS


def _kinds(declared: Any) -> set[Any]:
    """The types of a union without null, and without what limits them."""
    if get_origin(declared) in (Union, types.UnionType):
        return {kind for part in get_args(declared) for kind in _kinds(part)} - {type(None)}
    return _kinds(get_args(declared)[0]) if get_origin(declared) is Annotated else {declared}


def _struct_of(declared: Any) -> Any:
    """The struct a field is, or may be; None where it is none."""
    return next(
        (k for k in _kinds(declared) if isinstance(k, type) and issubclass(k, msgspec.Struct)), None
    )
