"""Which rows of staging are meant: conditions as plain values, which staging turns into SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Keyed:
    """Rows with these keys."""

    keys: Sequence[str]


@dataclass(frozen=True)
class Numbered:
    """Rows with these numbers: their key, or its first part."""

    numbers: Sequence[str]


@dataclass(frozen=True)
class Between:
    """Rows with after < number <= upto."""

    after: int
    upto: int


@dataclass(frozen=True)
class NotZero:
    """Rows whose field is a number other than 0."""

    field: str


@dataclass(frozen=True)
class OneOf:
    """Rows whose field is one of the values."""

    field: str
    values: Sequence[str]


@dataclass(frozen=True)
class Containing:
    """Rows whose field is a text that holds another (or does not)."""

    field: str
    text: str
    is_contained: bool = True


@dataclass(frozen=True)
class Dated:
    """Rows whose field is a date from first to last, both included; a time may follow the date."""

    field: str
    first: date
    last: date


Condition = Keyed | Numbered | Between | NotZero | OneOf | Containing | Dated
