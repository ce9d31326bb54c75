"""Which tables of the mart an entity reaches, read from the SQL that brings it there.

The headers and statements of include/sql are the source: a new entity, table or view needs nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from saldo.paths import SQL_DIR
from saldo.vendors import VENDORS
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import read_sql

from .derived import derived_files
from .facts import MART, files_of
from .headers import core_transforms
from .mart.declaration import Declaration
from .mart.parsing import declared

#: Not followed by what makes it a function.
_TABLE = re.compile(r"\b(?:core|mart)\.[a-z_]+\b(?!\()")
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
        transform.target for transform in core_transforms(vendor) if transform.entity == entity
    }
    known.update(_derived(vendor, known))
    rows = _follow(known)
    known.update(rows)
    not_made = {declared(name).target for name in MART}
    not_made -= {file.target for file in files_of(VENDORS[vendor]).values()}
    columns = [
        found.table
        for found in _inputs()
        if found.table not in rows and found.reads & known and found.table not in not_made
    ]
    return Reach(tuple(map(_short, rows)), tuple(map(_short, columns)))


def brought_by(vendor: str) -> frozenset[str]:
    """Every table of core and mart, with its schema, whose rows come from the vendor's entities."""
    core = {transform.target for transform in core_transforms(vendor)}
    core |= _derived(vendor, core)
    return frozenset(core | set(_follow(core)))


def entities_of(vendor: str) -> dict[str, tuple[str, ...]]:
    """Table of core, without its schema -> the vendor's entities that fill it, or what it is made of, by name."""
    found: dict[str, set[str]] = {}
    for transform in core_transforms(vendor):
        found.setdefault(_short(transform.target), set()).add(transform.entity)
    for target, files in derived_files(vendor).items():
        read = {_short(table) for file in files for table in file.reads}
        found[_short(target)] = set().union(*(found.get(table, ()) for table in read))
    return {table: tuple(sorted(entities)) for table, entities in found.items()}


def tables_read(vendor: Vendor) -> dict[str, frozenset[str]]:
    """Table that a refresh of the facts fills -> the tables of core and mart that its rows are made of."""
    made = {
        target: frozenset(table for file in files for table in file.reads)
        for target, files in derived_files(vendor.name).items()
    }
    return made | {file.target: _reads(file) - {file.target} for file in files_of(vendor).values()}


def _derived(vendor: str, sources: Collection[str]) -> set[str]:
    """The tables of core that are made of these."""
    found = set[str]()
    for target, files in derived_files(vendor).items():
        if any({*sources, *found} & {*file.reads} for file in files):
            found.add(target)
    return found


def _follow(sources: Collection[str]) -> list[str]:
    """The tables whose rows come from these, directly or through each other."""
    known, rows = set(sources), list[str]()
    for found in _inputs():
        if found.source in known:
            known.add(found.table)
            rows.append(found.table)
    return rows


@cache
def _inputs() -> tuple[_Input, ...]:
    """Every table of the mart, then its views, in the order in which they are filled."""
    return tuple(map(_input_of, MART)) + _views()


def _input_of(name: str) -> _Input:
    file = declared(name)
    return _Input(file.target, file.transform.source, _reads(file) - {file.target})


def _reads(file: Declaration) -> frozenset[str]:
    return _tables(file.transform.body) | file.follows


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
