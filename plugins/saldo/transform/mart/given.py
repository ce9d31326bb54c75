"""What the last SELECT of a file gives, and how that becomes rows of its table: keys looked up, types the table's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from saldo.staging.keys import LONGEST_KEY
from saldo.warehouse.catalogue import Column, Table
from saldo.warehouse.columns import quoted
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import check_columns, new_keys, outputs_of

from .declaration import Declaration

#: Columns the writer gives where the table has them and the SELECT does not.
_OF_AGREEMENT = ("agreement_id", "agreement_key")
_TOO_LONG = "is too long for a key"


@dataclass(frozen=True)
class Given:
    """columns: those that are written, in the table's order; added: those of them the SELECT does not give;
    keys: those it gives as the vendor's number. is_guarded: a value that does not fit its column is left empty, or
    its row left out where the column may not be, and where its own key is too long (`misfits` tells which). indexed: texts
    that must fit an index."""

    file: Declaration
    table: Table
    columns: tuple[str, ...]
    added: frozenset[str]
    keys: tuple[str, ...]
    is_guarded: bool = False
    indexed: frozenset[str] = frozenset()

    def new_keys(self) -> Iterator[sql.Composed]:
        """Statements that make the keys of new rows: of the file's steps, where it says so, or of its SELECT."""
        for new in self.file.new_keys:
            source = self._that_fit(new.source, new.column)
            yield new_keys(sql.SQL(new.kind), source, sql.Identifier("s", new.column))
        [own, *_] = self.table.key
        if own in self.keys and not self.file.new_keys:
            order = self.file.key_order
            yield new_keys(
                self._kind(own),
                self._that_fit(f"({self.file.select})", own),
                sql.Identifier("s", own),
                order_by=sql.Identifier("s", order) if order else None,
            )

    def _that_fit(self, source: str, key: str) -> sql.SQL:
        """Rows whose keys fit an index."""
        if not self.is_guarded:
            return sql.SQL(source)
        return sql.SQL(
            f"(select s.* from {source} as s where octet_length(s.{quoted(key)}) <= {LONGEST_KEY})"
        )

    def rows(self) -> sql.Composed:
        """A SELECT of rows as the table has them."""
        values = (
            self._value(column.name, column.type)
            for column in self.table.columns
            if column.name in self.columns
        )
        needed = [
            f"coalesce({self._fits(c)}, false)"
            for c in self._own()
            if c.is_required and self.is_guarded
        ]
        return sql.SQL("select {} from ({}) as s {} {}").format(
            sql.SQL(", ".join(values)),
            sql.SQL(self.file.select),
            sql.SQL(" ").join(map(self._lookup, self.keys)),
            sql.SQL(f"where {' and '.join(needed)}" if needed else ""),
        )

    def misfits(self) -> sql.Composed | None:
        """A SELECT of (own key, columns, values, reasons) of what does not fit its column, all of a row together; None
        where nothing of the SELECT could."""
        looked_at = [c for c in self._own() if c.is_required or self._is_limited(c)]
        tests = [
            f"'{c.name}', s.{quoted(c.name)}::text, {self._fits(c)}, {c.is_required}, '{self._misfit(c)}'"
            for c in looked_at
        ]
        tests += [
            f"'{key}', s.{quoted(key)}, {self._has_key(key)}, true, '{_TOO_LONG}'"
            for key in self.table.key
            if key in self.keys
        ]
        if not tests:
            return None
        named = ", ".join(f"({place}, {test})" for place, test in enumerate(tests))
        return sql.SQL(
            "select {key} as source_key, string_agg(v.column_name, ', ' order by v.place) as column_name, "
            "left(string_agg(coalesce(v.value, ''), ', ' order by v.place), 1000) as value, string_agg(distinct "
            "case when v.value is null then 'is missing' else v.misfit end, ', ') as reason from ({select}) as s "
            "cross join lateral (values {named}) as v (place, column_name, value, fits, is_required, misfit) "
            "where not coalesce(v.fits, not v.is_required) group by 1"
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
            "({} or split_part(source_key, ' (', 1) in (select {} from changed as c))"
        ).format(given, sql.SQL(_shortened(self._joined(self.file.unit, "c"))))

    def _shown_key(self) -> sql.SQL:
        """What the rows of a unit have in common, and that of the row itself as the vendor has it:
        order|3 (order|800003|31), 4600 (2026-03-01)."""
        keys = [key for key in self.table.key if key not in self.added]
        unit = _shortened(self._joined(self.file.unit or keys, "s"))
        own = next(
            (_shortened(f"coalesce(s.{quoted(key)}, '')") for key in keys if key in self.keys), None
        )
        others = [key for key in keys if key not in self.file.unit]
        if self.file.unit and (own or others):
            return sql.SQL(f"{unit} || ' (' || {own or self._joined(others, 's')} || ')'")
        return sql.SQL(own or unit)

    def _joined(self, names: Iterable[str], alias: str) -> str:
        values = ", ".join(self._told(name, alias) for name in names)
        return f"concat_ws('|', {values})"

    def _told(self, name: str, alias: str) -> str:
        """A column as people know it: of a member, its number in place of its surrogate key; nothing where none is
        given (-3)."""
        member, value = name.removesuffix("_key"), f"{alias}.{quoted(name)}"
        if name in self.keys or name == member or f"{member}_number" not in self.table.names:
            return value
        return (
            f"coalesce((select d.{member}_number from mart.dim_{member} as d where d.{quoted(name)} = {value} "
            f"and {value} > 0), nullif({value}, -3)::text)"
        )

    def _own(self) -> list[Column]:
        """Columns that the SELECT itself gives."""
        return [
            column
            for column in self.table.columns
            if column.name in self.columns
            and column.name not in self.added
            and column.name not in self.keys
        ]

    def _is_limited(self, column: Column) -> bool:
        return column.name in self.indexed or bool(column.limit)

    def _fits(self, column: Column) -> str:
        """Whether a value may be written; null where there is none."""
        value = f"s.{quoted(column.name)}"
        if column.limit:
            return f"abs({value}::numeric) < {column.limit}"
        if column.name in self.indexed:
            return f"octet_length({value}) <= {LONGEST_KEY}"
        return f"case when {value} is not null then true end"

    def _has_key(self, name: str) -> str:
        """Whether a row has a key of its own, or can be given one; null where it says no number."""
        value = f"s.{quoted(name)}"
        known = (
            "select from core.key_map as m where m.agreement_id = %(agreement_id)s "
            f"and m.kind = {self._kind(name).as_string()} and m.source_key = {value}"
        )
        return f"octet_length({value}) <= {LONGEST_KEY} or exists ({known})"

    def _misfit(self, column: Column) -> str:
        return _TOO_LONG if column.name in self.indexed else f"is too large for {column.type}"

    def _value(self, name: str, type: str) -> str:
        value = f"s.{quoted(name)}"
        if name in self.added:
            value = f"%({name})s"
        elif name in self.keys:
            value = f"{quoted(_alias(name))}.key"
            if name not in self.table.key:
                value = f"coalesce({value}, case when s.{quoted(name)} is null then -3 else -1 end)"
        column = next((c for c in self._own() if c.name == name), None)
        if self.is_guarded and column and self._is_limited(column):
            value = f"case when {self._fits(column)} then {value} end"
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


def indexed_texts(connection: Connection, table: Table) -> frozenset[str]:
    """Columns of text that stand in an index of the table as they are."""
    rows = connection.execute(
        "select distinct a.attname from pg_index as i inner join pg_attribute as a on a.attrelid = i.indrelid "
        "and a.attnum = any(i.indkey) where i.indrelid = %s::regclass and a.atttypid = 'text'::regtype",
        [table.full_name],
    ).fetchall()
    return frozenset(name for (name,) in rows)


def _shortened(text: str) -> str:
    """As SQL: a part of a key of ops.set_aside, whose own index takes no key that is too long."""
    return (
        f"case when octet_length({text}) > {LONGEST_KEY // 2} then left({text}, 100) || '…' || md5({text}) "
        f"else {text} end"
    )


def _alias(key: str) -> str:
    return f"k_{key}"
