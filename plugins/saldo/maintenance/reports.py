"""The weekly reports: unknown fields, sizes and growth, and what of it needs a person."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql, translated

_SQL = SQL_DIR / "maintenance"
#: After VACUUM: more dead rows than this, and than this share of a table, mean that something holds it back.
DEAD_ROWS, DEAD_SHARE = 100_000, 0.3
#: Transactions until Postgres refuses to write: 2^31. Autovacuum sees to it long before this many are used.
OLD_TRANSACTIONS = 1_000_000_000
#: Tables named in the log.
_NAMED = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """What needs a person: what it is, and what to do."""

    what: str
    remedy: str


class _Growth(NamedTuple):
    name: str
    total: int
    week: int | None
    month: int | None
    dead: int
    free: int | None


@dataclass(frozen=True)
class _Size:
    """A row of sizes.sql."""

    schema_name: str
    table_name: str
    live_rows: int
    dead_rows: int
    table_bytes: int
    toast_bytes: int
    index_bytes: int
    total_bytes: int
    free_bytes: int | None
    vacuumed_at: datetime | None


def tell_drift(connection: Connection, *, now: datetime) -> int:
    """Log the fields that no report has named yet, and mark them as reported; returns how many. A
    kill in between reports them twice. Their values are in staging either way."""
    with translated():
        rows = connection.execute(
            "select vendor, entity, field, array_agg(subject_id order by subject_id), "
            "sum(records)::bigint, min(first_seen_at) from ops.drift where reported_at is null "
            "group by vendor, entity, field order by vendor, entity, field"
        ).fetchall()
        for vendor, entity, field, subjects, records, first_seen_at in rows:
            log.info(
                "%s %s: %s is new (%s records, in %s, since %s)",
                vendor, entity, field, records, ", ".join(subjects), f"{first_seen_at:%Y-%m-%d}",
            )  # fmt: skip
        connection.execute(
            "update ops.drift set reported_at = %s where reported_at is null "
            "and (vendor, entity, field) in (select * from unnest(%s::text[], %s::text[], %s::text[]))",
            [now, *([row[n] for row in rows] for n in range(3))],
        )
    if not rows:
        log.info("no field is new since the last report")
    return len(rows)


def measure(connection: Connection, *, now: datetime) -> list[Trouble]:
    """Write ops.table_size, log the largest tables and how they grew, and return what needs a person."""
    with translated(), connection.cursor(row_factory=class_row(_Size)) as cursor:
        sizes = cursor.execute(read_sql(_SQL / "sizes.sql").encode()).fetchall()
        columns = list(_Size.__annotations__)
        with connection.transaction():
            cursor.executemany(
                f"insert into ops.table_size (measured_at, {', '.join(columns)}) values "
                f"(%s{', %s' * len(columns)}) on conflict do nothing".encode(),
                [(now, *(getattr(size, column) for column in columns)) for size in sizes],
            )
        _log_sizes(connection)
        return [*_held_back(connection, sizes), *_near_wraparound(connection)]


def _log_sizes(connection: Connection) -> None:
    total = connection.execute("select pg_database_size(current_database())").fetchone()
    log.info("the warehouse takes %s", _bytes(total[0] if total else 0))
    rows = connection.execute(
        "select schema_name || '.' || table_name, total_bytes, week_bytes, month_bytes, dead_rows, "
        "free_bytes from ops.table_growth order by total_bytes desc limit %s",
        [_NAMED],
    ).fetchall()
    for row in map(_Growth._make, rows):
        log.info(
            "%-32s %10s, in a week %s, in four %s; %s dead rows, about %s empty",
            row.name, _bytes(row.total), _grown(row.week), _grown(row.month), f"{row.dead:,}",
            "?" if row.free is None else _bytes(row.free),
        )  # fmt: skip


def _held_back(connection: Connection, sizes: list[_Size]) -> list[Trouble]:
    bad = [
        f"{s.schema_name}.{s.table_name} ({s.dead_rows:,} dead rows beside {s.live_rows:,})"
        for s in sizes
        if s.dead_rows > DEAD_ROWS and s.dead_rows > DEAD_SHARE * (s.dead_rows + s.live_rows)
    ]
    if not bad:
        return []
    holding = connection.execute(read_sql(_SQL / "holding.sql").encode()).fetchall()
    who = "; ".join(what for what, _ in holding)
    return [
        Trouble(
            f"VACUUM cannot remove dead rows of {', '.join(bad[:_NAMED])}",
            f"end what still needs them: {who}"
            if who
            else "look for long transactions in pg_stat_activity, then run VACUUM again",
        )
    ]


def _near_wraparound(connection: Connection) -> list[Trouble]:
    row = connection.execute(
        "select age(datfrozenxid) from pg_database where datname = current_database()"
    ).fetchone()
    age = int(row[0]) if row else 0
    if age < OLD_TRANSACTIONS:
        return []
    return [
        Trouble(
            f"{age:,} transactions have not been frozen; at 2,147,483,647 Postgres writes no more",
            "find out why autovacuum does not run, and run VACUUM FREEZE as the database's owner",
        )
    ]


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if abs(size) < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} GB"


def _grown(count: int | None) -> str:
    return "not known" if count is None else ("+" if count >= 0 else "") + _bytes(count)
