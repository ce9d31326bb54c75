"""Rates on their way into core.published_rate: by COPY into a temporary table, from there only what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from saldo.warehouse.connection import Connection


class Arrived(NamedTuple):
    """A row of core.published_rate without its source; rate: published for one of base."""

    kind: str
    base: str
    quote: str
    day: date
    rate: Decimal
    published: Decimal
    unit: int


@dataclass(frozen=True)
class Written:
    """months: the first days of those in which anything changed."""

    inserted: int
    updated: int
    deleted: int
    months: frozenset[date]


_TABLE = """
create temp table if not exists arrived_rate (
    place bigint generated always as identity,
    kind text,
    base_currency text,
    quote_currency text,
    rate_date date,
    rate numeric,
    published_rate numeric,
    unit numeric
)"""
_COPY = (
    "copy arrived_rate (kind, base_currency, quote_currency, rate_date, rate, published_rate, unit) "
    "from stdin"
)
#: The last of those that name the same day counts.
_UPSERT = """
with arrived as (
    select distinct on (a.kind, a.base_currency, a.quote_currency, a.rate_date)
        a.kind, a.base_currency, a.quote_currency, a.rate_date, a.rate, a.published_rate, a.unit
    from arrived_rate as a
    order by a.kind, a.base_currency, a.quote_currency, a.rate_date, a.place desc
),

written as (
    insert into core.published_rate as t (
        source, kind, base_currency, quote_currency, rate_date, rate, published_rate, unit
    )
    select
        %(source)s, a.kind, a.base_currency, a.quote_currency, a.rate_date, a.rate, a.published_rate, a.unit
    from arrived as a
    on conflict (source, kind, base_currency, quote_currency, rate_date) do update set
        rate = excluded.rate,
        published_rate = excluded.published_rate,
        unit = excluded.unit
    where row(t.rate, t.published_rate, t.unit) is distinct from row(excluded.rate, excluded.published_rate, excluded.unit)
    returning t.rate_date, (t.xmax = 0) as is_new
)

select
    count(*) filter (where w.is_new),
    count(*) filter (where not w.is_new),
    coalesce(array_agg(distinct date_trunc('month', w.rate_date)::date), '{}')
from written as w"""
_DELETE = """
with gone as (
    delete from core.published_rate as t
    where t.source = %(source)s
        and not exists (
            select 1
            from arrived_rate as a
            where a.kind = t.kind
                and a.base_currency = t.base_currency
                and a.quote_currency = t.quote_currency
                and a.rate_date = t.rate_date
        )
    returning t.rate_date
)

select
    count(*),
    coalesce(array_agg(distinct date_trunc('month', g.rate_date)::date), '{}')
from gone as g"""
_MISSING = """
select
    count(*),
    count(*) filter (
        where not exists (
            select 1
            from arrived_rate as a
            where a.kind = t.kind
                and a.base_currency = t.base_currency
                and a.quote_currency = t.quote_currency
                and a.rate_date = t.rate_date
        )
    )
from core.published_rate as t
where t.source = %(source)s and t.rate_date >= %(first)s"""


_UNLIKE = """
with last as (
    select distinct on (a.base_currency, a.quote_currency)
        a.base_currency, a.quote_currency, a.rate_date, a.rate
    from arrived_rate as a
    order by a.base_currency, a.quote_currency, a.rate_date desc
)

select l.base_currency, l.quote_currency, l.rate_date, l.rate, e.rate
from last as l
cross join lateral (
    select mart.exchange_rate_on('ecb', l.base_currency, l.quote_currency, l.rate_date) as rate
) as e
where l.rate > 2 * e.rate or e.rate > 2 * l.rate
order by 1, 2
limit 1"""


def copy(connection: Connection, rows: Iterable[Arrived]) -> int:
    """Take rows into the session's temporary table, in place of what was there; nothing of them when one of them
    fails. Returns how many."""
    connection.execute(_TABLE)
    count = 0
    with connection.transaction():
        connection.execute("truncate arrived_rate")
        with connection.cursor() as cursor, cursor.copy(_COPY) as copied:
            for row in rows:
                copied.write_row(row)
                count += 1
        connection.execute("analyze arrived_rate")
    return count


def missing(connection: Connection, source: str, first: date) -> tuple[int, int]:
    """(rates of the source from a day on that are known, those of them that have not arrived)"""
    row = connection.execute(_MISSING, {"source": source, "first": first}).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def unlike_the_ecb(connection: Connection) -> tuple[str, str, date, Decimal, Decimal] | None:
    """A pair whose last arrived rate is more than twice, or less than half, of the ECB's of that day: (base, quote, day,
    rate, the ECB's). None where there is none, or the ECB's rates are not there."""
    return connection.execute(_UNLIKE).fetchone()


def write(connection: Connection, source: str, *, is_everything: bool = False) -> Written:
    """Put what has arrived into core.published_rate, where it differs; in the caller's transaction.

    is_everything: what has not arrived is gone.
    """
    values = {"source": source}
    inserted, updated, months = connection.execute(_UPSERT, values).fetchone() or (0, 0, [])
    deleted, gone = 0, []
    if is_everything:
        deleted, gone = connection.execute(_DELETE, values).fetchone() or (0, [])
    return Written(inserted, updated, deleted, frozenset((*months, *gone)))
