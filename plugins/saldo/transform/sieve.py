"""Writes all records of an entity but those that one of its tables cannot hold: of these, no table shows the new state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import errors, sql

from saldo.errors import BadResponse
from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection

from . import naming
from .set_aside import UNSTORABLE, Aside

#: More than these at once, beside those that are known, is no odd record, but a declaration that is wrong.
MOST = 100
#: Records to be written, in an order by which parts of them can be named.
_SUSPECTS = """create temporary table suspect on commit drop as
select s.source_key, row_number() over (order by s.source_key) as place
from {staging} as s
where s.agreement_id = %(agreement_id)s and (s.change_seq > %(since)s or s.repair_seq > %(since)s)
    and s.source_key <> all(%(aside)s)"""

#: Records with something else in them.
_WITH = """(
    select r.agreement_id, r.source_key, {payload} as payload, r.deleted_at, r.change_seq, r.repair_seq
    from {staging} as r
)"""


@dataclass(frozen=True)
class File:
    """A file of SQL that is about to be written.

    body: its SELECT; columns: those it gives. write: writes what a condition on records `s` of staging leaves, returns
    the rows changed; raises BadResponse for two rows of one key. select: the statement that gives these rows, as
    `final`. Both take them from another table than staging where one is given.
    """

    table: Table
    body: str
    columns: Sequence[str]
    write: Callable[..., int]
    select: Callable[..., sql.Composed]


@dataclass(frozen=True)
class Part:
    """Some of the records that are to be written: those with these places."""

    first: int
    last: int

    @property
    def condition(self) -> sql.Composed:
        """What a record `s` of staging must fulfil to be of it."""
        return sql.SQL(
            "and s.source_key in (select source_key from suspect where place between {} and {})"
        ).format(sql.Literal(self.first), sql.Literal(self.last))

    def halves(self) -> tuple[Part, Part]:
        middle = (self.first + self.last) // 2
        return Part(self.first, middle), Part(middle + 1, self.last)


class Sieve:
    """Writes the files of one entity part by part. A record that one of them cannot hold is written by none.

    files: each is made right before it is written, since it looks at what is there. known: keys of records that were set
    aside before: they are odd, and say nothing against a declaration that has written all the others.
    """

    def __init__(
        self,
        connection: Connection,
        staging: sql.Identifier,
        parameters: Mapping[str, Any],
        files: Sequence[Callable[[], File]],
        *,
        known: AbstractSet[str],
    ) -> None:
        self._connection, self._staging = connection, staging
        self._parameters, self._files, self._known = parameters, files, known
        #: Key -> what its tables cannot hold, each once.
        self._found: dict[str, list[Aside]] = {}

    @property
    def aside(self) -> list[Aside]:
        """Each record once, with all that was found of it."""
        return [Aside.of_all(found) for found in self._found.values()]

    def run(self) -> int:
        """Returns the rows changed. Raises BadResponse when too many cannot be written.

        What a later file cannot hold, an earlier one has written by then: all of them are written again without it.
        """
        while True:
            known = len(self._found)
            with self._connection.transaction() as attempt:
                changed = self._all_files()
                if len(self._files) == 1 or len(self._found) == known:
                    return changed
                raise psycopg.Rollback(attempt)

    def _all_files(self) -> int:
        suspects = sql.SQL(_SUSPECTS).format(staging=self._staging)
        self._run(suspects, aside=list(self._found))
        [(count,)] = self._run(sql.SQL("select count(*) from suspect")).fetchall()
        changed = 0
        for made in self._files if count else ():
            changed += self._part(made(), Part(1, count))
        self._run(sql.SQL("drop table suspect"))
        return changed

    def _part(self, file: File, part: Part) -> int:
        try:
            with self._connection.transaction():
                return file.write(part.condition)
        except UNSTORABLE as error:
            if part.first < part.last:
                return sum(self._part(file, half) for half in part.halves())
            self._set_aside(file, part, error)
            return 0

    def _set_aside(self, file: File, part: Part, error: psycopg.Error) -> None:
        [(key, payload, is_deleted)] = self._run(
            sql.SQL(
                "select s.source_key, s.payload::text, s.deleted_at is not null from {} as s "
                "where s.agreement_id = %(agreement_id)s {}"
            ).format(self._staging, part.condition)
        ).fetchall()
        if is_deleted:
            self._mark_deleted(file, part)
            return
        if len({*self._found, key} - self._known) > MOST:
            raise BadResponse(
                f"more than {MOST} records cannot be stored in {file.table.full_name}, first "
                f"{'; '.join(map(str, self.aside[:3]))}: the declaration or its SQL is wrong; nothing was written"
            )
        one = self._named(file, part, error, key, json.loads(payload, parse_float=Decimal))
        found = self._found.setdefault(key, [])
        if all(one.field != other.field for other in found):
            found.append(one)

    def _named(self, file: File, part: Part, error: psycopg.Error, key: str, payload: Any) -> Aside:
        column = error.diag.column_name or ""
        path = () if column else self._culprit(file, part, error, payload)
        if not path:
            column = column or self._column(file, part)
            path = naming.missing(payload, naming.path_of(file.body, column))
        return Aside(
            key,
            naming.shown(payload, path) or column or "a value",
            naming.text_of(naming.value_at(payload, path)) if path else "",
            naming.reason(error, file.table, column),
        )

    def _culprit(self, file: File, part: Part, error: psycopg.Error, payload: Any) -> naming.Path:
        """The field without which the record could be written, or would be refused for something else."""

        def is_odd(other: sql.Composable) -> bool:
            source = sql.SQL(_WITH).format(payload=other, staging=self._staging)
            try:
                with self._connection.transaction(force_rollback=True):
                    file.write(part.condition, source)
            except UNSTORABLE as found:
                return found.sqlstate == error.sqlstate
            except BadResponse:
                return False
            return False

        if isinstance(error, errors.ProgramLimitExceeded):
            return naming.too_long(payload, is_odd)
        return naming.culprit(payload, sql.SQL("r.payload"), is_odd)

    def _mark_deleted(self, file: File, part: Part) -> None:
        """What is deleted at the vendor is deleted here, whatever its values: only its key is looked at."""
        if "is_deleted" not in file.table.names:
            return
        keys = columns_in(key for key in file.table.key if key != "agreement_id")
        statement = sql.SQL(
            "update {table} as t set is_deleted = true, change_seq = %(change_seq)s "
            "where t.agreement_id = %(agreement_id)s and not t.is_deleted "
            "and ({keys}) in (select {keys} from final)"
        ).format(table=file.table.identifier, keys=keys)
        with suppress(*UNSTORABLE), self._connection.transaction():
            self._run(file.select(part.condition) + statement)

    def _column(self, file: File, part: Part) -> str:
        """The first column whose value alone cannot be made."""
        for column in file.table.columns:
            if column.name not in file.columns:
                continue
            value = sql.SQL("select (f.{})::{} from final as f").format(
                sql.Identifier(column.name), sql.SQL(column.type)
            )
            try:
                with self._connection.transaction():
                    self._run(file.select(part.condition) + value)
            except UNSTORABLE:
                return column.name
        return ""

    def _run(self, statement: sql.Composed | sql.SQL, **more: Any) -> psycopg.Cursor[Any]:
        parameters = {**self._parameters, **more}
        return psycopg.ClientCursor(self._connection).execute(statement, parameters)
