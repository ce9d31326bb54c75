"""Nights that have not finished by the time their subject names.

A night is expected at the latest scheduled time before a deadline, unless an earlier deadline has
judged it: so a weekly schedule has one deadline a week. It has finished when the report of a run
begun since then has ended, well or badly (failures have alerts of their own). Windows and backfills
are no nights.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import CroniterError, croniter
from psycopg.rows import class_row

from saldo.paths import SQL_DIR
from saldo.schedules import days_apart
from saldo.subject import AMONG, OfSubject, Subject, SubjectKey, Subjects, arrays
from saldo.warehouse.connection import Connection, read_sql

#: Name of the whole night where alerts name a task.
NIGHT = "night"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Night:
    """When a run was to start, and by when to have finished."""

    due_at: datetime
    finish_by: datetime


@dataclass(frozen=True)
class Seen(OfSubject):
    """What ops.sync_run knows of a night; running: tasks at work now, of whatever run."""

    due_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    dag_id: str | None
    run_id: str | None
    running: str | None


def expected(of: Subject, *, now: datetime) -> Night | None:
    """The night that the latest deadline judges. None without schedule or deadline, or when no
    night fell due between the deadline before and this one."""
    if of.schedule is None or of.finish_by is None:
        return None
    here = now.astimezone(of.zone)
    day = here.date()
    deadline = datetime.combine(day, of.finish_by, of.zone)
    if deadline.astimezone(UTC) > now:
        day -= timedelta(days=1)
        deadline = datetime.combine(day, of.finish_by, of.zone)
    before = datetime.combine(day - timedelta(days=1), of.finish_by, of.zone)
    try:
        # By the wall clock, as the timetable reads it. A time that the clocks skip or repeat is taken as
        # the earlier instant, so that no run begins before it was due.
        due = croniter(of.schedule, deadline.replace(tzinfo=None)).get_prev(datetime)
    except CroniterError:
        return None
    due_at = due.replace(tzinfo=of.zone).astimezone(UTC)
    if due < before.replace(tzinfo=None):
        return None
    return Night(due_at, deadline.astimezone(UTC))


def judge_nights(
    connection: Connection,
    subjects: Subjects,
    *,
    now: datetime,
    broken: Collection[SubjectKey] = (),
    is_paused: Callable[[str], bool | None] = lambda dag_id: None,
) -> None:
    """Open an alert for every late night and close it when the night has finished.

    broken: subjects whose file cannot be read: their missed nights are judged when it is corrected.
    is_paused: of a DAG id; None when it cannot be known.
    """
    with connection.transaction():
        since = _watched(connection, subjects, broken, now)
        nights = {}
        for of in subjects.values():
            night = expected(of, now=now)
            # A file that is new or has another schedule is judged from its next night on.
            if night and since[of.key] <= night.due_at:
                nights[of.key] = night
        _close(connection, subjects, nights, now)
        for seen in _seen(connection, subjects, {key: n.due_at for key, n in nights.items()}):
            if seen.ended_at is None:
                _open(connection, subjects[seen.key], nights[seen.key], seen, now, is_paused)


def ended(
    connection: Connection, subjects: Subjects, due: Mapping[SubjectKey, datetime]
) -> set[SubjectKey]:
    """Those whose night, due at the time given, has ended, well or badly."""
    return {seen.key for seen in _seen(connection, subjects, due) if seen.ended_at is not None}


def watched_since(connection: Connection) -> dict[SubjectKey, datetime]:
    """Since when the watch has seen each subject with the schedule and deadline it has now."""
    rows = connection.execute("select subject_kind, subject_id, since from ops.watched").fetchall()
    return {SubjectKey(kind, id): since for kind, id, since in rows}


def _watched(
    connection: Connection,
    subjects: Subjects,
    broken: Collection[SubjectKey],
    now: datetime,
) -> dict[SubjectKey, datetime]:
    """Since when each subject has had its schedule and deadline."""
    plans = [f"{of.schedule} {of.timezone} {of.finish_by}" for of in subjects.values()]
    apart = [of.schedule and days_apart(of.schedule) for of in subjects.values()]
    connection.execute(
        "insert into ops.watched as w (subject_kind, subject_id, plan, days_apart, since) "
        "select u.kind, u.id, u.plan, u.days_apart, %(now)s "
        "from unnest(%(kinds)s::text[], %(ids)s::text[], %(plans)s::text[], %(apart)s::integer[]) "
        "as u (kind, id, plan, days_apart) "
        "on conflict (subject_kind, subject_id) do update set plan = excluded.plan, days_apart = excluded.days_apart, "
        "since = case when w.plan = excluded.plan then w.since else excluded.since end "
        "where w.plan <> excluded.plan or w.days_apart is distinct from excluded.days_apart",
        {**arrays(subjects), "plans": plans, "apart": apart, "now": now},
    )
    # A subject that is switched off and on again is new.
    connection.execute(
        f"delete from ops.watched where not {AMONG}".encode(), arrays([*subjects, *broken])
    )
    return watched_since(connection)


def _seen(
    connection: Connection, subjects: Subjects, due: Mapping[SubjectKey, datetime]
) -> list[Seen]:
    with connection.cursor(row_factory=class_row(Seen)) as cursor:
        return cursor.execute(
            read_sql(SQL_DIR / "alerts" / "nights.sql").encode(),
            {
                **arrays(due),
                "dag_ids": [subjects[key].dag_id for key in due],
                "due": list(due.values()),
            },
        ).fetchall()


def _close(
    connection: Connection,
    subjects: Subjects,
    nights: Mapping[SubjectKey, Night],
    now: datetime,
) -> None:
    """An alert ends with its night, and without a mail when a later night takes its place or
    nothing is expected any more."""
    rows = connection.execute(
        "select alert_id, subject_kind, subject_id, since, told_at from ops.alert "
        f"where kind = 'late' and closed_at is null and {AMONG}".encode(),
        arrays(subjects),
    ).fetchall()
    late = {SubjectKey(kind, id): due_at for _, kind, id, due_at, _ in rows}
    ended = {seen.key: seen.ended_at for seen in _seen(connection, subjects, late) if seen.ended_at}
    for alert_id, kind, id, due_at, told_at in rows:
        key = SubjectKey(kind, id)
        is_over = subjects[key].schedule is None or subjects[key].finish_by is None
        is_replaced = key in nights and nights[key].due_at > due_at
        if key in ended or is_over or is_replaced:
            news = "recovered" if key in ended and told_at is not None else None
            connection.execute(
                "update ops.alert set closed_at = %s, news = %s, news_at = %s where alert_id = %s",
                [ended.get(key, now), news, now, alert_id],
            )


def _open(
    connection: Connection,
    of: Subject,
    night: Night,
    seen: Seen,
    now: datetime,
    is_paused: Callable[[str], bool | None],
) -> None:
    known = connection.execute(
        "select 1 from ops.alert where subject_kind = %s and subject_id = %s and kind = 'late' "
        "and closed_at is null",
        [*of.key],
    ).fetchone()
    if known:
        return
    clock = f"{night.finish_by.astimezone(of.zone):%H:%M}"
    reason = _what_it_does(of, seen, is_paused)
    connection.execute(
        "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, "
        "family, cause, since, dag_id, run_id, news, news_at) "
        "values (%s, %s, 'late', %s, %s, 0, %s, %s, 'Late', %s, %s, %s, %s, 'failed', %s) "
        "on conflict (subject_kind, subject_id, kind, task) where closed_at is null do nothing",
        [
            *of.key, NIGHT, now, reason, of.system, f"not finished by {clock}", night.due_at,
            seen.dag_id or of.dag_id, seen.run_id, now,
        ],
    )  # fmt: skip
    log.warning("%s: the night has not finished by %s: %s", of.key, clock, reason)


def _what_it_does(of: Subject, seen: Seen, is_paused: Callable[[str], bool | None]) -> str:
    due = f"{seen.due_at.astimezone(of.zone):%H:%M}"
    running = f"; at work now: {seen.running}" if seen.running else ""
    if seen.began_at is not None:
        return f"It began at {seen.began_at.astimezone(of.zone):%H:%M} and has not ended{running}."
    if is_paused(of.dag_id):
        return (
            f"It was to start at {due}, but the DAG {of.dag_id} is paused: switch it on in Airflow."
        )
    if seen.running:
        return f"It was to start at {due} and has not: an earlier run is not done{running}."
    return (
        f"It was to start at {due}, and no task of it has begun. Look at the DAG {of.dag_id} in Airflow: "
        "is there a run, and do scheduler and workers run?"
    )
