"""The columns of an entity's Parquet files: the declared fields of its record, in their order.

A field inside another is named with a dot between them (`customer.customerNumber`). What has no type of its own here,
a list or a field that nobody reads, is text: the JSON as received. All columns may be null.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, Literal

import pyarrow as pa
from msgspec import inspect

from saldo.declarations.entity import Record
from saldo.staging.number_texts import NUMBER_PATTERN
from saldo.staging.records import EXACT, VendorDate, VendorInstant

Kind = Literal["string", "int", "money", "exact", "date", "instant", "bool"]

TYPES: dict[Kind, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "money": pa.decimal128(19, 4),
    # Prices, quantities, rates: more decimals than money has.
    "exact": pa.decimal128(38, 10),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "bool": pa.bool_(),
}


@dataclass(frozen=True)
class Column:
    """path: the field, as the vendor writes it, and what is inside of it."""

    path: tuple[str, ...]
    kind: Kind

    @property
    def name(self) -> str:
        return ".".join(self.path)


#: What Saldo adds to a record: how it changed, when and by which run it was landed, and whose it is.
ADDED = (
    Column(("mutationType",), "string"),
    Column(("mutatedAt",), "instant"),
    Column(("_agreement_id",), "string"),
    Column(("_run_id",), "string"),
)


@cache
def columns_of(record: type[Record]) -> tuple[Column, ...]:
    """The declared fields. Raises ValueError for one that is named like a column of ADDED, or like another."""
    columns = tuple(_leaves(inspect.type_info(record), ()))
    names = [column.name for column in (*columns, *ADDED)]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{record.__name__}: two columns of the lake are called {sorted(twice)}")
    return columns


@cache
def schema_of(record: type[Record]) -> pa.Schema:
    """All columns of the files, those of ADDED last."""
    return pa.schema([(c.name, TYPES[c.kind]) for c in (*columns_of(record), *ADDED)])


def described(schema: pa.Schema) -> list[list[str]]:
    """[[name, type], ...] as ops.lake_schema keeps it."""
    return [[field.name, str(field.type)] for field in schema]


def hash_of(schema: pa.Schema) -> str:
    """The same for the same names and types in the same order."""
    return blake2b(json.dumps(described(schema)).encode(), digest_size=8).hexdigest()


def differences(before: list[list[str]], after: list[list[str]]) -> str:
    """What became of columns, as `described` gives them: a string is gone, b int64 is new, c is bool, was int64."""
    old, new = ({name: kind for name, kind in columns} for columns in (before, after))
    gone = [f"{name} {kind} is gone" for name, kind in old.items() if name not in new]
    added = [f"{name} {kind} is new" for name, kind in new.items() if name not in old]
    retyped = [
        f"{name} is {new[name]}, was {kind}"
        for name, kind in old.items()
        if new.get(name, kind) != kind
    ]
    return ", ".join(gone + added + retyped) or "their order is another"


def _leaves(struct: Any, path: tuple[str, ...]) -> list[Column]:
    found: list[Column] = []
    for field in struct.fields:
        place = (*path, field.encode_name)
        kinds = _alternatives(field.type)
        if len(kinds) == 1 and isinstance(kinds[0], inspect.StructType):
            found += _leaves(kinds[0], place)
        else:
            found.append(Column(place, _kind(kinds)))
    return found


def _alternatives(type_: Any) -> list[Any]:
    """What a value may be, beside null."""
    kinds = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    return [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]


def _kind(alternatives: list[Any]) -> Kind:
    kinds = {_kind_of_one(one) for one in alternatives}
    if kinds <= {"int", "number text"} and "int" in kinds:
        return "int"
    if kinds and kinds <= {"int", "number text", "money", "exact"}:
        return "exact" if "exact" in kinds else "money"
    return kinds.pop() if len(kinds) == 1 else "string"  # type: ignore[return-value]


def _kind_of_one(type_: Any) -> str:
    match type_:
        case inspect.Metadata():
            return "exact" if (type_.extra or {}) == EXACT else _kind_of_one(type_.type)
        case inspect.StrType(pattern=pattern):
            return "number text" if pattern == NUMBER_PATTERN else "string"
        case inspect.IntType():
            return "int"
        case inspect.FloatType():
            return "money"
        case inspect.BoolType():
            return "bool"
        case inspect.CustomType(cls=cls) if cls is VendorDate:
            return "date"
        case inspect.CustomType(cls=cls) if issubclass(cls, VendorInstant):
            return "instant"
        case inspect.LiteralType(values=values) if all(isinstance(v, int) for v in values):
            return "int"
        case _:
            return "string"
