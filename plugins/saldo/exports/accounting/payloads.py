"""An expense in the one way of writing by which two of them are compared: what differs, and whether anything does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from .expense import Expense, ExpenseLine, Receipt

#: Field names that end so are money: at least two decimals.
_MONEY = "amount"


class Difference(msgspec.Struct, frozen=True):
    """A field that is another one. path: `lines[line=2].amount`, by the line's own number; stored and sent: JSON, None where
    there is none."""

    path: str
    stored: Any
    sent: Any


def payload_of(expense: Expense) -> dict[str, Any]:
    """All but the revision as JSON has it: lines by their numbers, numbers without needless zeros, of receipts the size and the
    SHA-256 in place of the content. What is empty is left out, so that a field that comes later changes no earlier expense.
    """
    found = {
        name: _written(name, getattr(expense, name))
        for name in Expense.__struct_fields__
        if name not in ("revision", "lines")
    }
    lines = [_line(line) for line in sorted(expense.lines, key=lambda line: line.line)]
    return {**_filled(found), "lines": lines}


def hash_of(payload: Mapping[str, Any]) -> str:
    """SHA-256 of a payload; equal payloads have equal ones."""
    return sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()


def differences(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> list[Difference]:
    """Field by field, between two payloads; lines are found by their numbers."""
    return [*_fields("", _head(stored), _head(sent)), *_lines(stored, sent)]


def _line(line: ExpenseLine) -> dict[str, Any]:
    found = {
        name: _written(name, getattr(line, name))
        for name in ExpenseLine.__struct_fields__
        if name != "receipts"
    }
    return _filled({**found, "receipts": [_receipt(receipt) for receipt in line.receipts]})


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "name": receipt.name,
        "content_type": receipt.content_type,
        "bytes": len(receipt.content),
        "sha256": sha256(receipt.content).hexdigest(),
    }


def _written(name: str, value: Any) -> Any:
    """A value of JSON."""
    if isinstance(value, Decimal):
        return _number(value, decimals=2 if name.endswith(_MONEY) else 0)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _number(value: Decimal, *, decimals: int) -> str:
    """125.00, 125.0 and 125 are one; there is no -0."""
    whole, _, part = format(value if value else Decimal(0), "f").partition(".")
    part = part.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{part}" if part else whole


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def _head(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "lines"}


def _lines(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Iterator[Difference]:
    olds, news = (
        {line["line"]: line for line in payload.get("lines", ())} for payload in (stored, sent)
    )
    for number in sorted(olds.keys() | news.keys()):
        path, old, new = f"lines[line={number}]", olds.get(number), news.get(number)
        if old is None or new is None:
            yield Difference(path, old, new)
        else:
            yield from _fields(f"{path}.", old, new)


def _fields(path: str, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(stored.keys() | sent.keys()):
        if stored.get(name) != sent.get(name):
            yield Difference(f"{path}{name}", stored.get(name), sent.get(name))
