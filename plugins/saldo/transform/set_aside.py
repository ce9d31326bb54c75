"""Records that core cannot hold are set aside by name (ops.set_aside), and all others go on: core keeps the state of
such a record that it held last, if it held one.

A value too large for its column, or none where one must be, would otherwise stop every record of its entity. What is
set aside is tried again when the vendor changes it, and in every full run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from saldo.errors import BadResponse
from saldo.warehouse.catalogue import Table
from saldo.warehouse.columns import columns_in
from saldo.warehouse.connection import Connection

#: What Postgres says of a value, of one that is missing, of a key too long for an index, and of one nested too deep.
UNSTORABLE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
)
#: Two records of one key: neither of them is the wrong one.
TWICE = (errors.UniqueViolation, errors.CardinalityViolation)
#: More than these is no odd record, but a declaration that is wrong.
MOST = 100
#: Records to be written, in an order by which parts of them can be named.
_SUSPECTS = """create temporary table suspect on commit drop as
select s.source_key, row_number() over (order by s.source_key) as place
from {staging} as s
where s.agreement_id = %(agreement_id)s and (s.change_seq > %(since)s or s.repair_seq > %(since)s)"""
_PATH = re.compile(r"payload((?:\s*->>?\s*'\w+')+)")
_STEP = re.compile(r"'(\w+)'")
_ALIAS = re.compile(r"\bas (\w+)\s*(?:,|$)", re.MULTILINE)
_LONGEST_SHOWN = 60


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


@dataclass(frozen=True)
class Aside:
    """A record that is set aside. field: as the vendor writes it, or the column where that is not known."""

    source_key: str
    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        shown = (
            self.value if len(self.value) <= _LONGEST_SHOWN else f"{self.value[:_LONGEST_SHOWN]}…"
        )
        return f"{self.source_key}: {self.field} {shown!r} {self.reason}"


class Sieve:
    """Writes the records of one entity part by part, and sets aside those that cannot be written.

    write: writes what a condition on records `s` of staging leaves (see core.py), returns the rows changed.
    select: the statement that gives the rows of one part, as `final`.
    """

    def __init__(
        self,
        connection: Connection,
        staging: sql.Identifier,
        table: Table,
        parameters: Mapping[str, Any],
        *,
        write: Callable[[sql.Composable], int],
        select: Callable[[sql.Composable], sql.Composed],
        body: str,
    ) -> None:
        self._connection, self._staging, self._table = connection, staging, table
        self._parameters, self._write, self._select, self._body = parameters, write, select, body
        self.aside: list[Aside] = []

    def run(self) -> int:
        """Returns the rows changed. Raises BadResponse when too many cannot be written."""
        self._run(sql.SQL(_SUSPECTS).format(staging=self._staging))
        [(count,)] = self._run(sql.SQL("select count(*) from suspect")).fetchall()
        changed = self._part(Part(1, count)) if count else 0
        self._run(sql.SQL("drop table suspect"))
        return changed

    def _part(self, part: Part) -> int:
        try:
            with self._connection.transaction():
                return self._write(part.condition)
        except TWICE:
            raise
        except UNSTORABLE as error:
            if part.first < part.last:
                return sum(map(self._part, part.halves()))
            self._set_aside(part, error)
            return 0

    def _set_aside(self, part: Part, error: psycopg.Error) -> None:
        [(key, payload, is_deleted)] = self._run(
            sql.SQL(
                "select s.source_key, s.payload, s.deleted_at is not null from {} as s "
                "where s.agreement_id = %(agreement_id)s {}"
            ).format(self._staging, part.condition)
        ).fetchall()
        if is_deleted:
            self._mark_deleted(part)
            return
        column = error.diag.column_name or self._column(part)
        path = path_of(self._body, column)
        value = _value(payload, path) if path else ""
        self.aside.append(
            Aside(
                key,
                ".".join(path) or column or "a value",
                value,
                _reason(error, self._table, column),
            )
        )
        if len(self.aside) > MOST:
            raise BadResponse(
                f"more than {MOST} records cannot be stored in {self._table.full_name}, first "
                f"{'; '.join(map(str, self.aside[:3]))}: the declaration or its SQL is wrong; nothing was written"
            )

    def _mark_deleted(self, part: Part) -> None:
        """What is deleted at the vendor is deleted here, whatever its values: only its key is looked at."""
        if "is_deleted" not in self._table.names:
            return
        keys = columns_in(key for key in self._table.key if key != "agreement_id")
        statement = sql.SQL(
            "update {table} as t set is_deleted = true, change_seq = %(change_seq)s "
            "where t.agreement_id = %(agreement_id)s and not t.is_deleted "
            "and ({keys}) in (select {keys} from final)"
        ).format(table=self._table.identifier, keys=keys)
        with suppress(*UNSTORABLE), self._connection.transaction():
            self._run(self._select(part.condition) + statement)

    def _column(self, part: Part) -> str:
        """The first column whose value alone cannot be made."""
        for column in self._table.columns:
            value = sql.SQL("select (f.{})::{} from final as f").format(
                sql.Identifier(column.name), sql.SQL(column.type)
            )
            try:
                with self._connection.transaction():
                    self._run(self._select(part.condition) + value)
            except errors.UndefinedColumn:
                continue
            except UNSTORABLE:
                return column.name
        return ""

    def _run(self, statement: sql.Composed | sql.SQL) -> psycopg.Cursor[Any]:
        return psycopg.ClientCursor(self._connection).execute(statement, self._parameters)


def path_of(body: str, column: str) -> tuple[str, ...]:
    """The vendor's field a column of a file's SELECT is made of: ("customer", "number"); none where it is made of
    several, or cannot be told."""
    before = 0
    for alias in _ALIAS.finditer(body):
        if alias[1] == column:
            found = {
                tuple(_STEP.findall(path)) for path in _PATH.findall(body[before : alias.start()])
            }
            return found.pop() if len(found) == 1 else ()
        before = alias.end()
    return ()


def _value(payload: Any, path: Sequence[str]) -> str:
    for step in path:
        payload = payload.get(step) if isinstance(payload, dict) else None
    return "" if payload is None else str(payload)


def _reason(error: psycopg.Error, table: Table, column: str) -> str:
    """In plain words, after the field and its value."""
    type = next((known.type for known in table.columns if known.name == column), "")
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


def note(
    connection: Connection, parameters: Mapping[str, Any], entity: str, aside: Sequence[Aside]
) -> None:
    """Write what is set aside now; drop what was tried again and is not."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.set_aside as a (agreement_id, entity, source_key, field, value, reason, first_seen_at, "
            "change_seq) values (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s) "
            "on conflict (agreement_id, entity, source_key) do update set field = excluded.field, "
            "value = excluded.value, reason = excluded.reason, change_seq = excluded.change_seq, told_at = case "
            "when (a.field, a.value, a.reason) = (excluded.field, excluded.value, excluded.reason) then a.told_at end",
            [
                (parameters["agreement_id"], entity, one.source_key, one.field, one.value[:1000], one.reason,
                 parameters["change_seq"])
                for one in aside
            ],
        )  # fmt: skip


def forget(
    connection: Connection, staging: sql.Identifier, parameters: Mapping[str, Any], entity: str
) -> None:
    """Forget what was tried again in this write, and is not set aside by it."""
    connection.execute(
        sql.SQL(
            "delete from ops.set_aside as a using {} as s where a.agreement_id = %(agreement_id)s "
            "and a.entity = %(entity)s and a.change_seq < %(change_seq)s and s.agreement_id = a.agreement_id "
            "and s.source_key = a.source_key and (s.change_seq > %(since)s or s.repair_seq > %(since)s)"
        ).format(staging),
        {**parameters, "entity": entity},
    )


def entities(connection: Connection, agreement_id: str) -> frozenset[str]:
    """Of what something is set aside: entities, and tables of the mart."""
    rows = connection.execute(
        "select distinct entity from ops.set_aside where agreement_id = %s", [agreement_id]
    ).fetchall()
    return frozenset(entity for (entity,) in rows)


def count(connection: Connection, agreement_id: str) -> int:
    """How much is set aside of an agreement."""
    [(found,)] = connection.execute(
        "select count(*) from ops.set_aside where agreement_id = %s", [agreement_id]
    ).fetchall()
    return int(found)


def of_entity(connection: Connection, agreement_id: str, entity: str) -> list[Aside]:
    """What is set aside of an entity now, by key."""
    rows = connection.execute(
        "select source_key, field, value, reason from ops.set_aside where agreement_id = %s and entity = %s "
        "order by source_key",
        [agreement_id, entity],
    ).fetchall()
    return [Aside(*row) for row in rows]
