"""The SQL files that make core and mart, as their headers describe them.

A file begins with four lines: grain, reads, writes, sign and currency. A file of include/sql/core
goes on with one SELECT:

    -- grain: one unit of quantities
    -- reads: staging.economic_units
    -- writes: core.unit
    -- sign and currency: none
    select
        c.payload ->> 'unitNumber' as unit_number,
        c.payload ->> 'name' as name,
        c.is_deleted
    from changed as c

`changed` are the records that are new or different; a row that follows from several of them reads the others from
`records`. An entity that fills several tables has a file more for each of the others: periods.accounting_years.sql.

In place of a SELECT of its own a file may have one line, where that of a file beside it says the same of other records:

    -- as: purchase_invoices.sql, 'receipt' for 'purchase_invoice'
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from saldo.errors import ConfigError
from saldo.paths import SQL_DIR
from saldo.vendors import VENDORS
from saldo.warehouse.connection import read_sql

#: How the four lines begin.
HEADER = ("-- grain: ", "-- reads: ", "-- writes: ", "-- sign and currency: ")
_TABLE = re.compile(r"\b(?:staging|core|mart)\.[a-z_]+")
#: How a file says that it is as another one, and what it says instead of words of that.
_AS = re.compile(r"-- as: (?P<file>[a-z_.]+\.sql)(?P<words>(?:, '[^']+' for '[^']+')*)")
_WORDS = re.compile(r"('[^']+') for ('[^']+')")


@dataclass(frozen=True)
class Transform:
    """reads and writes: tables with their schema, in the order in which the header names them."""

    path: Path
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    body: str

    @property
    def entity(self) -> str:
        """The entity whose file it is, of a file of core."""
        return self.path.stem.partition(".")[0]

    @property
    def source(self) -> str:
        """The table its rows come from: the first one it reads."""
        return self.reads[0]

    @property
    def target(self) -> str:
        """The table it fills: the last one it writes, after the keys."""
        return self.writes[-1]

    @property
    def place(self) -> str:
        """The file, for people: core/economic/units.sql; its whole path where it lies elsewhere."""
        return self.path.as_posix().removeprefix(f"{SQL_DIR.as_posix()}/")


@cache
def read_transform(path: Path) -> Transform:
    """Raises ConfigError when the file does not begin with its header, or that names no tables, and for one that is as
    another and cannot be."""
    lines = read_sql(path).split("\n", len(HEADER))
    if [line[: len(word)] for line, word in zip(lines, HEADER, strict=False)] != [*HEADER]:
        raise ConfigError(f"{path} must begin with the lines {', '.join(map(str.strip, HEADER))}")
    _, reads, writes, _, body = lines
    found = Transform(path, _tables(reads), _tables(writes), body.strip())
    if not (found.reads and found.writes):
        raise ConfigError(
            f"the header of {path} must name what it reads and writes, as schema.table"
        )
    return _as_another(found) if found.body.startswith("-- as: ") else found


def _as_another(file: Transform) -> Transform:
    """The file with the SELECT of the one that it names, in its own words."""
    said = _AS.fullmatch(file.body)
    if said is None:
        raise ConfigError(
            f"{file.path}: after `-- as: ` write the file beside it and the words that differ, and nothing more, such as "
            "-- as: purchase_invoices.sql, 'receipt' for 'purchase_invoice'"
        )
    path = file.path.with_name(said["file"])
    if path == file.path or not path.exists():
        raise ConfigError(f"{file.path} is as {path.name}, which is no other file beside it")
    other = read_transform(path)
    if (file.reads[1:], file.writes) != (other.reads[1:], other.writes):
        raise ConfigError(
            f"{file.path} is as {path.name}: it must read and write the same tables, but for the first one that it reads"
        )
    body = other.body
    for own, word in _WORDS.findall(said["words"]):
        if word not in body:
            raise ConfigError(f"{file.path} is as {path.name}, which has no {word}")
        body = body.replace(word, own)
    return replace(file, body=body)


def core_transform(vendor: str, entity: str) -> Transform:
    """The file that brings an entity of a vendor into the core table that its rows are rows of. Raises ConfigError
    when it has none."""
    path = VENDORS[vendor].core_sql / f"{entity}.sql"
    if not path.exists():
        raise ConfigError(f"entity {entity} of {vendor} has no transform; write {path}")
    return read_transform(path)


def core_files(vendor: str, entity: str) -> tuple[Transform, ...]:
    """The files that bring an entity into core, its own first. Raises ConfigError when it has none."""
    others = sorted(VENDORS[vendor].core_sql.glob(f"{entity}.*.sql"))
    return (core_transform(vendor, entity), *map(read_transform, others))


def core_transforms(vendor: str) -> tuple[Transform, ...]:
    """All files of a vendor's entities, by name."""
    return tuple(map(read_transform, sorted(VENDORS[vendor].core_sql.glob("*.sql"))))


@cache
def shared_targets(vendor: str, entity: str) -> tuple[str, ...]:
    """The tables that an entity fills together with others of its vendor, by name."""
    own = {file.target for file in core_files(vendor, entity)}
    others = {file.target for file in core_transforms(vendor) if file.entity != entity}
    return tuple(sorted(own & others))


def _tables(line: str) -> tuple[str, ...]:
    return tuple(_TABLE.findall(line))
