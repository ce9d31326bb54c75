"""Rows that are older than they are kept: found once, deleted in small transactions.

Which rows may go is said by include/sql/maintenance/<table>.sql, which leaves what something still reads. A
kill leaves some of them for the next week; what is counted in ops.removal commits with what was deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import sql

from saldo.errors import Busy
from saldo.warehouse.connection import Connection, read_sql, translated

from .retention import Rule

#: Rows of one transaction: a fraction of a second, so that nobody waits for their locks.
AT_ONCE = 5_000


@contextmanager
def maintenance_lock(connection: Connection) -> Iterator[None]:
    """One maintenance at a time; raises Busy. The lock is gone when the process is."""
    name = "saldo maintenance"
    with translated():
        row = connection.execute(
            "select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]
        ).fetchone()
    if not row or not row[0]:
        raise Busy("another maintenance is at work; this one tries again later")
    try:
        yield
    finally:
        if not connection.broken and not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def prune(
    connection: Connection, rule: Rule, *, run_id: str, now: datetime, at_once: int = AT_ONCE
) -> int:
    """Delete what the rule lets go; returns how many rows. A table is free for others between batches."""
    before = rule.before(now)
    if before is None:
        return 0
    removed = 0
    with translated(), connection.cursor(name="old", withhold=True) as old:
        # With hold: what it found is kept aside, no snapshot stays open while rows are deleted.
        old.execute(read_sql(rule.sql).encode(), {"before": before, "now": now})
        while keys := [key for (key,) in old.fetchmany(at_once)]:
            with connection.transaction():
                count = connection.execute(_delete(rule), {"keys": keys, "before": before}).rowcount
                note_removed(
                    connection, rule.subject, run_id=run_id, before=before, removed=count, now=now
                )
            removed += count
    return removed


def _delete(rule: Rule) -> sql.Composed:
    """The age is checked again: another row may have taken the place (ctid) of one that is gone."""
    return sql.SQL(
        "delete from {table} where {key} = any(%(keys)s::{type}[]) and {age} < %(before)s"
    ).format(
        table=sql.Identifier(*rule.table.split(".")),
        key=sql.Identifier(rule.key),
        type=sql.SQL("tid" if rule.key == "ctid" else "bigint"),
        age=sql.Identifier(rule.age),
    )


def note_removed(
    connection: Connection,
    subject: str,
    *,
    run_id: str,
    before: datetime,
    removed: int,
    now: datetime,
    bytes: int | None = None,
) -> None:
    """Add to what the run has removed of a subject; part of the transaction that is open, if one is."""
    connection.execute(
        "insert into ops.removal as r (run_id, subject, older_than, removed, bytes, at) "
        "values (%s, %s, %s, %s, %s, %s) on conflict (run_id, subject) do update set "
        "removed = r.removed + excluded.removed, bytes = r.bytes + excluded.bytes, at = excluded.at",
        [run_id, subject, before, removed, bytes, now],
    )
