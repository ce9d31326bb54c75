"""Faults of records and counts: what they make of a decoded body, whose lists the vendor describes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.vendor import Page


def _chosen(page: Page) -> Iterable[dict[str, Any]]:
    """`count` records from the middle on; all of them for 0. An answer that is one thing alone is its own
    only record."""
    rows, count = page.lists.records(page.body), page.fault.count
    found = [row for row in ([page.body] if rows is None else rows) if isinstance(row, dict)]
    if not count:
        return found
    first = min(len(found) // 2, max(0, len(found) - count))
    return found[first : first + count]


def _new_field(page: Page) -> Any:
    for row in _chosen(page):
        row[page.fault.field or "unknownField"] = {"kind": "new", "values": [1, None, "æ"]}
    return page.body


def _holder(row: dict[str, Any], path: str) -> tuple[Any, str]:
    """What holds the last part of a dotted field, and that part."""
    *parents, name = path.split(".")
    holder: Any = row
    for parent in parents:
        holder = holder.get(parent) if isinstance(holder, dict) else None
    return holder, name


def _retyped(page: Page) -> Any:
    for row in _chosen(page):
        holder, name = _holder(row, page.fault.field)
        if isinstance(holder, dict) and name in holder:
            holder[name] = _other_type(holder[name])
    return page.body


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else [value]
    return json.dumps(value)


def _missing_field(page: Page) -> Any:
    for row in _chosen(page):
        holder, name = _holder(row, page.fault.field)
        if isinstance(holder, dict):
            holder.pop(name, None)
    return page.body


def _missing(page: Page) -> Any:
    rows = page.lists.records(page.body)
    if rows:
        del rows[len(rows) // 2]
    return page.body


def _half(page: Page) -> Any:
    rows = page.lists.records(page.body)
    if rows:
        del rows[len(rows) // 2 :]
    return page.body


def _duplicate(page: Page) -> Any:
    rows = page.lists.records(page.body)
    if rows and page.fault.where == "next":
        page.fault.keep(page.company, page.place, rows[-1])
    elif rows:
        middle = len(rows) // 2
        rows.insert(middle, rows[middle])
    return page.body


def _empty(page: Page) -> Any:
    rows = page.lists.records(page.body)
    if rows is None:
        return page.body
    rows.clear()
    return page.lists.recount(page.body, lambda count: 0)


def _wrong_count(page: Page) -> Any:
    return page.lists.recount(page.body, lambda count: max(0, count + page.fault.by))


#: Kind of fault -> the body it makes of a proper one.
RECORDS: dict[str, Callable[[Page], Any]] = {
    "new_field": _new_field,
    "retyped": _retyped,
    "missing_field": _missing_field,
    "missing": _missing,
    "half": _half,
    "duplicate": _duplicate,
    "empty": _empty,
    "wrong_count": _wrong_count,
}
