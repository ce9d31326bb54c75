"""What keeps failing: from the runs in ops.sync_run to one open alert per (agreement, task).

A run counts once it has ended, by the last try of the task in it. Nights and manual runs count, windows
and backfills do not: they read other things. A success ends an alert, in a window only for what judges
the facts as a whole (facts, validate, prove). A task a run left out says nothing either way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from saldo.agreement import Agreement
from saldo.paths import SQL_DIR
from saldo.vendors import entity_names
from saldo.warehouse import Connection, read_sql

from .causes import cause_of

_SQL = SQL_DIR / "alerts"
#: Tasks that judge the facts as they are, whatever was read: a window that repairs them ends an alert.
CHECKS = ("facts", "validate", "prove", "dispatch")
#: No run lasts longer (dagrun_timeout): what has not ended by then never will.
LONGEST_RUN = timedelta(hours=20)
#: Characters of an error that are kept and mailed.
REASON_EXCERPT = 1_500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failing:
    """A task whose last ended runs all failed; reason and run are those of the latest."""

    agreement_id: str
    entity: str
    failures: int
    since: datetime
    sync_run_id: int
    dag_id: str
    run_id: str
    try_number: int
    family: str
    reason: str


def judge_failures(
    connection: Connection, agreements: Mapping[str, Agreement], *, now: datetime
) -> None:
    """Open, change and close alerts, in one transaction; nobody is told yet."""
    with connection.transaction():
        _close_gone(connection, agreements, now)
        for failing in _failing(connection, agreements, now):
            _note(connection, agreements[failing.agreement_id], failing, now)
        _close_recovered(connection, agreements, now)


def _failing(
    connection: Connection, agreements: Mapping[str, Agreement], now: datetime
) -> list[Failing]:
    with connection.cursor(row_factory=class_row(Failing)) as cursor:
        return cursor.execute(
            read_sql(_SQL / "failing.sql").encode(), _parameters(agreements, now)
        ).fetchall()


def _parameters(agreements: Mapping[str, Agreement], now: datetime) -> dict[str, object]:
    return {
        "agreements": list(agreements),
        "checks": list(CHECKS),
        "longest_ago": now - LONGEST_RUN,
    }


def _note(connection: Connection, of: Agreement, failing: Failing, now: datetime) -> None:
    """Open an alert at the threshold; an open one follows the latest run, and a new cause is news."""
    values = {
        "id": of.id, "task": failing.entity, "now": now, "vendor": of.vendor,
        "failures": failing.failures, "since": failing.since, "family": failing.family,
        "reason": failing.reason[:REASON_EXCERPT], "cause": cause_of(failing.family, failing.reason),
        "try_id": failing.sync_run_id, "dag_id": failing.dag_id, "run_id": failing.run_id,
        "try": failing.try_number,
    }  # fmt: skip
    known = connection.execute(
        "update ops.alert set failures = greatest(failures, %(failures)s), family = %(family)s, "
        "reason = %(reason)s, cause = %(cause)s, last_try_id = %(try_id)s, dag_id = %(dag_id)s, "
        "run_id = %(run_id)s, try_number = %(try)s, "
        "news = case when told_at is null then news when told_cause = %(cause)s then "
        "nullif(news, 'changed') else 'changed' end, "
        # Only what becomes news now: a reminder that waits for others must not begin to wait anew.
        "news_at = case when told_at is not null and told_cause <> %(cause)s "
        "and news is distinct from 'changed' then %(now)s else news_at end "
        "where agreement_id = %(id)s and kind = 'failure' and task = %(task)s and closed_at is null",
        values,
    ).rowcount
    if known or failing.failures < of.alerts.after_failures:
        return
    connection.execute(
        "insert into ops.alert (agreement_id, kind, task, opened_at, failures, reason, vendor, family, "
        "cause, since, last_try_id, dag_id, run_id, try_number, news, news_at) values (%(id)s, "
        "'failure', %(task)s, %(now)s, %(failures)s, %(reason)s, %(vendor)s, %(family)s, %(cause)s, "
        "%(since)s, %(try_id)s, %(dag_id)s, %(run_id)s, %(try)s, 'failed', %(now)s) "
        # Another watch may have opened it in this very moment.
        "on conflict (agreement_id, kind, task) where closed_at is null do nothing",
        values,
    )
    log.warning(
        "%s: %s has failed in %s runs: %s", of.id, failing.entity, failing.failures, failing.reason
    )


def _close_recovered(
    connection: Connection, agreements: Mapping[str, Agreement], now: datetime
) -> None:
    """An alert nobody was told of ends without a word."""
    rows = connection.execute(
        read_sql(_SQL / "recovered.sql").encode(), _parameters(agreements, now)
    ).fetchall()
    for alert_id, finished_at in rows:
        connection.execute(
            "update ops.alert set closed_at = %s, news_at = %s, "
            "news = case when told_at is not null then 'recovered' end where alert_id = %s",
            [finished_at, now, alert_id],
        )


def _close_gone(connection: Connection, agreements: Mapping[str, Agreement], now: datetime) -> None:
    """An entity the agreement no longer lands cannot recover: its alert ends without a word."""
    names = entity_names()
    rows = connection.execute(
        "select alert_id, agreement_id, task from ops.alert "
        "where closed_at is null and kind = 'failure' and agreement_id = any(%s)",
        [list(agreements)],
    ).fetchall()
    gone = [
        alert_id
        for alert_id, id, task in rows
        if task in names[agreements[id].vendor] and not agreements[id].wants(task)
    ]
    if gone:
        connection.execute(
            "update ops.alert set closed_at = %s, news = null where alert_id = any(%s)",
            [now, gone],
        )
