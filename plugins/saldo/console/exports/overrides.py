"""What of the mapping can be written over for one export: the places that its claim uses, each with what the file says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from saldo.exports.accounting.configuration import AccountingExport

#: How fields of the form begin; what follows is the place, as JSON.
PREFIX = "over:"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A value of the mapping. label: of its field. by_file: what the file says; over: what stands over it now. Empty: nothing."""

    path: Path
    label: str
    by_file: str
    over: str

    @property
    def name(self) -> str:
        """Of its field."""
        return PREFIX + json.dumps(self.path, ensure_ascii=False)


def places(
    expense: Mapping[str, Any], configuration: AccountingExport, override: Mapping[str, Any] | None
) -> list[Place]:
    """Of a claim as it came in, in the order of its lines."""
    by_file = configuration.model_dump(mode="json")["mapping"]
    found: dict[Path, Place] = {}
    for path, label in _used(expense, by_file):
        place = Place(path, label, _text(by_file, path), _text(override or {}, path))
        found.setdefault(path, place)
    return list(found.values())


def written(
    found: list[Place], typed: Mapping[str, str], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The override with what was typed: a field that is empty, or says what the file says, stands over nothing. What the form has no
    field for stays."""
    over = deepcopy(dict(before or {}))
    for place in found:
        if place.name not in typed:
            continue
        value = typed[place.name].strip()
        if value and value != place.by_file:
            _put(over, place.path, value)
        else:
            _drop(over, place.path)
    return over


def _used(expense: Mapping[str, Any], by_file: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    kind = str(expense.get("kind"))
    payee = str(expense.get("employee") or expense.get("supplier") or "")
    for line in expense.get("lines", ()):
        yield ("accounts", line["category"]), f"Account of category {line['category']}"
    for line in expense.get("lines", ()):
        if code := line.get("vat_code"):
            yield ("vat", code, "code"), f"VAT code for {code}"
            if code not in (by_file.get("vat") or {}):
                yield ("vat", code, "rate"), f"Rate of VAT code {code}, in percent"
                yield ("vat", code, "country"), f"Country of VAT code {code}, such as NO"
        for name, value in (line.get("dimensions") or {}).items():
            if name in (by_file.get("dimensions") or {}):
                yield ("dimensions", name, "values", value), f"{name} {value}"
    if (by_file.get("payable") or {}).get(kind) is not None:
        yield ("payable", kind, "numbers", payee), f"Number of {payee}"


def _text(values: Any, path: Path) -> str:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return "" if values is None else str(values)


def _put(values: dict[str, Any], path: Path, value: str) -> None:
    for key in path[:-1]:
        if not isinstance(values.get(key), dict):
            values[key] = {}
        values = values[key]
    values[path[-1]] = value


def _drop(values: dict[str, Any], path: Path) -> None:
    """With what is empty then."""
    inner = values.get(path[0])
    if len(path) > 1:
        if isinstance(inner, dict):
            _drop(inner, path[1:])
            if not inner:
                del values[path[0]]
    elif path[0] in values:
        del values[path[0]]
