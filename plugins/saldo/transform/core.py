"""Core: typed rows in one shape for all vendors, brought up to what staging holds.

One SQL file per vendor and entity (include/sql/core) says what a row of core is; the statement that
writes it is made here. It follows staging by its change sequence, which is taken under the entity's
lock, so that it misses nothing: neither what changed, nor what a repair asks to be written again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from saldo.declarations.entity import Entity
from saldo.errors import BadResponse
from saldo.runs import watermark
from saldo.warehouse import catalogue
from saldo.warehouse.catalogue import Table
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import check_columns, columns_of, insert, upsert

from . import set_aside
from .headers import Transform, core_transform, core_transforms
from .set_aside import Aside, Sieve

#: What a file's SELECT is over (changed), and what it gives (final).
_SOURCES = """with changed as (
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
#: The column a file fills with the key of the record as staging has it.
_SOURCE_KEY = re.compile(r"\bc\.source_key as (\w+)")
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
    transform = core_transform(vendor, entity.name)
    with connection.transaction():
        reached = watermark.progress(connection, agreement_id, "staging").get(entity.name, 0)
        since = watermark.progress(connection, agreement_id, "core").get(entity.name, 0)
        if reached == since and not (everything or is_repair):
            return 0
        change = connection.execute("select nextval('core.change_seq')").fetchone()
        parameters = {
            "agreement_id": agreement_id,
            "since": 0 if everything else since,
            "change_seq": change[0] if change else 0,
        }
        where = f"{vendor} agreement {agreement_id!r}, entity {entity.name}"
        try:
            changed, aside = _write(connection, transform, parameters)
        except set_aside.TWICE as error:
            raise BadResponse(
                f"{where}: two records have one key in {transform.target} "
                f"({error.diag.message_detail or error.diag.message_primary}); nothing was written to core. "
                "Correct one of them at the vendor"
            ) from None
        except BadResponse as error:
            raise error.within(where) from None
        if aside or set_aside.of_entity(connection, agreement_id, entity.name):
            set_aside.note(connection, parameters, entity.name, aside)
            set_aside.forget(connection, _identifier(transform.source), parameters, entity.name)
        if is_repair:
            changed += _mark_orphans(connection, vendor, entity, transform, parameters)
        watermark.save_progress(connection, agreement_id, "core", {entity.name: reached})
    return changed


def _write(
    connection: Connection, transform: Transform, parameters: _Parameters
) -> tuple[int, list[Aside]]:
    """Write what the file's SELECT gives of the records that changed; returns the rows that differed, and the
    records that could not be written."""
    table, staging = catalogue.table(connection, transform.target), _identifier(transform.source)

    def select(part: sql.Composable) -> sql.Composed:
        return sql.SQL(_SOURCES).format(staging=staging, select=sql.SQL(transform.body), part=part)

    columns = columns_of(connection, select(_ALL) + sql.SQL("select * from final"), parameters)
    check_columns(table, columns, added=_ADDED, said_by=transform.place)
    into = upsert if _has_rows(connection, table, parameters) else insert

    def write(part: sql.Composable) -> int:
        statement = select(part) + into(table, columns, sql.Identifier("final"), added=_ADDED)
        return psycopg.ClientCursor(connection).execute(statement, parameters).rowcount

    try:
        with connection.transaction():
            return write(_ALL), []
    except set_aside.TWICE:
        raise
    except set_aside.UNSTORABLE:
        sieve = Sieve(
            connection, staging, table, parameters, write=write, select=select, body=transform.body
        )
        return sieve.run(), sieve.aside


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

    The key of a record is that of its row, part by part, or the one column that its file fills with the whole of
    it: tables whose key is another, or that several entities write, are left alone.
    """
    if [other.target for other in core_transforms(vendor)].count(transform.target) > 1:
        return 0
    table = catalogue.table(connection, transform.target)
    columns = [name for name in table.key if name != "agreement_id"]
    is_whole = len(columns) == 1 and _SOURCE_KEY.findall(transform.body) == columns
    if len(columns) != len(entity.key_parts) and not is_whole:
        return 0
    statement = sql.SQL(
        "update {core} as t set is_deleted = true, change_seq = %(change_seq)s "
        "where t.agreement_id = %(agreement_id)s and not t.is_deleted and not exists (select from "
        "{staging} as s where s.agreement_id = %(agreement_id)s and s.source_key = {key})"
    ).format(
        core=table.identifier,
        staging=_identifier(transform.source),
        key=sql.SQL("concat_ws('|', {})").format(
            sql.SQL(", ").join(sql.Identifier("t", column) for column in columns)
        ),
    )
    return connection.execute(statement, parameters).rowcount


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
