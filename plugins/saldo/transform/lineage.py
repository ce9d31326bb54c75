"""Which tables of the mart an entity reaches, read from the SQL that brings it there.

The headers and statements of include/sql are the source: a new entity, table or view needs nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import read_sql

from .facts import MART
from .headers import core_transforms
from .mart.parsing import declared

_TABLE = re.compile(r"\b(?:core|mart)\.[a-z_]+")
_VIEW = re.compile(r"^create (?:or replace )?view (mart\.\w+) as\b(.*?);", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)


@dataclass(frozen=True)
class Reach:
    """Tables and views of the mart, in the order in which they are filled, without the schema.

    rows: whose rows come from the entity, directly or through each other. columns: that show something
    of it and have their rows from elsewhere.
    """

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Input:
    """What fills one table of the mart: the first table it names as read is where its rows are from."""

    table: str
    source: str
    reads: frozenset[str]


def reach(vendor: str, entity: str) -> Reach:
    """Empty for an entity that no table of the mart shows."""
    known = {
        transform.target for transform in core_transforms(vendor) if transform.path.stem == entity
    }
    rows: dict[str, None] = {}
    for found in _inputs():
        if found.source in known:
            known.add(found.table)
            rows[found.table] = None
    columns = [
        found.table for found in _inputs() if found.table not in rows and found.reads & known
    ]
    return Reach(tuple(map(_short, rows)), tuple(map(_short, columns)))


@cache
def _inputs() -> tuple[_Input, ...]:
    """Every table of the mart, then its views, in the order in which they are filled."""
    return tuple(map(_input_of, MART)) + _views()


def _input_of(name: str) -> _Input:
    file = declared(name)
    reads = _tables(file.transform.body) | file.follows
    return _Input(file.target, file.transform.source, reads - {file.target})


def _views() -> tuple[_Input, ...]:
    found: dict[str, _Input] = {}
    for path in sorted((SQL_DIR / "migrations").glob("*.sql")):
        for view, body in _VIEW.findall(read_sql(path)):
            reads = _TABLE.findall(_COMMENT.sub("", body))
            # Tables of ops are about the runs, not about the data.
            if reads and "ops." not in body:
                found[view] = _Input(view, reads[0], frozenset(reads))
    return tuple(found.values())


def _tables(text: str) -> frozenset[str]:
    return frozenset(_TABLE.findall(_COMMENT.sub("", text)))


def _short(table: str) -> str:
    return table.partition(".")[2]
