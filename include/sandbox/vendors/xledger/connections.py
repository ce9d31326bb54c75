"""Pages of rows: owners, filters, cursors and how many."""

from __future__ import annotations

import operator
from base64 import b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from .access import Asker
from .cursors import cursor_of
from .entity import Entity
from .errors import TIMED_OUT, Refused
from .execution import Page
from .rendering import Getter, Read, nothing
from .schema import ROOTS, STAGED
from .table import Row, Table
from .tables import GETTERS, TABLES
from .written import Written

MAX_ROWS = 10_000
_FOREVER = 1 << 62
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "_gte": operator.ge, "_lte": operator.le, "_gt": operator.gt, "_lt": operator.lt,
    "_in": lambda value, asked: value in asked,
}  # fmt: skip
Test = Callable[[Row], bool]


# --- cursors -------------------------------------------------------------------------------------


def place_of(cursor: str) -> str:
    """Raises Refused for what is no cursor of ours."""
    try:
        mark, _, place = b64decode(cursor, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        mark = place = ""
    if mark != "x" or not place:
        raise Refused(f"Invalid cursor: {cursor[:40]}")
    return place


def _id_of(cursor: str | None, otherwise: int) -> int:
    if cursor is None:
        return otherwise
    place = place_of(cursor)
    if not place.isdecimal():
        raise Refused(f"Invalid cursor: {cursor[:40]}")
    return int(place)


# --- how many ------------------------------------------------------------------------------------


def size_of(asker: Asker, args: dict[str, Any]) -> int:
    """How many rows at most. Raises Refused for too many, or none."""
    asked = args.get("last") if args.get("first") is None else args["first"]
    size = MAX_ROWS if asked is None else int(asked)
    if not 0 < size <= MAX_ROWS:
        raise Refused(f"first and last must be 1 to {MAX_ROWS} rows, not {size}.")
    if (args.get("orderBy") or {}).get("direction") == "DESC":
        raise Refused("orderBy: only ascending order is played; use last and before.")
    return size


def in_time(asker: Asker, rows: list[Any]) -> None:
    """Raises Refused where these are more rows than a query can give in time."""
    most = asker.options.xledger_page
    if most is not None and len(rows) > most:
        raise Refused(TIMED_OUT)


# --- filters -------------------------------------------------------------------------------------


def test_of(asked: dict[str, Any], fields: Mapping[str, Getter]) -> Test | None:
    """Whether a row is what a filter asks for; None where it asks for nothing."""
    tests = [_test(fields, name, value) for name, value in asked.items() if value is not None]
    return (lambda row: all(test(row) for test in tests)) if tests else None


def without_owners(asked: dict[str, Any]) -> dict[str, Any]:
    """A filter without the owners: they are looked at before any row is made."""
    return {k: value for k, value in asked.items() if k not in ("ownerDbId", "ownerDbId_in")}


def _always(row: Row) -> bool:
    return True


def _test(fields: Mapping[str, Getter], name: str, asked: Any) -> Test:
    if name in ("AND", "OR"):
        parts = [test_of(one, fields) or _always for one in asked]
        if name == "AND":
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)
    suffix = next((end for end in _COMPARED if name.endswith(end)), "")
    field = name.removesuffix(suffix)
    get = fields.get(field) or operator.itemgetter(field)
    compare: Callable[[Any, Any], bool] = _COMPARED.get(suffix, operator.eq)
    wanted = frozenset(asked) if suffix == "_in" else asked

    def test(row: Row) -> bool:
        value = row[field] if isinstance(row, Written) else get(row)
        plain = value if isinstance(value, int | str) or value is None else str(value)
        return plain is not None and compare(plain, wanted)

    return test


def owners_of(asked: dict[str, Any], entities: Iterable[Entity]) -> list[Entity]:
    """The entities that a filter by ownerDbId leaves."""
    found, one, many = list(entities), asked.get("ownerDbId"), asked.get("ownerDbId_in")
    if one is not None:
        found = [entity for entity in found if entity.db_id == one]
    return found if many is None else [entity for entity in found if entity.db_id in many]


def _status_test(status: str, today: str) -> Test:
    """By toDate; what has none is open."""

    def is_closed(row: Row) -> bool:
        ends = row.get("toDate") if isinstance(row, dict) else None
        return ends is not None and str(ends) < today

    return is_closed if status == "CLOSED" else lambda row: not is_closed(row)


# --- pages ---------------------------------------------------------------------------------------


def page(root: str, asker: Asker, args: dict[str, Any]) -> Page:
    """Raises Refused for arguments that cannot be."""
    kind, table = (ROOTS | STAGED)[root], TABLES[root]
    size, asked = size_of(asker, args), args.get("filter") or {}
    owner_set = args.get("ownerSet") or "ALL"
    owners = owners_of(asked, asker.owners(owner_set, is_shared=table.shared is not None))
    after, before = _id_of(args.get("after"), 0), _id_of(args.get("before"), _FOREVER)
    is_last = args.get("first") is None and args.get("last") is not None
    rows = _rows(root, table, asker, owners, asked, (after, before), is_last=is_last)
    test = test_of(without_owners(asked), {**GETTERS.get(kind, {}), **table.filters})
    rows = filter(test, rows) if test else rows
    if args.get("objectStatus") in ("OPEN", "CLOSED"):
        rows = filter(_status_test(args["objectStatus"], asker.own.today.isoformat()), rows)
    get = GETTERS.get(kind, {}).get("dbId") or operator.itemgetter("dbId")
    rows = _until(rows, get, before if not is_last else after, is_last=is_last)
    found = list(islice(rows, size + 1))
    has_more, found = len(found) > size, found[:size]
    in_time(asker, found)
    if is_last:
        found.reverse()
    return Page(
        found,
        has_next=has_more and not is_last,
        has_previous=has_more and is_last,
        cursor=_cursor(get),
        getters=GETTERS,
    )


def _cursor(get: Getter) -> Getter:
    """cursor_of the id of a row."""
    if not isinstance(get, Read):
        return lambda row: cursor_of(get(row))
    source = f"pack(b'x:%d' % {get.source}, newline=False).decode()"
    return Read(source, pack=b2a_base64, **get.names)


def _until(
    rows: Iterator[Row], get: Callable[[Row], int], end: int, *, is_last: bool
) -> Iterator[Row]:
    """The rows up to the other cursor, which is asked for seldom."""
    if end in (0, _FOREVER):
        return rows
    ids = ((row, row["dbId"] if isinstance(row, Written) else get(row)) for row in rows)
    return (row for row, id in ids if (id > end if is_last else id < end))


def _rows(
    root: str, table: Table, asker: Asker, owners: list[Entity], asked: dict[str, Any], between: tuple[int, int],
    *, is_last: bool,
) -> Iterator[Row]:  # fmt: skip
    """Rows between two ids. Ids of entities do not lie among each other: in order of the entities they are
    in order."""
    after, before = between
    ids, is_only_written = _ids(asked), _is_of_written(table, asked)
    for entity in reversed(owners) if is_last else owners:
        kept = asker.kept(entity)
        written = kept.between(root, after, before, ids)
        if is_only_written:
            rows: Iterator[Row] = iter(())
        elif ids is not None:
            chosen = (id for id in ids if after < id < before)
            found = (table.row(entity, id) for id in sorted(chosen, reverse=is_last))
            rows = (row for row in found if row is not None)
        elif is_last:
            rows = table.backwards(entity, before)
        else:
            rows = table.forwards(entity, after)
        rows = kept.shown(root, rows)
        if written:
            rows = chain(reversed(written), rows) if is_last else chain(rows, written)
        is_own = entity in (asker.own, *asker.below)
        yield from rows if is_own or table.shared is None else filter(table.shared, rows)


def _is_of_written(table: Table, asked: dict[str, Any]) -> bool:
    """Whether a filter asks for what rows of the books never have, so that none of them need be made."""
    names = (name.removesuffix("_in") for name, value in asked.items() if value is not None)
    return any(table.getters.get(name) is nothing for name in names)


def _ids(asked: dict[str, Any]) -> set[int] | None:
    """The ids that a filter names; None where it names none."""
    one, many = asked.get("dbId"), asked.get("dbId_in")
    if one is None and many is None:
        return None
    named: list[set[int]] = [{one}] if one is not None else []
    return set.intersection(*named, set(many)) if many is not None else named[0]
