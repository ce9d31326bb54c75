"""What the last SELECT of a file gives, and how that becomes rows of its table: keys looked up, types the table's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from saldo.warehouse.catalogue import Column, Table
from saldo.warehouse.columns import columns_in, quoted
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import check_columns, new_keys, outputs_of

from .declaration import Declaration

#: Columns the writer gives where the table has them and the SELECT does not.
_OF_AGREEMENT = ("agreement_id", "agreement_key")


@dataclass(frozen=True)
class Given:
    """columns: those that are written, in the table's order; added: those of them the SELECT does not give;
    keys: those it gives as the vendor's number. is_guarded: a number that does not fit its column is left empty, or
    its row left out where the column may not be (`misfits` tells which)."""

    file: Declaration
    table: Table
    columns: tuple[str, ...]
    added: frozenset[str]
    keys: tuple[str, ...]
    is_guarded: bool = False

    def new_keys(self) -> Iterator[sql.Composed]:
        """Statements that make the keys of new rows: of the file's steps, where it says so, or of its SELECT."""
        for new in self.file.new_keys:
            yield new_keys(sql.SQL(new.kind), sql.SQL(new.source), sql.Identifier("s", new.column))
        [own, *_] = self.table.key
        if own in self.keys and not self.file.new_keys:
            order = self.file.key_order
            yield new_keys(
                self._kind(own),
                sql.SQL("({})").format(sql.SQL(self.file.select)),
                sql.Identifier("s", own),
                order_by=sql.Identifier("s", order) if order else None,
            )

    def rows(self) -> sql.Composed:
        """A SELECT of rows as the table has them."""
        values = (
            self._value(column.name, column.type)
            for column in self.table.columns
            if column.name in self.columns
        )
        needed = [
            f"coalesce(abs(s.{quoted(c.name)}) < {c.limit}, true)"
            for c in self._numbers()
            if c.is_required and self.is_guarded
        ]
        return sql.SQL("select {} from ({}) as s {} {}").format(
            sql.SQL(", ".join(values)),
            sql.SQL(self.file.select),
            sql.SQL(" ").join(map(self._lookup, self.keys)),
            sql.SQL(f"where {' and '.join(needed)}" if needed else ""),
        )

    def misfits(self) -> sql.Composed | None:
        """A SELECT of (own key, column, value, type) of numbers that do not fit their columns; None where the SELECT
        gives no numbers. One a row."""
        numbers = self._numbers()
        if not numbers:
            return None
        named = ", ".join(
            f"('{c.name}', s.{quoted(c.name)}::numeric, {c.limit}, '{c.type}')" for c in numbers
        )
        return sql.SQL(
            "select distinct on (1) {key} as source_key, v.column_name, v.value::text as value, v.type "
            "from ({select}) as s cross join lateral (values {named}) as v (column_name, value, most, type) "
            "where abs(v.value) >= v.most"
        ).format(key=self._shown_key(), select=sql.SQL(self.file.select), named=sql.SQL(named))

    def looked_at(self) -> sql.Composed:
        """Whether a row of ops.set_aside is of what is written again: of what the SELECT gives, or of a unit of which
        nothing may be left."""
        given = sql.SQL("source_key in (select {} from ({}) as s)").format(
            self._shown_key(), sql.SQL(self.file.select)
        )
        if not self.file.unit:
            return given
        return sql.SQL(
            "({} or split_part(source_key, ' (', 1) in (select concat_ws('|', {}) from changed as c))"
        ).format(given, columns_in(self.file.unit, "c"))

    def _shown_key(self) -> sql.SQL:
        """What the rows of a unit have in common, and that of the row itself as the vendor has it:
        order|3 (order|800003|31)."""
        shared = self.file.unit or [key for key in self.table.key if key not in self.added]
        unit = f"concat_ws('|', {', '.join(f's.{quoted(name)}' for name in shared)})"
        own = next((f"s.{quoted(key)}" for key in self.table.key if key in self.keys), None)
        if own and self.file.unit:
            return sql.SQL(f"{unit} || ' (' || {own} || ')'")
        return sql.SQL(own or unit)

    def _numbers(self) -> list[Column]:
        """Columns of limited size that the SELECT itself gives."""
        return [
            column
            for column in self.table.columns
            if column.name in self.columns
            and column.name not in self.added
            and column.name not in self.keys
            and column.limit
        ]

    def _value(self, name: str, type: str) -> str:
        value = f"s.{quoted(name)}"
        if name in self.added:
            value = f"%({name})s"
        elif name in self.keys:
            value = f"{quoted(_alias(name))}.key"
            if name not in self.table.key:
                value = f"coalesce({value}, case when s.{quoted(name)} is null then -3 else -1 end)"
        if self.is_guarded and (
            column := next((c for c in self._numbers() if c.name == name), None)
        ):
            value = f"case when abs({value}) < {column.limit} then {value} end"
        return f"{value}::{type} as {quoted(name)}"

    def _lookup(self, name: str) -> sql.Composed:
        """Left join: what is given but not (yet) known is the unknown member; a row has its own key by now."""
        return sql.SQL(
            "{join} join core.key_map as {k} on {k}.agreement_id = %(agreement_id)s "
            "and {k}.kind = {kind} and {k}.source_key = s.{name}"
        ).format(
            join=sql.SQL("inner" if name in self.table.key else "left"),
            k=sql.Identifier(_alias(name)),
            kind=self._kind(name),
            name=sql.Identifier(name),
        )

    def _kind(self, column: str) -> sql.Composable:
        if column in self.file.kinds:
            return sql.SQL(self.file.kinds[column])
        return sql.Literal(column.removesuffix("_key"))


def given_by(
    connection: Connection, file: Declaration, table: Table, parameters: Mapping[str, object]
) -> Given:
    """Raises ConfigError when the SELECT does not fit the table."""
    outputs = outputs_of(connection, sql.SQL(file.select), parameters)
    given = [output.name for output in outputs]
    added = [name for name in _OF_AGREEMENT if name in table.names and name not in given]
    check_columns(table, given, added=added, said_by=file.transform.place)
    return Given(
        file,
        table,
        tuple(name for name in table.names if name in given or name in added),
        frozenset(added),
        tuple(output.name for output in outputs if output.is_text and output.name.endswith("_key")),
    )


def _alias(key: str) -> str:
    return f"k_{key}"
