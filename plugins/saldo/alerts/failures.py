"""What keeps failing: from the runs in ops.sync_run to one open alert per (subject, task).

A run counts once it has ended, by the last try of the task in it. Nights and manual runs count;
windows and backfills do not, since they read other things. A success ends an alert; in a window
only that of a task that judges the facts as a whole (facts, validate, prove). A task that a run
left out says nothing either way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from saldo.paths import SQL_DIR
from saldo.subject import OfSubject, Subject, Subjects, arrays
from saldo.warehouse.connection import Connection, read_sql

from .causes import cause_of

_SQL = SQL_DIR / "alerts"
#: Tasks that judge the facts as they are, whatever was read: a window that repairs them ends an alert.
CHECKS = ("facts", "validate", "prove")
#: No run lasts longer (dagrun_timeout): what has not ended by then never will.
LONGEST_RUN = timedelta(hours=20)
#: Characters of an error that are kept and mailed.
REASON_EXCERPT = 1_500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failing(OfSubject):
    """A task whose last ended runs all failed; reason and run are those of the latest."""

    entity: str
    failures: int
    since: datetime
    sync_run_id: int
    dag_id: str
    run_id: str
    try_number: int
    family: str
    reason: str


def judge_failures(connection: Connection, subjects: Subjects, *, now: datetime) -> None:
    """Open, change and close alerts, in one transaction; nobody is notified yet."""
    with connection.transaction():
        _close_dropped(connection, subjects, now)
        for failing in _failing(connection, subjects, now):
            of = subjects[failing.key]
            if failing.entity not in of.dropped:
                _note(connection, of, failing, now)
        _close_recovered(connection, subjects, now)


def _failing(connection: Connection, subjects: Subjects, now: datetime) -> list[Failing]:
    with connection.cursor(row_factory=class_row(Failing)) as cursor:
        return cursor.execute(
            read_sql(_SQL / "failing.sql").encode(),
            {**_parameters(subjects, now), "dag_ids": [of.dag_id for of in subjects.values()]},
        ).fetchall()


def _parameters(subjects: Subjects, now: datetime) -> dict[str, object]:
    return {
        **arrays(subjects),
        "checks": list(CHECKS),
        "longest_ago": now - LONGEST_RUN,
    }


def _note(connection: Connection, of: Subject, failing: Failing, now: datetime) -> None:
    """Open an alert at the threshold; an open one follows the latest run, and a new cause is news."""
    values = {
        "kind": of.key.kind, "id": of.key.id, "task": failing.entity, "now": now, "system": of.system,
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
        # Only what becomes news now: a reminder that waits for others must not start waiting again.
        "news_at = case when told_at is not null and told_cause <> %(cause)s "
        "and news is distinct from 'changed' then %(now)s else news_at end "
        "where subject_kind = %(kind)s and subject_id = %(id)s and kind = 'failure' and task = %(task)s "
        "and closed_at is null",
        values,
    ).rowcount
    if known or failing.failures < of.alerts.after_failures:
        return
    connection.execute(
        "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, "
        "family, cause, since, last_try_id, dag_id, run_id, try_number, news, news_at) values (%(kind)s, "
        "%(id)s, 'failure', %(task)s, %(now)s, %(failures)s, %(reason)s, %(system)s, %(family)s, %(cause)s, "
        "%(since)s, %(try_id)s, %(dag_id)s, %(run_id)s, %(try)s, 'failed', %(now)s) "
        # Another watch may have opened it in this very moment.
        "on conflict (subject_kind, subject_id, kind, task) where closed_at is null do nothing",
        values,
    )
    log.warning(
        "%s: %s has failed in %s runs: %s", of.key, failing.entity, failing.failures, failing.reason
    )


def _close_recovered(connection: Connection, subjects: Subjects, now: datetime) -> None:
    """An alert that nobody was notified of ends without a mail."""
    rows = connection.execute(
        read_sql(_SQL / "recovered.sql").encode(), _parameters(subjects, now)
    ).fetchall()
    for alert_id, finished_at in rows:
        connection.execute(
            "update ops.alert set closed_at = %s, news_at = %s, "
            "news = case when told_at is not null then 'recovered' end where alert_id = %s",
            [finished_at, now, alert_id],
        )


def _close_dropped(connection: Connection, subjects: Subjects, now: datetime) -> None:
    """What a subject no longer does cannot recover: its alert ends without a mail."""
    dropped = [(of.key, entity) for of in subjects.values() for entity in of.dropped]
    connection.execute(
        "update ops.alert as a set closed_at = %(now)s, news = null "
        "from unnest(%(kinds)s::text[], %(ids)s::text[], %(entities)s::text[]) "
        "as u (subject_kind, subject_id, entity) "
        "where a.subject_kind = u.subject_kind and a.subject_id = u.subject_id and a.task = u.entity "
        "and a.closed_at is null and a.kind = 'failure'",
        {
            **arrays(key for key, _ in dropped),
            "entities": [entity for _, entity in dropped],
            "now": now,
        },
    )
