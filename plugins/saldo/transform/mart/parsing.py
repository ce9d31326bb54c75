"""From the text of a file of include/sql/mart to what it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

from saldo.errors import ConfigError
from saldo.paths import SQL_DIR
from saldo.transform.headers import Transform, read_transform

from .declaration import Again, Declaration, NewKeys, Pair, Rows, Step

T = TypeVar("T")
_TABLES = r"(?P<tables>\w+\.\w+(?:, \w+\.\w+)*)"
_COLUMN = r"\w+(?: = \w+)?"
#: What a line of the header may say, by its first words.
_LINES = {
    "rows": rf"(?P<groups>groups of )?{_TABLES}(?: by (?P<by>[\w, ]+), dated (?P<dated>{_COLUMN}))?",
    "again with": rf"{_TABLES}(?: by (?P<by>{_COLUMN}(?:, {_COLUMN})*))?(?: of (?P<of>\w+\.\w+))?"
    r"(?: where (?P<where>.+))?",
    "whole": r"(?P<condition>.+)",
    "key order": r"(?P<column>\w+)",
    "new keys": r"(?P<kind>\S+) by (?P<column>\w+) from (?P<source>.+)",
    "kind": r"(?P<column>\w+) = (?P<kind>.+)",
    "followed for": r"(?P<columns>[\w, ]+)",
}
_LINE = re.compile(r"^-- ([a-z ]+): (.+)$")
_CONTINUED = re.compile(r"^--   +(\S.*)$")
_SECTION = re.compile(r"^-- (?:(?:step|more of): (\w+)(?: by ([\w, ]+))?|final)$", re.MULTILINE)
#: What is said of the section that comes next: what the writer adds to a step would be a part of it.
_OF_THE_NEXT = re.compile(r"(?:\n+--[^\n]*)+\Z")


@cache
def declared(name: str) -> Declaration:
    """What include/sql/mart/<name>.sql says. Raises ConfigError for a line that cannot be read."""
    return parsed(read_transform(SQL_DIR / "mart" / f"{name}.sql"))


def parsed(transform: Transform) -> Declaration:
    """Raises ConfigError for a line of the header that cannot be read."""
    said: dict[str, list[dict[str, str]]] = {word: [] for word in _LINES}
    for word, text in _header(transform):
        found = re.fullmatch(_LINES.get(word, ""), text)
        if not found:
            raise ConfigError(
                f"{transform.place}: the line '-- {word}: {text}' cannot be read; "
                "plugins/saldo/transform/mart/declaration.py says what it may be"
            )
        said[word].append(found.groupdict(default=""))
    *steps, final = _sections(transform)
    return Declaration(
        transform=transform,
        select=final.select,
        steps=tuple(steps),
        rows=_first([_rows(found) for found in said["rows"]]),
        again=tuple(_again(found) for found in said["again with"]),
        whole=_first([found["condition"] for found in said["whole"]]),
        key_order=_first([found["column"] for found in said["key order"]]),
        new_keys=tuple(NewKeys(**found) for found in said["new keys"]),
        kinds={found["column"]: found["kind"] for found in said["kind"]},
        followed_for=_names(_first([found["columns"] for found in said["followed for"]]) or ""),
    )


def _header(transform: Transform) -> Iterator[tuple[str, str]]:
    """(word, text) of each line after the first four; a long one goes on below, indented."""
    lines: list[str] = []
    for line in transform.body.splitlines():
        if not line.startswith("--") or _SECTION.match(line):
            break
        if lines and (more := _CONTINUED.match(line)):
            lines[-1] += f" {more[1]}"
        else:
            lines.append(line)
    for line in lines:
        if found := _LINE.match(line):
            yield found[1], found[2]


def _sections(transform: Transform) -> Iterator[Step]:
    """The steps, and last the SELECT of the table's rows."""
    _, *parts = _SECTION.split(transform.body)
    for name, key, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield Step(name or "final", _names(key or ""), _OF_THE_NEXT.sub("", text.strip()))
    if not parts:
        yield Step("final", (), transform.body)


def _rows(found: dict[str, str]) -> Rows:
    dated = _pairs(found["dated"])
    return Rows(
        _names(found["tables"]),
        _names(found["by"]),
        dated[0] if dated else None,
        are_groups=bool(found["groups"]),
    )


def _again(found: dict[str, str]) -> Again:
    return Again(
        _names(found["tables"]),
        _pairs(found["by"]),
        found["of"] or None,
        found["where"] or None,
    )


def _pairs(text: str) -> tuple[Pair, ...]:
    """`a = b, c` as (a, b), (c, c)."""
    sides = [name.split(" = ") for name in _names(text)]
    return tuple(Pair(side[0], side[-1]) for side in sides)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _first(values: list[T]) -> T | None:
    return values[0] if values else None
