"""From what a file's SELECT gives to the rows of its table.

The order is the same for every file: its steps, the keys of new rows, what differs from the table,
and then the insertion, update and deletion of only that. (An upsert that changes nothing still
locks the row and writes to the log.)

Keys: a key column that the SELECT gives as text says whose key it is, by the vendor's number. It
becomes the key of core.key_map: of the row itself where it is the table's own key, otherwise that
of a member; -3 where no number is given, -1 where the member is not (yet) known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import ClientCursor, sql

from saldo.errors import BadResponse
from saldo.transform import set_aside
from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import IS_NEW, insert, upsert

from .changed import Changed, Written
from .declaration import CHANGED, Declaration
from .given import Given, given_by, indexed_texts
from .progress import Progress

_CREATE = "create temporary table {} on commit drop as {}"
#: What the planner knows of the tables it learnt before these rows came: it would join them row by row, or merge them by
#: agreement alone, which is the same. Hashing is right where many of an agreement's rows are written, known or not, and of
#: a table of which many are. (ANALYZE here would hold a lock that other agreements wait for until this transaction ends.)
_HASH_MANY = """
select
    set_config('enable_nestloop', s.is_on, true),
    set_config('enable_mergejoin', s.is_on, true)
from (
    select case when c.many > 100 and least(t.reltuples, o.own) < c.many * 5 then 'off' else 'on' end as is_on
    from (select count(*) as many from changed) as c
    cross join pg_class as t
    -- No more of them are counted than it takes to know.
    cross join lateral (
        select count(*) as own
        from (select from {table} as r where r.agreement_id = %(agreement_id)s limit c.many * 5) as r
    ) as o
    where t.oid = {driver}::regclass
) as s"""
_FORGET = """
delete from ops.set_aside
where agreement_id = %(agreement_id)s
    and entity = {table}
    and {looked_at}
    and source_key not in (select m.source_key from ({misfits}) as m)"""
_SET_ASIDE = """
insert into ops.set_aside as a (
    agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq
)
select
    %(agreement_id)s, {table}, m.source_key, m.column_name, m.value, m.reason, clock_timestamp(), 0
from ({misfits}) as m
on conflict (agreement_id, entity, source_key) do update set
    field = excluded.field,
    value = excluded.value,
    reason = excluded.reason,
    told_at = case
        when (a.field, a.value, a.reason) = (excluded.field, excluded.value, excluded.reason) then a.told_at
    end"""
_COUNTS = """
select
    (select count(*) from upserted where is_new),
    (select count(*) from upserted where not is_new),
    (select count(*) from deleted)"""


@dataclass
class Changes:
    """Rows of one table of the mart."""

    inserted: int
    updated: int
    deleted: int

    @property
    def total(self) -> int:
        """Rows written or deleted."""
        return self.inserted + self.updated + self.deleted


class Writer:
    """Writes one file after the other, in one transaction; those that follow a table come after it."""

    def __init__(
        self,
        connection: Connection,
        tables: Mapping[str, Table],
        parameters: Mapping[str, object],
        progress: Progress,
    ) -> None:
        """tables: full name -> table, of what the files write; parameters: those of every file
        (agreement_id, agreement_key, company, base_url)."""
        self._connection, self._tables = connection, tables
        self._parameters, self._progress = parameters, progress
        self._followed: dict[str, Written] = {}
        self._views: list[sql.Identifier] = []
        #: Tables of which something is set aside.
        self._aside = set_aside.entities(connection, str(parameters["agreement_id"]))

    def write(self, file: Declaration) -> Changes:
        """A value that does not fit its column is left empty and told by name (ops.set_aside), or its row is left
        out where the column may not be. Raises ConfigError when the file's SELECT does not fit its table,
        BadResponse for two rows of one key, and for any other value that cannot be computed or stored."""
        if not self._progress.is_due(file):
            return Changes(0, 0, 0)
        try:
            with self._connection.transaction():
                changes, written = self._write(file, is_guarded=False)
        except set_aside.TWICE as error:
            raise self._twice(file, error) from None
        except set_aside.UNSTORABLE:
            changes, written = self._write_guarded(file)
        self._followed[file.target] = written
        self._progress.note_written(file)
        return changes

    def forget(self) -> None:
        """Drop the views of what was filled, which the end of a transaction leaves."""
        for view in self._views:
            self._connection.execute(sql.SQL("drop view {}").format(view))

    def _write_guarded(self, file: Declaration) -> tuple[Changes, Written]:
        try:
            return self._write(file, is_guarded=True)
        except set_aside.TWICE as error:
            raise self._twice(file, error) from None
        except set_aside.UNSTORABLE as error:
            column = f" in {error.diag.column_name}" if error.diag.column_name else ""
            raise BadResponse(
                f"{file.target} of agreement {self._parameters['agreement_id']!r} cannot be computed "
                f"({error.diag.message_primary}{column}): a value of {', '.join(file.transform.reads)} is impossible; "
                "correct it at the vendor"
            ) from None

    def _twice(self, file: Declaration, error: psycopg.Error) -> BadResponse:
        return BadResponse(
            f"{file.target} of agreement {self._parameters['agreement_id']!r} would have two rows of one key "
            f"({error.diag.message_detail or error.diag.message_primary}); nothing was changed. Correct one of the records "
            f"at the vendor (it is in {', '.join(file.transform.reads)})"
        )

    def _write(self, file: Declaration, *, is_guarded: bool) -> tuple[Changes, Written]:
        parameters = {**self._parameters, **self._progress.parameters(file)}
        written = Written(file, self._tables[file.target])
        writing = _Writing(self._connection, parameters, written)
        for table in self._untouched(file):
            writing.keep_no_difference(table)
        for step in file.steps_before_changed:
            writing.keep(step.name, step.key, sql.SQL(step.select))
        if file.rows and file.rows.by:
            changed = Changed(file, file.rows, self._progress, self._followed)
            writing.keep(CHANGED, file.unit, changed.select())
            writing.hash_many(file.rows.tables[0])
        for step in file.steps_after_changed:
            writing.keep(step.name, step.key, sql.SQL(step.select))
        is_everything = self._progress.is_everything(file)
        if is_guarded or file.target in self._aside:
            writing.tell_misfits(is_everything=is_everything)
        changes = writing.write(is_everything=is_everything, is_guarded=is_guarded)
        if writing.is_filled:
            self._views.append(written.identifier)
        return changes, written

    def _untouched(self, file: Declaration) -> Iterator[Table]:
        """Tables of which the file reads what differed, and in which this refresh had nothing to do."""
        for full_name, table in self._tables.items():
            if table.name in file.asks_for and full_name not in self._followed:
                yield table


class _Writing:
    """One file, from its steps to its rows."""

    def __init__(
        self, connection: Connection, parameters: Mapping[str, object], written: Written
    ) -> None:
        self._connection, self._parameters = connection, parameters
        self._written, self._file, self._table = written, written.file, written.table
        self._kept: list[str] = []
        #: Whether the agreement had no row of the table: `written_<file>` is a view then.
        self.is_filled = False

    def keep(self, name: str, key: Sequence[str], select: sql.Composable) -> None:
        """The rows of a SELECT under a name: a new temporary table, or more rows of one."""
        table = sql.Identifier(name)
        into = "insert into {} {}" if name in self._kept else _CREATE
        statements = [sql.SQL(into).format(table, select)]
        if key:
            index = sql.SQL("create unique index on {} ({})").format(table, columns_in(key))
            statements.append(index)
        statements.append(sql.SQL("analyze {}").format(table))
        self._run(sql.SQL(";").join(statements))
        if name not in self._kept:
            self._kept.append(name)

    def keep_no_difference(self, table: Table) -> None:
        """Several files may ask for it."""
        nothing = sql.SQL(
            "create temporary table if not exists {} on commit drop as "
            "select r.*, r as was from {} as r where false"
        )
        self._run(nothing.format(sql.Identifier(f"written_{table.name}"), table.identifier))

    def hash_many(self, driver: str) -> None:
        table = sql.Identifier(*driver.split("."))
        self._run(sql.SQL(_HASH_MANY).format(driver=sql.Literal(driver), table=table))

    def tell_misfits(self, *, is_everything: bool) -> None:
        """Write what does not fit now to ops.set_aside, in place of what did not fit before."""
        given = self._guarded()
        if misfits := given.misfits():
            table = sql.Literal(self._file.target)
            looked_at = sql.SQL("true") if is_everything else given.looked_at()
            self._run(sql.SQL(_FORGET).format(table=table, misfits=misfits, looked_at=looked_at))
            self._run(sql.SQL(_SET_ASIDE).format(table=table, misfits=misfits))

    def write(self, *, is_everything: bool, is_guarded: bool) -> Changes:
        """is_everything: the SELECT gives all rows of the table; is_guarded: see Given."""
        given = self._guarded() if is_guarded else self._given()
        for statement in given.new_keys():
            self._run(statement)
        if is_everything and self._is_empty():
            changes = self._fill(given)
        else:
            differing = self._run(self._difference(given, is_everything)).rowcount
            changes = self._replace(given) if differing else Changes(0, 0, 0)
        if self._kept:
            self._run(sql.SQL("drop table {}").format(columns_in(self._kept)))
        return changes

    def _given(self) -> Given:
        return given_by(self._connection, self._file, self._table, self._parameters)

    def _guarded(self) -> Given:
        indexed = indexed_texts(self._connection, self._table)
        return replace(self._given(), is_guarded=True, indexed=indexed)

    def _is_empty(self) -> bool:
        rows = sql.SQL("select not exists (select from {} as r where {})")
        found = self._run(rows.format(self._table.identifier, self._own())).fetchone()
        return bool(found and found[0])

    def _fill(self, given: Given) -> Changes:
        """The first rows of an agreement: there is nothing to compare them with, and what was written is all of
        them."""
        rows = sql.SQL("({}) as f").format(given.rows())
        inserted = self._run(insert(self._table, given.columns, rows)).rowcount
        view = "create temporary view {} as select r.*, null::{} as was from {} as r where {}"
        table = self._table.identifier
        self._run(sql.SQL(view).format(self._written.identifier, table, table, self._own()))
        self.is_filled = True
        return Changes(inserted, 0, 0)

    def _difference(self, given: Given, is_everything: bool) -> sql.Composed:
        """What is not in the table as it should be, and what is there and should not."""
        old, join = self._old_rows(is_everything)
        rows = sql.SQL(
            "select {here}, row({all})::{table} as was from ({rows}) as f {join} join {old} as t on {match} "
            "where row({there}) is distinct from row({here})"
        ).format(
            here=columns_in(given.columns, "f"),
            there=columns_in(given.columns, "t"),
            all=columns_in(self._table.names, "t"),
            table=self._table.identifier,
            rows=given.rows(),
            join=sql.SQL(join),
            old=old,
            match=self._match("t", ("f",)),
        )
        return sql.SQL(_CREATE).format(self._written.identifier, rows)

    def _old_rows(self, is_everything: bool) -> tuple[sql.Composable, str]:
        """(rows of the table, join) to compare with: those that are among what the SELECT gives or are to go,
        else whatever rows have the same keys."""
        table, own = self._table.identifier, self._own()
        rows = sql.SQL("select r.* from {} as r where {}").format(table, own)
        if not self._file.unit:
            return (sql.SQL("({})").format(rows), "full") if is_everything else (table, "left")
        changed = sql.SQL("select r.* from changed as c inner join {} as r on {} where {}").format(
            table, sql.SQL(" and ").join(map(self._same_unit, self._file.unit)), own
        )
        if self._file.whole:
            whole = sql.SQL(self._file.whole)
            changed = sql.SQL("{} and not ({}) union all {} and ({})").format(
                changed, whole, rows, whole
            )
        return sql.SQL("({})").format(changed), "full"

    def _own(self) -> sql.Composed:
        """Whether a row r is the agreement's."""
        by_key = "agreement_key" in self._table.key or "agreement_id" not in self._table.names
        return sql.SQL("r.{0} = %({0})s").format(
            sql.SQL("agreement_key" if by_key else "agreement_id")
        )

    def _same_unit(self, name: str) -> sql.Composed:
        [column] = (column for column in self._table.columns if column.name == name)
        same = sql.SQL("=" if column.is_required else "is not distinct from")
        return sql.SQL("r.{0} {1} c.{0}").format(sql.Identifier(name), same)

    def _replace(self, given: Given) -> Changes:
        """Write what differs, and nothing else."""
        written, key = self._written.identifier, sql.Identifier(self._table.key[0])
        live = sql.SQL("{} where {} is not null").format(written, key)
        cursor = self._run(
            sql.SQL(
                "with upserted as ({upsert} {is_new}), "
                "deleted as (delete from {table} as t using {written} as w "
                "where w.{key} is null and {match} returning 1) {counts}"
            ).format(
                upsert=upsert(self._table, given.columns, live, is_known_to_differ=True),
                is_new=IS_NEW,
                table=self._table.identifier,
                written=written,
                key=key,
                match=self._match("t", ("w", "was")),
                counts=sql.SQL(_COUNTS),
            )
        )
        return Changes(*(cursor.fetchone() or (0, 0, 0)))

    def _match(self, alias: str, other: tuple[str, ...]) -> sql.Composed:
        return sql.SQL("row({}) = row({})").format(
            columns_in(self._table.key, alias), columns_in(self._table.key, *other)
        )

    def _run(self, statement: sql.SQL | sql.Composed) -> ClientCursor[tuple[Any, ...]]:
        cursor = ClientCursor(self._connection)
        cursor.execute(statement, self._parameters)
        return cursor
