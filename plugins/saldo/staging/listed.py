"""A vendor's list of versions beside one agreement's rows of one staging table: what is to be read, and what is gone.

The list lives in temporary tables of the session: it is read anew by every try.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from psycopg import sql

from .rows import StagedRows

_Listed = Iterable[Sequence[tuple[str, str]]]

_NAMED = """
create temporary table named (
    place integer generated always as identity,
    source_key text not null,
    version text not null
)
"""
#: Of a key that is listed twice, the last counts. A version that is no whole number is never doubtful.
_LISTED = """
create temporary table listed as
select
    n.source_key collate "C" as source_key,
    s.source_key is null
    or s.deleted_at is not null
    or s.payload ->> {field} is distinct from n.version
    or (
        %(first)s::bigint is not null
        and s.payload ->> {field} ~ '^[0-9]{{1,18}}$'
        and (s.payload ->> {field})::bigint between %(first)s::bigint and %(last)s::bigint
    )
    or (
        %(is_everything)s
        and not exists (
            select from staging.seen as k
            where k.agreement_id = %(agreement_id)s
                and k.entity = %(entity)s
                and k.source_key = n.source_key
        )
    ) as is_wanted,
    false as is_delivered
from (
    select distinct on (m.source_key)
        m.source_key,
        m.version
    from pg_temp.named as m
    order by m.source_key, m.place desc
) as n
left join {t} as s
    on s.agreement_id = %(agreement_id)s
    and s.source_key = n.source_key
"""

#: What is older there is what it was before it became what it is here.
_LIVE_IN = """
select o.source_key
from {other} as o
inner join {t} as s
    on s.agreement_id = o.agreement_id
    and s.source_key = o.source_key
where o.agreement_id = %(agreement_id)s
    and o.deleted_at is null
    and o.source_key = any(%(keys)s::text[])
    and case
        when o.payload ->> {field} ~ '^[0-9]{{1,18}}$' and s.payload ->> {field} ~ '^[0-9]{{1,18}}$'
        then (o.payload ->> {field})::bigint >= (s.payload ->> {field})::bigint
        else true
    end
"""


class ListedRows(StagedRows):
    """Rows of (vendor, entity, agreement) beside the vendor's list of them; see saldo.ways.context.Rows."""

    def list_versions(
        self,
        listed: _Listed,
        field: str,
        *,
        is_everything: bool,
        doubtful: tuple[int, int] | None,
    ) -> None:
        listed = _received(listed)
        with self._connection.transaction():
            self._take(listed)
            first, last = doubtful or (None, None)
            self._connection.execute("drop table if exists pg_temp.listed")
            with self.compared_by_hash():
                self._run(
                    _LISTED,
                    {"field": sql.Literal(field)},
                    first=first,
                    last=last,
                    is_everything=is_everything,
                )
            self._connection.execute("create unique index on pg_temp.listed (source_key)")
            self._connection.execute("analyze pg_temp.listed")

    def wanted(self, *, after: str, limit: int) -> list[str]:
        rows = self._connection.execute(
            "select l.source_key from pg_temp.listed as l where l.is_wanted and not l.is_delivered "
            "and l.source_key > %s order by l.source_key limit %s",
            [after, limit],
        )
        return [key for (key,) in rows]

    def mark_delivered(self, keys: Sequence[str]) -> None:
        self._connection.execute(
            "update pg_temp.listed as l set is_delivered = true where l.source_key = any(%s::text[])",
            [list(keys)],
        )

    def undelivered(self) -> int:
        return self._one(
            "select count(*) from pg_temp.listed as l where l.is_wanted and not l.is_delivered"
        )

    def still_listed(self, listed: _Listed) -> list[str]:
        listed = _received(listed)
        with self._connection.transaction():
            self._take(listed)
            rows = self._connection.execute(
                "select l.source_key from pg_temp.listed as l where l.is_wanted and not l.is_delivered "
                "and exists (select from pg_temp.named as n where n.source_key = l.source_key) order by 1"
            )
            still = [key for (key,) in rows]
            self._connection.execute("truncate pg_temp.listed")
            self._connection.execute(
                "insert into pg_temp.listed (source_key) select distinct n.source_key from pg_temp.named as n"
            )
        return still

    def unlisted(self) -> list[str]:
        with self.compared_by_hash():
            rows = self._run(
                "select s.source_key from {t} as s where {live} "
                "and not exists (select from pg_temp.listed as l where l.source_key = s.source_key) order by 1"
            )
        return [key for (key,) in rows]

    def live_in(self, others: Sequence[str], keys: Sequence[str], field: str) -> set[str]:
        found: set[str] = set()
        for other in filter(self._is_table, others):
            rows = self._run(
                _LIVE_IN,
                {"other": self._table_of(other), "field": sql.Literal(field)},
                keys=list(keys),
            )
            found.update(key for (key,) in rows)
        return found

    def lock_with(self, others: Sequence[str]) -> None:
        names = " ".join(sorted({self._entity.name, *others}))
        self._run(
            "select pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))",
            lock=f"saldo {self._agreement_id} kinds {names}",
        )

    def _take(self, listed: _Listed) -> None:
        self._connection.execute("drop table if exists pg_temp.named")
        self._connection.execute(_NAMED)
        into = "copy pg_temp.named (source_key, version) from stdin"
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for part in listed:
                for key, version in part:
                    copy.write_row((_text(key), _text(version)))


def _text(said: str) -> str:
    """What no text of Postgres holds is replaced, as in payloads; the record it is said of is told with its field."""
    if said.isascii() and "\0" not in said:
        return said
    return said.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _received(listed: _Listed) -> _Listed:
    """The same, asked for before a transaction is opened: a vendor may let one wait."""
    parts = iter(listed)
    first = next(parts, ())
    return chain([first], parts)
