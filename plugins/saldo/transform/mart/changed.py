"""Which rows of a fact are to be written again: a SELECT that names them by the columns of `changed`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in

from .declaration import Again, Declaration, Rows
from .progress import NO_TIME, Progress

_ALL = sql.SQL("true")


@dataclass(frozen=True)
class Written:
    """A table of the mart that this refresh has written, with the temporary table of what differed there:
    its columns as they are now, null in rows that went, and `was`, the row as it was."""

    file: Declaration
    table: Table

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(f"written_{self.file.name}")

    def rows(self) -> sql.Composed:
        """The rows whose change matters to those who follow; of rows that went, the row as it was."""
        old = columns_in(self.table.names, "w", "was")
        matters: sql.Composable = _ALL
        if self.file.followed_for:
            matters = sql.SQL("row({}) is distinct from row({})").format(
                columns_in(self.file.followed_for, "w"),
                columns_in(self.file.followed_for, "w", "was"),
            )
        return sql.SQL(
            "select {new} from {written} as w where {key} is not null and {matters} "
            "union all select {old} from {written} as w where {key} is null"
        ).format(
            new=columns_in(self.table.names, "w"),
            old=old,
            written=self.identifier,
            key=sql.Identifier("w", self.table.key[0]),
            matters=matters,
        )


@dataclass(frozen=True)
class Changed:
    """The rows of one file's table. followed: what this refresh has written before, by the table's name."""

    file: Declaration
    rows: Rows
    progress: Progress
    followed: Mapping[str, Written]

    def select(self) -> sql.Composed:
        """Takes the parameters agreement_id, window_start, window_end and since_<table>."""
        found = sql.SQL("\nunion\n").join(
            [
                self._units(self._source()),
                *(found for again in self._again() for found in self._that_show(again)),
                *self._in_the_window(),
            ]
        )
        if self.rows.are_groups:
            return sql.SQL("select distinct u.* from ({}) as u").format(found)
        return found

    def _source(self) -> sql.Composed:
        """The rows of the table they come from that changed; all of them where all are new."""
        [table] = self.rows.tables
        if table in self.followed and self.progress.is_new(table):
            return _of_agreement(table)
        return self._changed(table)

    def _again(self) -> tuple[Again, ...]:
        """Nothing to look for where everything is written anyway."""
        return () if self.progress.is_everything(self.file) else self.file.again

    def _that_show(self, again: Again) -> Iterator[sql.Composed]:
        changed = [table for table in again.tables if self.progress.has_changed(table)]
        where = sql.SQL(again.where) if again.where else _ALL
        if changed and not again.by:
            yield self._units(self._shown_by(again), where)
        for table in changed if again.by else ():
            if again.of is None and {pair.other for pair in again.by} == {*self.rows.by}:
                named = {pair.other: pair.column for pair in again.by}
                columns = columns_in((named[name] for name in self.rows.by), "c")
                yield _select(columns, "c", self._changed(table), where)
            else:
                match = sql.SQL(" and ").join(
                    sql.SQL("r.{} = c.{}").format(
                        sql.Identifier(pair.other), sql.Identifier(pair.column)
                    )
                    for pair in again.by
                )
                joined = sql.SQL("({changed}) as c inner join ({shown}) as r on {match}").format(
                    changed=self._changed(table), shown=self._shown_by(again), match=match
                )
                yield sql.SQL("select {} from {} where {}").format(
                    columns_in(self.rows.by, "r"), joined, where
                )

    def _in_the_window(self) -> Iterator[sql.Composed]:
        """The rows the table should have there, and those it has."""
        if not self.rows.dated or self.progress.window == NO_TIME:
            return
        within = "r.{} between %(window_start)s and %(window_end)s"
        if not self.progress.is_everything(self.file):
            column = sql.Identifier(self.rows.dated.column)
            source = _of_agreement(self.rows.tables[0])
            yield self._units(source, sql.SQL(within).format(column))
        column = sql.Identifier(self.rows.dated.other)
        yield self._units(self._own(), sql.SQL(within).format(column))

    def _shown_by(self, again: Again) -> sql.Composed:
        table = again.of or self.rows.tables[0]
        return self._own() if table == self.file.target else _of_agreement(table)

    def _own(self) -> sql.Composed:
        """The rows of the file's own table, but for those that are looked at anyway."""
        select = _of_agreement(self.file.target)
        if self.file.whole:
            return select + sql.SQL(" and not ({})").format(sql.SQL(self.file.whole))
        return select

    def _changed(self, table: str) -> sql.Composed:
        if table in self.followed:
            return self.followed[table].rows()
        since = sql.Placeholder(f"since_{table.removeprefix('core.')}")
        return _of_agreement(table) + sql.SQL(" and r.change_seq > {}").format(since)

    def _units(self, source: sql.Composed, where: sql.Composable = _ALL) -> sql.Composed:
        return _select(columns_in(self.rows.by, "r"), "r", source, where)


def _of_agreement(table: str) -> sql.Composed:
    return sql.SQL("select r.* from {} as r where r.agreement_id = %(agreement_id)s").format(
        sql.Identifier(*table.split("."))
    )


def _select(
    columns: sql.Composable, alias: str, source: sql.Composed, where: sql.Composable
) -> sql.Composed:
    return sql.SQL("select {} from ({}) as {} where {}").format(
        columns, source, sql.SQL(alias), where
    )
