"""What is odd about a record, in the vendor's words: its field, the value there, and why it cannot be stored.

Postgres names neither where a value cannot be made: the record is written again without some of its fields, in a transaction that
is rolled back, until one is left that makes the difference. Of a value that is missing it names the column, and the file's
SELECT the field.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import errors, sql

from saldo.warehouse.catalogue import Table

#: Names, and places in lists.
Path = tuple[str | int, ...]
#: Any place of a list.
EACH = -1
_MADE_OF = re.compile(r"(?P<of>\bpayload|\b\w+\.\w+)(?P<steps>(?:\s*->>?\s*'\w+')+)")
_LIST = re.compile(
    r"jsonb_array_elements\((?P<of>(?:(?!\bas \w+ \().)*?)\) as (?P<alias>\w+) \((?P<column>\w+)\)",
    re.DOTALL,
)
#: Letters: two texts of a key that are shorter fit an index.
_LONG = 500
_LONGEST_ID = 60
_STEP = re.compile(r"'(\w+)'")
_ALIAS = re.compile(r"\bas (\w+)\s*(?:,|$)", re.MULTILINE)
_TYPE = re.compile(
    r"for type (?P<one>[a-z ]+)|^(?P<other>integer|bigint|smallint|timestamp|date) out of range|^(?P<date>date)/time field"
)
_SIZE = re.compile(r"precision (\d+), scale (\d+)")


def path_of(body: str, column: str) -> Path:
    """The vendor's field a column of a file's SELECT is made of: ("customer", "number"), ("details", EACH, "price") of a
    list; none where it is made of several, or cannot be told."""
    lists = {
        f"{found['alias']}.{found['column']}": path
        for found in _LIST.finditer(body)
        for path in _paths(found["of"], {})
    }
    before = 0
    for alias in _ALIAS.finditer(body):
        if alias[1] == column:
            found = _paths(body[before : alias.start()], lists)
            return found.pop() if len(found) == 1 else ()
        before = alias.end()
    return ()


def _paths(text: str, lists: dict[str, Path]) -> set[Path]:
    found = set()
    for made_of in _MADE_OF.finditer(text):
        steps, of = tuple(_STEP.findall(made_of["steps"])), made_of["of"]
        if of.rpartition(".")[2] == "payload":
            found.add(steps)
        elif of in lists:
            found.add((*lists[of], EACH, *steps))
    return found


def missing(payload: Any, path: Path) -> Path:
    """The path with the place of the first element of a list that has nothing there."""
    if EACH not in path:
        return path
    place = path.index(EACH)
    elements = value_at(payload, path[:place])
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        if value_at(element, path[place + 1 :]) is None:
            return (*path[:place], number, *path[place + 1 :])
    return path


def culprit(value: Any, made: sql.Composable, is_odd: Callable[[sql.Composable], bool]) -> Path:
    """The way to what is odd in a value, as far as it can be told.

    made: the value as SQL; is_odd: whether all is still as odd with another one in its place. Where several parts are odd,
    to the last of them.
    """
    if isinstance(value, dict):
        names = list(value)
        count = _odd_up_to(len(names), lambda n: is_odd(_emptied(made, names[:n])))
        if count:
            name, others = names[count - 1], _emptied(made, names[: count - 1])
            put = sql.SQL("({} || jsonb_build_object({}, {}))").format
            part = sql.SQL("({} -> {})").format(others, _literal(name))
            return (
                name,
                *culprit(value[name], part, lambda v: is_odd(put(others, _literal(name), v))),
            )
    if isinstance(value, list):
        count = _odd_up_to(len(value), lambda n: is_odd(_without(made, n)))
        if count:
            put, rest = sql.SQL("(jsonb_build_array({}) || {})").format, _without(made, count)
            part = sql.SQL("({} -> {})").format(made, sql.Literal(count - 1))
            return (
                count - 1,
                *culprit(value[count - 1], part, lambda v: is_odd(put(v, rest))),
            )
    return ()


def _odd_up_to(parts: int, is_odd_without: Callable[[int], bool]) -> int:
    """The number of the part with which all those before it must go, so that nothing is odd; 0 where that does not
    help."""
    count = bisect_left(range(parts), True, key=lambda n: not is_odd_without(n + 1)) + 1
    return count if count <= parts else 0


def _emptied(made: sql.Composable, names: list[str]) -> sql.Composed:
    nothing = _literal(json.dumps(dict.fromkeys(names)))
    return sql.SQL("({} || {}::jsonb)").format(made, nothing)


def _without(made: sql.Composable, first: int) -> sql.Composed:
    """A list without its first elements."""
    rest = sql.Literal(f"$[{first} to last]")
    return sql.SQL("jsonb_path_query_array({}, {})").format(made, rest)


def _literal(text: str) -> sql.Literal:
    """It stands in a statement that has parameters."""
    return sql.Literal(text.replace("%", "%%"))


def too_long(payload: Any, is_odd: Callable[[sql.Composable], bool]) -> Path:
    """The way to the text that fits no key: the longest with a short one in whose place nothing is odd."""
    texts = sorted(_texts(payload, ()), key=lambda path: -len(value_at(payload, path)))
    put = sql.SQL("jsonb_set(r.payload, {}, to_jsonb('x'::text))").format
    for path in texts:
        steps = [str(step).replace("%", "%%") for step in path]
        if not is_odd(put(sql.Literal(steps))):
            return path
    return ()


def _texts(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, str) and len(value) > _LONG:
        yield path
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for step, part in parts:
            yield from _texts(part, (*path, step))


def value_at(payload: Any, path: Path) -> Any:
    """None where there is nothing."""
    for step in path:
        match payload:
            case dict() if isinstance(step, str):
                payload = payload.get(step)
            case list() if isinstance(step, int) and 0 <= step < len(payload):
                payload = payload[step]
            case _:
                return None
    return payload


def shown(payload: Any, path: Path) -> str:
    """For people: details[id 4711].row_order; an element without an id, or with one nobody reads, by its place:
    details[no. 2].id."""
    words = ""
    for place, step in enumerate(path):
        if isinstance(step, str):
            words += f".{step}" if words else step
        elif step == EACH:
            words += "[]"
        else:
            id = value_at(payload, (*path[: place + 1], "id"))
            is_told = isinstance(id, str | int) and 0 < len(str(id)) <= _LONGEST_ID
            words += f"[id {id}]" if is_told else f"[no. {step + 1}]"
    return words


def text_of(value: Any) -> str:
    """As JSON has it; a text without quotes."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def reason(error: psycopg.Error, table: Table, column: str) -> str:
    """In plain words, after the field and its value."""
    type = _type_of(error) or next((c.type for c in table.columns if c.name == column), "")
    match error:
        case errors.NotNullViolation():
            return "is missing"
        case errors.NumericValueOutOfRange():
            return f"is too large for {type or 'its column'}"
        case errors.ProgramLimitExceeded():
            return "is too long for a key"
        case (
            errors.InvalidTextRepresentation()
            | errors.InvalidDatetimeFormat()
            | errors.DatetimeFieldOverflow()
        ):
            return f"is no {type or 'value of its column'}"
    return f"cannot be stored ({error.diag.message_primary})"


def _type_of(error: psycopg.Error) -> str:
    """The type that Postgres names, whichever column it stands in."""
    if size := _SIZE.search(error.diag.message_detail or ""):
        return f"numeric({size[1]},{size[2]})"
    found = _TYPE.search(error.diag.message_primary or "")
    return next(filter(None, found.groups()), "") if found else ""
