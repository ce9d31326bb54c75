"""Lists as OData has them: $filter, $orderby, $skip, $top, $count, $select, $expand, and pages by nextLink."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from .errors import malformed
from .fields import Fields, Row, encoded
from .filters import Filter, parse
from .ledger import etag_of

#: Below a record: entity set -> its records, with what is expanded in them.
Below = Mapping[str, Callable[[Row, str], Iterable[dict[str, Any]]]]
_OPTIONS = {
    "$filter", "$orderby", "$skip", "$top", "$count", "$select", "$expand", "$skiptoken", "company", "$schemaversion",
}  # fmt: skip
_PAGE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)")


def filter_of(params: Mapping[str, str], known: Fields) -> Filter:
    """Raises Refused for an option nobody knows, and for what is no filter."""
    unknown = [name for name in params if name not in _OPTIONS]
    if unknown:
        raise malformed(f"The query parameter '{unknown[0]}' is not supported.")
    return parse(params.get("$filter"), known)


def shown(
    row: Row, known: Fields, below: Below, params: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A record with its ETag, the fields that are selected and what is expanded."""
    params = params or {}
    names = [name for name in params.get("$select", "").split(",") if name] or list(known)
    missing = [name for name in names if name not in known]
    if missing:
        raise malformed(f"Could not find a property named '{missing[0]}'.")
    told = {
        "@odata.etag": etag_of(row),
        **{name: _plain(row[name], known[name].kind) for name in names},
    }
    for part in _expanded(params.get("$expand", "")):
        name, _, inner = part.partition("(")
        if name not in below:
            raise malformed(f"Could not find a property named '{name}'.")
        told[name] = list(below[name](row, _inner_expand(inner)))
    return told


def listed(
    rows: Iterable[Row],
    known: Fields,
    below: Below,
    params: Mapping[str, str],
    *,
    url: str,
    prefer: str,
    page: int,
) -> dict[str, Any]:
    """url: of the list, without its query. page: the most records of one."""
    found = _ordered(list(rows), known, params.get("$orderby", ""))
    told: dict[str, Any] = {"@odata.context": f"{url.partition('companies(')[0]}$metadata"}
    if params.get("$count") == "true":
        told["@odata.count"] = len(found)
    skip, top = _number(params, "$skip"), params.get("$top")
    found = found[skip:]
    if top is not None:
        found = found[: _number(params, "$top")]
    wanted = _PAGE.search(prefer)
    size = min(page, int(wanted[1])) if wanted and int(wanted[1]) else page
    first = _number(params, "$skiptoken")
    told["value"] = [shown(row, known, below, params) for row in found[first : first + size]]
    if first + size < len(found):
        told["@odata.nextLink"] = _next(url, params, first + size)
    return told


def _next(url: str, params: Mapping[str, str], first: int) -> str:
    more = {**params, "$skiptoken": str(first)}
    return f"{url}?" + "&".join(f"{name}={quote(value)}" for name, value in more.items())


def _number(params: Mapping[str, str], name: str) -> int:
    value = params.get(name, "0")
    if not value.isdecimal():
        raise malformed(f"Invalid value '{value}' for {name}.")
    return int(value)


def _ordered(rows: list[Row], known: Fields, order: str) -> list[Row]:
    for one in reversed([part for part in order.split(",") if part.strip()]):
        name, _, way = one.strip().partition(" ")
        if name not in known or way not in ("", "asc", "desc"):
            raise malformed(f"Could not order by '{one}'.")
        rows.sort(key=lambda row: row[name], reverse=way == "desc")
    return rows


def _expanded(text: str) -> list[str]:
    """What stands between commas of the first level."""
    depth, parts = 0, [""]
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _inner_expand(text: str) -> str:
    """Of "$expand=a($expand=b))" without its first bracket; other options of what is expanded have no effect."""
    options = text.removesuffix(")").split(";")
    return next((one.removeprefix("$expand=") for one in options if one.startswith("$expand=")), "")


def _plain(value: Any, kind: str) -> Any:
    if kind == "option":
        return encoded(value)
    return float(value) if isinstance(value, Decimal) else value
