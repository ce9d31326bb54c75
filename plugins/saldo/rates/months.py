"""mart.fact_exchange_rate: the months of one source, worked out anew from its days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from psycopg import ClientCursor, sql

from saldo.banks import BANKS
from saldo.paths import SQL_DIR
from saldo.warehouse.catalogue import table
from saldo.warehouse.connection import Connection, read_sql
from saldo.warehouse.plans import joined_by_hash
from saldo.warehouse.upsert import check_columns, columns_of, upsert

_SQL = SQL_DIR / "rates"
_TABLE = "mart.fact_exchange_rate"
_AT_ONCE = 12
_DELETE = """
delete from mart.fact_exchange_rate as t
where t.source = %(source)s
    and t.month = any(%(months)s::date[])
    and not exists (
        select 1
        from fresh_rate as f
        where f.base_currency = t.base_currency
            and f.quote_currency = t.quote_currency
            and f.month = t.month
    )"""
#: Whose sources are not banks: file:<id of the configuration>.
FILE = "file:"


def lock(connection: Connection, source: str) -> None:
    """Work on a source alone until the end of the transaction that is open."""
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"saldo rates {source}"]
    )


def refresh(connection: Connection, source: str, changed: Iterable[date]) -> int:
    """Work out the months that changed, and those that were not over; in the caller's transaction.

    changed: any day of a month, or the first. Returns how many rows differ from before.
    """
    rows = connection.execute(
        "select distinct month from mart.fact_exchange_rate where source = %s and not is_complete",
        [source],
    )
    return _write(
        connection, source, {day.replace(day=1) for day in (*changed, *(r[0] for r in rows))}
    )


def rebuild(connection: Connection, source: str) -> int:
    """Work out every month of a source, in one transaction. Returns how many rows differ from before."""
    rows = connection.execute(
        "select date_trunc('month', rate_date)::date from core.published_rate where source = %(source)s "
        "union select month from mart.fact_exchange_rate where source = %(source)s",
        {"source": source},
    )
    return _write(connection, source, {row[0] for row in rows})


def _write(connection: Connection, source: str, months: set[date]) -> int:
    """A year's worth of months at a time: all pairs of all days of many years would be millions of rows at once."""
    ordered = sorted(months)
    with connection.transaction():
        return sum(
            _write_some(connection, source, ordered[start : start + _AT_ONCE])
            for start in range(0, len(ordered), _AT_ONCE)
        )


def _write_some(connection: Connection, source: str, months: list[date]) -> int:
    is_file = source.startswith(FILE)
    name = "own_months.sql" if is_file else "bank_months.sql"
    currency = "" if is_file else BANKS[source].currency
    values = {"source": source, "currency": currency, "months": months}
    select, target = sql.SQL(read_sql(_SQL / name)), table(connection, _TABLE)
    columns = columns_of(connection, select, values)
    check_columns(target, columns, said_by=name)
    with ClientCursor(connection) as cursor:
        with joined_by_hash(connection):
            cursor.execute(
                sql.SQL("create temp table fresh_rate on commit drop as {}").format(select), values
            )
        cursor.execute("analyze fresh_rate")
        cursor.execute(_DELETE, values)
        gone = cursor.rowcount
        cursor.execute(upsert(target, columns, sql.Identifier("fresh_rate")))
        changed = cursor.rowcount
        cursor.execute("drop table fresh_rate")
    return gone + changed
