"""What can be asked of one agreement's rows of one staging table; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from saldo.declarations.entity import Entity
from saldo.declarations.source import LARGEST
from saldo.runs import watermark
from saldo.warehouse.connection import Connection
from saldo.warehouse.plans import joined_by_hash
from saldo.ways.conditions import Condition, Dated, NotZero, Numbered, OneOf

from .statements import DIFFERING_IN, OTHER_FIELD, SHOWN_OTHERWISE, UNSEEN, conditions

_LIVE = sql.SQL("s.agreement_id = %(agreement_id)s and s.deleted_at is null")


@dataclass(frozen=True)
class Tombstones:
    """What a complete read no longer held."""

    missing: int
    live: int
    examples: tuple[str, ...]


class StagedRows:
    """Rows of (vendor, entity, agreement), and the list of what a read has seen of them."""

    def __init__(
        self,
        connection: Connection,
        vendor: str,
        entity: Entity,
        agreement_id: str,
        run_id: str,
        *,
        is_thorough: bool = False,
    ) -> None:
        """is_thorough: a payload that was damaged although its hash is intact is replaced, too."""
        self._connection = connection
        self._vendor, self._entity = vendor, entity
        self._agreement_id, self._run_id = agreement_id, run_id
        self._is_thorough = is_thorough
        self._table = sql.Identifier("staging", f"{vendor}_{entity.name}")
        self._name = f"staging.{vendor}_{entity.name}"
        self._is_composite = len(entity.key_parts) > 1
        #: What records are looked up by: their key, or its first part where it has several.
        self._number = "split_part(s.source_key, '|', 1)" if self._is_composite else "s.source_key"

    def is_empty(self) -> bool:
        """Whether the agreement has no row, dead or alive."""
        return not self._one(
            "select exists (select from {t} where agreement_id = %(agreement_id)s)"
        )

    def live(self, *among: Condition) -> int:
        """How many rows are not tombstoned."""
        return self._one("select count(*) from {t} as s where {live} and {where}", among=among)

    def highest(self) -> int:
        """The highest number there is a row of; 0 without rows."""
        return self._one(
            "select coalesce(max({number}::bigint), 0) from {t} as s "
            "where s.agreement_id = %(agreement_id)s and {countable}",
            largest=LARGEST,
        )

    def counts_by(self, width: int, *among: Condition) -> dict[int, int]:
        """How many live rows have their number in (part * width, (part + 1) * width], by part."""
        rows = self._run(
            "select ({number}::bigint - 1) / %(width)s as part, count(*) from {t} as s "
            "where {live} and {countable} and {where} group by part",
            among=among,
            width=width,
            largest=LARGEST,
        )
        return dict(rows.fetchall())

    # --- what a read has seen --------------------------------------------------------------------

    def seen(self) -> int:
        """How many different keys the read has seen."""
        return self._one(
            "select count(*) from staging.seen as s where s.agreement_id = %(agreement_id)s "
            "and s.entity = %(entity)s"
        )

    def seen_among(self, numbers: Sequence[str]) -> int:
        """How many keys with these numbers the read has seen."""
        return self._one(
            "select count(*) from staging.seen as s where s.agreement_id = %(agreement_id)s "
            "and s.entity = %(entity)s and {where}",
            among=[Numbered(numbers)],
        )

    def unseen(self, *among: Condition) -> list[str]:
        """The numbers of live rows whose keys the read has not seen, each once."""
        with self.compared_by_hash():
            rows = self._run(
                f"select distinct {{number}} from {{t}} as s where {{live}} and {{where}} and {UNSEEN} "
                "order by 1",
                among=among,
            )
        return [row[0] for row in rows]

    def values(self, field: str, *among: Condition) -> list[str]:
        """The values of a field in live rows, each once."""
        rows = self._run(
            "select distinct s.payload ->> {field} from {t} as s where {live} and {where} "
            "and s.payload ->> {field} is not null order by 1",
            {"field": sql.Literal(field)},
            among=among,
        )
        return [row[0] for row in rows]

    def beside_seen(self, fields: Sequence[str]) -> list[str]:
        """Keys of live rows the read has not seen, which have the same in all of these fields as one it has."""
        names = {"ours": _values("s", fields), "theirs": _values("o", fields)}
        with self.compared_by_hash():
            rows = self._run(
                f"select s.source_key from {{t}} as s where {{live}} and {UNSEEN} and ({{ours}}) in ("
                "select {theirs} from {t} as o inner join staging.seen as k on k.agreement_id = o.agreement_id "
                "and k.source_key = o.source_key where k.agreement_id = %(agreement_id)s and k.entity = %(entity)s) "
                "order by 1",
                names,
            )
        return [row[0] for row in rows]

    def missing(self, *among: Condition) -> Tombstones:
        """Live rows the read has not seen, beside all live rows."""
        with self.compared_by_hash():
            row = self._run(
                "select count(*), (array_agg(s.source_key order by s.source_key))[:5] from {t} as s "
                f"where {{live}} and {{where}} and {UNSEEN}",
                among=among,
            ).fetchone()
        gone, examples = row or (0, None)
        return Tombstones(gone, self.live() if gone else 0, tuple(examples or ()))

    @contextmanager
    def compared_by_hash(self) -> Iterator[None]:
        """For comparisons with the list of what was seen: it is full before anything knows its size, and taken for
        empty, each row would be compared with every key."""
        with self._connection.transaction(), joined_by_hash(self._connection):
            yield

    # --- other entities --------------------------------------------------------------------------

    def reached(self, other: str) -> int:
        """The last change of an entity of the same agreement; 0 before it first lands."""
        return watermark.progress(self._connection, self._agreement_id, "staging").get(other, 0)

    def dated_in(self, other: str, days: Dated) -> list[str]:
        """Keys of live rows of the entity `other`, dated so."""
        if not self._is_table(other):
            return []
        rows = self._run(
            "select s.source_key from {other} as s where {live} and {where} order by 1",
            {"other": self._table_of(other)},
            among=[days],
        )
        return [row[0] for row in rows]

    def changed_in(self, other: str, *, since: int) -> tuple[list[str], int]:
        """(keys of rows of the entity `other` that changed or went after `since`, its last change)"""
        if not self._is_table(other):
            return [], since
        reached = self.reached(other)
        rows = self._run(
            "select o.source_key from {other} as o where o.agreement_id = %(agreement_id)s "
            "and o.change_seq > %(since)s order by 1",
            {"other": self._table_of(other)},
            since=since,
        )
        return [row[0] for row in rows], reached

    def differing_in(self, other: str, field: str) -> list[str]:
        """Keys of live rows that the entity `other` shows with another value of a numeric field, or does
        not show although it is not 0."""
        if not self._is_table(other):
            return self.unseen(NotZero(field))
        rows = self._run(
            DIFFERING_IN, {"field": sql.Literal(field), "other": self._table_of(other)}
        )
        return [row[0] for row in rows]

    def are_shown(
        self,
        other: str,
        *,
        among: OneOf,
        number: str,
        amount: str,
        also: Sequence[tuple[str, str]],
    ) -> bool:
        """See saldo.ways.context.Rows. Each comparison is a join by hash: both sides are thousands."""
        if not self._is_table(other):
            return False
        differ = sql.SQL("").join(
            sql.SQL(OTHER_FIELD).format(ours=_path(ours), theirs=_path(theirs))
            for ours, theirs in also
        )
        names = {
            "other": self._table_of(other), "kind": _path(among.field), "named": _path(number),
            "amount": sql.Literal(amount), "differ": differ,
        }  # fmt: skip
        with self.compared_by_hash():
            found = self._run(SHOWN_OTHERWISE, names, kinds=list(among.values)).fetchone()
        return found is None

    def text_of(self, other: str, key: str) -> str | None:
        """See saldo.ways.context.Rows."""
        if not self._is_table(other):
            return None
        row = self._run(
            "select o.payload::text from {other} as o where o.agreement_id = %(agreement_id)s "
            "and o.source_key = %(key)s and o.deleted_at is null",
            {"other": self._table_of(other)},
            key=key,
        ).fetchone()
        return row[0] if row else None

    def naming_vanished(self, other: str, field: str, *, since: int) -> tuple[list[str], int]:
        """See saldo.ways.context.Rows."""
        reached = self.reached(other) if self._is_table(other) else 0
        if reached <= since:
            return [], since
        names = {"other": self._table_of(other), "field": sql.Literal(field.split("."))}
        members = "select o.source_key from {other} as o where o.agreement_id = %(agreement_id)s"
        gone = f"{members} and o.change_seq > %(since)s and o.deleted_at is not null"
        if since and not self._run(f"{gone} limit 1", names, since=since).fetchone():
            return [], reached  # rows are many, and rarely has anybody vanished
        there = f"{members} and o.deleted_at is null"
        rows = self._run(
            "select distinct {number} from {t} as s where {live} and s.payload #>> {field} "
            + (f"in ({gone})" if since else f"not in ({there})")
            + f" and {UNSEEN} order by 1",
            names,
            since=since,
        )
        return [row[0] for row in rows], reached

    # --- plumbing --------------------------------------------------------------------------------

    def _is_table(self, other: str) -> bool:
        row = self._connection.execute(
            "select to_regclass(%s) is not null", [f"staging.{self._vendor}_{other}"]
        ).fetchone()
        return bool(row and row[0])

    def _table_of(self, other: str) -> sql.Identifier:
        return sql.Identifier("staging", f"{self._vendor}_{other}")

    def _one(self, statement: str, *, among: Sequence[Condition] = (), **parameters: object) -> int:
        row = self._run(statement, None, among=among, **parameters).fetchone()
        return int(row[0]) if row else 0

    def _run(
        self,
        statement: str,
        names: Mapping[str, sql.Composable] | None = None,
        *,
        among: Sequence[Condition] = (),
        **parameters: object,
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement, a constant of this package. {t} is the staging table, {number} what its
        records are looked up by, {live} its live rows of the agreement, {countable} those whose number is at
        most the parameter `largest`, {where} the conditions
        `among` (alias s)."""
        where, values = conditions(among, self._number)
        text = sql.SQL(statement).format(
            t=self._table,
            number=sql.SQL(self._number),
            live=_LIVE,
            countable=sql.SQL(f"abs({self._number}::numeric) <= %(largest)s"),
            where=where,
            **(names or {}),
        )
        return self._connection.execute(text, self._parameters() | values | parameters)

    def _parameters(self) -> dict[str, object]:
        return {
            "agreement_id": self._agreement_id,
            "vendor": self._vendor,
            "entity": self._entity.name,
            "run_id": self._run_id,
        }


def _path(field: str) -> sql.Literal:
    """A field, or one inside another (`customer.customerNumber`), as `#>>` takes it."""
    return sql.Literal(field.split("."))


def _values(alias: str, fields: Sequence[str]) -> sql.Composed:
    """The fields of a row, as a list of expressions."""
    one = sql.SQL("{}.payload #>> {}")
    return sql.SQL(", ").join(one.format(sql.Identifier(alias), _path(f)) for f in fields)
