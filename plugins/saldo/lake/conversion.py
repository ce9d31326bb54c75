"""From the texts that Postgres hands out to typed columns.

All values of a batch are cast at once. Where one of them does not fit, the values of that column are looked at one by
one: money is rounded half away from zero to the decimals its column has, and what no rounding makes fit is null and
told as a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from functools import lru_cache
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from .columns import TYPES, Column, Kind

_LONGEST_SHOWN = 80
#: Where a record's key is while its values are typed: no field is called so.
_KEY = ""
_INT = range(-(2**63), 2**63)
_PARSED = pa.csv.ParseOptions(newlines_in_values=True)


@dataclass(frozen=True)
class Problem:
    """A value that its column cannot hold. key: of the record; field: as the vendor writes it."""

    key: str
    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}: {self.field} {self.value!r}"


def table_of(csv: bytes, columns: tuple[Column, ...]) -> tuple[pa.Table, list[Problem]]:
    """Rows of COPY in CSV (the key first, then a value for each column) as a table of the typed columns, and what
    they cannot hold."""
    names = [_KEY, *(column.name for column in columns)]
    # As texts first: casting whole columns takes a third of what typing them while reading does (pyarrow 26).
    texts = _read(csv, names)
    problems, arrays = list[Problem](), list[pa.ChunkedArray]()
    for column in columns:
        found = texts.column(column.name)
        array, misfits = converted(found, column.kind)
        arrays.append(array)
        problems += [
            Problem(
                texts.column(_KEY)[row].as_py(), column.name, found[row].as_py()[:_LONGEST_SHOWN]
            )
            for row in misfits
        ]
    return pa.table(arrays, names=names[1:]), problems


@lru_cache(maxsize=8)
def repeated(word: str, rows: int) -> pa.ChunkedArray:
    """A column of the same word in every row. Read like all others, since what makes arrays of values of Python imports
    pandas with it (pyarrow 26): half a second, and fifty megabytes."""
    return _read(f"{word}\n".encode() * rows, [_KEY]).column(0)


def _read(csv: bytes, names: list[str]) -> pa.Table:
    return pa.csv.read_csv(
        BytesIO(csv),
        read_options=pa.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(csv) + 1
        ),
        parse_options=_PARSED,
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def converted(texts: pa.ChunkedArray, kind: Kind) -> tuple[pa.ChunkedArray, list[int]]:
    """The typed values, and the places of those that do not fit, which are null."""
    type_ = TYPES[kind]
    if kind == "string":
        return texts, []
    with suppress(pa.ArrowInvalid):
        return pc.cast(texts, type_), []
    values, misfits = [], []
    for place, text in enumerate(texts.to_pylist()):
        try:
            values.append(None if text is None else _ONE[kind](text))
        except (ValueError, DecimalException, OverflowError):
            values.append(None)
            misfits.append(place)
    return pa.chunked_array([pa.array(values, type_)]), misfits


def _int(text: str) -> int:
    value = Decimal(text)
    if value != value.to_integral_value() or int(value) not in _INT:
        raise ValueError(text)
    return int(value)


def _decimal(type_: Any) -> Callable[[str], Decimal]:
    # As exact as the column: more digits than it has are an error of decimal's own (InvalidOperation).
    context, unit = Context(prec=type_.precision), Decimal(1).scaleb(-type_.scale)

    def convert(text: str) -> Decimal:
        value = Decimal(text)
        if not value.is_finite():
            raise ValueError(text)
        return value.quantize(unit, rounding=ROUND_HALF_UP, context=context)

    return convert


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_ONE: dict[Kind, Callable[[str], Any]] = {
    "int": _int,
    "money": _decimal(TYPES["money"]),
    "exact": _decimal(TYPES["exact"]),
    "date": lambda text: datetime.fromisoformat(text[:10]).date(),
    "instant": _instant,
    "bool": _bool,
}
