"""What has changed of a document since it was exported, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from saldo.console.shell import formats
from saldo.exports.summaries import Mutation

#: As the register calls a field -> as people do.
_NAMES = {
    "invoiceDate": "invoice date",
    "status": "state",
    "type": "kind",
    "contact": "contact",
    "currency": "currency",
    "amounts": "amounts",
    "lines": "lines",
    "deleted": "deleted",
}
_AMOUNTS = {
    "net": "without VAT",
    "gross": "with VAT",
    "netBase": "without VAT, base currency",
    "grossBase": "with VAT, base currency",
}
_LINE = (
    ("account", "account"),
    ("vat", "VAT"),
    ("project", "project"),
    ("product", "product"),
    ("period", "period"),
)


@dataclass(frozen=True)
class Change:
    """was and now: texts, one a line."""

    field: str
    was: Sequence[str]
    now: Sequence[str]


def changes(mutations: Sequence[Mutation]) -> list[Change]:
    """In the register's order."""
    return [
        Change(
            _NAMES.get(one.field_name, one.field_name),
            _said(one.field_name, one.old_value, other=one.new_value),
            _said(one.field_name, one.new_value, other=one.old_value),
        )
        for one in mutations
    ]


def _said(field: str, value: Any, *, other: Any) -> list[str]:
    if value is None:
        return ["none"]
    if field == "amounts" and isinstance(value, Mapping):
        return _amounts(value, other if isinstance(other, Mapping) else {})
    if field == "contact" and isinstance(value, Mapping):
        return [
            f"{value.get('name') or 'without a name'} ({value.get('code') or value.get('number')})"
        ]
    if field == "lines" and isinstance(value, list):
        return [_line(line) for line in value] or ["none"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(value).replace("_", " ")]


def _amounts(value: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Those that differ; those of the base currency where they are others than the document's."""
    return [
        f"{_money(amount)} {_AMOUNTS.get(name, name)}"
        for name, amount in value.items()
        if amount != other.get(name)
        and not all(
            one.get(name) == one.get(name.removesuffix("Base")) and name.endswith("Base")
            for one in (value, other)
        )
    ]


def _line(line: Mapping[str, Any]) -> str:
    parts = [str(line.get("description") or "without a description")]
    if quantity := line.get("quantityText") or line.get("quantity"):
        parts.append(f"{quantity} at {line['price']}" if line.get("price") else str(quantity))
    parts += [f"{said} {line[name]}" for name, said in _LINE if line.get(name)]
    return ", ".join([*parts, _money(line.get("net"))])


def _money(amount: Any) -> str:
    return formats.money(None if amount is None else Decimal(str(amount)))
