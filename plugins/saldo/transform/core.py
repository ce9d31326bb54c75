"""Core: typed rows in one shape for all vendors, brought up to what staging holds.

SQL files of a vendor's entity (include/sql/core) say what rows of core are, most often one; the statement
that writes them is made here. It follows staging by its change sequence, which is taken under the entity's
lock, so that it misses nothing: neither what changed, nor what a repair asks to be written again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from saldo.declarations.entity import Entity
from saldo.errors import BadResponse
from saldo.runs import watermark
from saldo.warehouse import catalogue
from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import check_columns, insert, outputs_of, upsert

from . import set_aside, texts
from .headers import Transform, core_files, core_transforms, shared_targets
from .naming import path_of
from .set_aside import Aside
from .sieve import File, Sieve

#: What a file's SELECT is over: changed, and records, which are all of them, where a row follows from several; and what
#: it gives (final).
_SOURCES = """with records as (
    select s.source_key, s.payload, s.deleted_at is not null as is_deleted
    from {staging} as s
    where s.agreement_id = %(agreement_id)s
),
changed as (
    select s.source_key, s.payload, s.deleted_at is not null as is_deleted
    from {staging} as s
    where s.agreement_id = %(agreement_id)s
        and (s.change_seq > %(since)s or s.repair_seq > %(since)s)
        {part}
),
final as (
{select}
)
"""
#: Records, and nothing in those that are set aside: what cannot be made of them stops no other, and of what is there of them
#: their file says that it is theirs.
_ASIDE_EMPTIED = """(
    select
        r.agreement_id,
        r.source_key,
        case when a.source_key is null then r.payload else '{{}}' end as payload,
        r.deleted_at,
        r.change_seq,
        r.repair_seq
    from {staging} as r
    left join ops.set_aside as a
        on a.agreement_id = r.agreement_id
        and a.entity = %(entity)s
        and a.source_key = r.source_key
)"""
#: A row that follows from several records may be there because of the one that is set aside.
_FROM_SEVERAL = re.compile(r"\b(?:from|join) records\b")
_IF_NOTHING_IS_ASIDE = """ and not exists (
    select from ops.set_aside as a where a.agreement_id = t.agreement_id and a.entity = %(entity)s
)"""
#: The rows that a file gives, where it reads the table they go to.
_KEEP = sql.SQL("create temporary table final on commit drop as {} select * from final")
#: The column a file fills with the key of the record as staging has it: source_key where it is not called otherwise.
_SOURCE_KEY = re.compile(r"\bc\.source_key(?: as (\w+)|,)")
#: Columns of every table of core that no file gives.
_ADDED = {name: sql.Placeholder(name) for name in ("agreement_id", "change_seq")}
_Parameters = Mapping[str, Any]
_ALL = sql.SQL("")


def to_core(
    connection: Connection,
    vendor: str,
    entity: Entity,
    agreement_id: str,
    *,
    everything: bool,
    is_repair: bool = False,
) -> int:
    """Bring core up to what staging holds, or all of it anew; returns the rows changed in core.

    is_repair: rows of core that have no record in staging are marked as deleted. The caller holds the
    entity's lock. A record that core cannot hold is set aside (ops.set_aside). Raises ConfigError when the entity
    has no SQL file or its SELECT does not fit the table, BadResponse for two records of one key, or too many that
    core cannot hold.
    """
    transforms = core_files(vendor, entity.name)
    with connection.transaction():
        reached = watermark.progress(connection, agreement_id, "staging").get(entity.name, 0)
        since = watermark.progress(connection, agreement_id, "core").get(entity.name, 0)
        if reached == since and not (everything or is_repair):
            return 0
        _take_turns(connection, shared_targets(vendor, entity.name), agreement_id)
        change = connection.execute("select nextval('core.change_seq')").fetchone()
        parameters = {
            "agreement_id": agreement_id,
            "since": 0 if everything else since,
            "change_seq": change[0] if change else 0,
        }
        where = f"{vendor} agreement {agreement_id!r}, entity {entity.name}"
        known = {
            one.source_key for one in set_aside.of_entity(connection, agreement_id, entity.name)
        }
        try:
            changed, aside = _write(connection, transforms, parameters, known)
        except BadResponse as error:
            raise error.within(where) from None
        if aside or known:
            set_aside.note(connection, parameters, entity.name, aside)
            staging = _identifier(transforms[0].source)
            set_aside.forget(connection, staging, parameters, entity.name)
        if is_repair:
            changed += sum(
                _mark_orphans(connection, vendor, entity, transform, parameters)
                for transform in transforms
            )
        watermark.save_progress(connection, agreement_id, "core", {entity.name: reached})
    return changed


def _take_turns(connection: Connection, tables: tuple[str, ...], agreement_id: str) -> None:
    """Hold tables that several entities fill, until the transaction ends: their changes are numbered in the order in which
    they are committed, so that whoever follows a table by them misses none."""
    for table in tables:
        connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"saldo {agreement_id} {table}"],
        )


def _write(
    connection: Connection,
    transforms: Sequence[Transform],
    parameters: _Parameters,
    known: AbstractSet[str],
) -> tuple[int, list[Aside]]:
    """Write what the files' SELECTs give of the records that changed; returns the rows that differed, and the
    records that could not be written. known: those that are set aside already."""
    files = [partial(_file, connection, transform, parameters) for transform in transforms]
    try:
        with connection.transaction():
            return sum(file().write(_ALL) for file in files), []
    except set_aside.UNSTORABLE:
        source = _identifier(transforms[0].source)
        sieve = Sieve(connection, source, parameters, files, known=known)
        return sieve.run(), sieve.aside


def _file(connection: Connection, transform: Transform, parameters: _Parameters) -> File:
    """A file as it is to be written now."""
    table, staging = catalogue.table(connection, transform.target), _identifier(transform.source)

    def over(body: str, part: sql.Composable, source: sql.Composable = staging) -> sql.Composed:
        return sql.SQL(_SOURCES).format(staging=source, select=sql.SQL(body), part=part)

    given = partial(over, transform.body)
    outputs = outputs_of(connection, given(_ALL) + sql.SQL("select * from final"), parameters)
    columns = tuple(output.name for output in outputs)
    select = partial(over, texts.without_empty(transform.body, outputs))
    check_columns(table, columns, added=_ADDED, said_by=transform.place)
    is_first = not _has_rows(connection, table, parameters)

    def into(part: sql.Composable) -> Callable[..., sql.Composed]:
        # Of several parts each may give the row that follows from records of two.
        is_once = part is _ALL or not _FROM_SEVERAL.search(transform.body)
        return insert if is_first and is_once else upsert

    def write(part: sql.Composable, source: sql.Composable) -> int:
        cursor, final = psycopg.ClientCursor(connection), sql.Identifier("final")
        if transform.target not in transform.reads:
            statement = select(part, source) + into(part)(table, columns, final, added=_ADDED)
            return cursor.execute(statement, parameters).rowcount
        # What it has just written would be in the way of every look at the table.
        cursor.execute(_KEEP.format(select(part, source)), parameters)
        written = cursor.execute(
            into(part)(table, columns, final, added=_ADDED), parameters
        ).rowcount
        cursor.execute("drop table final")
        return written

    def write_or_tell(part: sql.Composable, source: sql.Composable = staging) -> int:
        try:
            return write(part, source)
        except set_aside.TWICE as error:
            raise BadResponse(
                f"two records have one key in {transform.target} "
                f"({error.diag.message_detail or error.diag.message_primary}); nothing was written to core. "
                "Correct one of them at the vendor"
            ) from None

    return File(table, transform.body, columns, write_or_tell, given)


def _has_rows(connection: Connection, table: Table, parameters: _Parameters) -> bool:
    """Whether the table has rows of the agreement."""
    found = connection.execute(
        sql.SQL("select from {} where agreement_id = %(agreement_id)s limit 1").format(
            table.identifier
        ),
        parameters,
    )
    return found.rowcount > 0


def _mark_orphans(
    connection: Connection,
    vendor: str,
    entity: Entity,
    transform: Transform,
    parameters: _Parameters,
) -> int:
    """Mark rows of core as deleted that have no record in staging; returns how many.

    The key of a record is that of its row: part by part as its file fills the columns, or the one column that it fills
    with the whole of it. Of other tables, rows are looked for that the file gives of no record, in a full run only; tables
    that several entities write are left alone.
    """
    if [other.target for other in core_transforms(vendor)].count(transform.target) > 1:
        return 0
    table = catalogue.table(connection, transform.target)
    columns = [name for name in table.key if name != "agreement_id"]
    named = [name or "source_key" for name in _SOURCE_KEY.findall(transform.body)]
    is_whole = len(columns) == 1 and columns[0] in named
    parts = [path_of(transform.body, column) for column in columns]
    staging = _identifier(transform.source)
    mark = sql.SQL(
        "update {core} as t set is_deleted = true, change_seq = %(change_seq)s "
        "where t.agreement_id = %(agreement_id)s and not t.is_deleted and not exists ({row})"
    )
    if is_whole or parts == [tuple(part.split(".")) for part in entity.key_parts]:
        row = sql.SQL(
            "select from {staging} as s where s.agreement_id = %(agreement_id)s and s.source_key = {key}"
        ).format(
            staging=staging,
            key=sql.SQL("concat_ws('|', {})").format(columns_in(columns, "t")),
        )
        return connection.execute(mark.format(core=table.identifier, row=row), parameters).rowcount
    if parameters["since"] or "is_deleted" not in table.names:
        return 0
    source = sql.SQL(_ASIDE_EMPTIED).format(staging=staging)
    given = sql.SQL(_SOURCES).format(staging=source, select=sql.SQL(transform.body), part=_ALL)
    row = sql.SQL("select from final as f where ({}) = ({})").format(
        columns_in(columns, "f"), columns_in(columns, "t")
    )
    statement = given + mark.format(core=table.identifier, row=row)
    if _FROM_SEVERAL.search(transform.body):
        statement += sql.SQL(_IF_NOTHING_IS_ASIDE)
    parameters = {**parameters, "entity": entity.name}
    return psycopg.ClientCursor(connection).execute(statement, parameters).rowcount


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
