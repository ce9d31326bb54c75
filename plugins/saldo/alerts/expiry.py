"""Keys that expire: mails 14 and 3 days before the last day of a connection's key, and when it is
over.

A connection is asked for its date once an hour. All subjects that name it share the date and the
mail. Each notice is given once; when the date is moved, its alert ends without a mail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from psycopg.rows import class_row

from saldo.declarations.keys import Key
from saldo.errors import SaldoError, Unavailable
from saldo.subject import AMONG, OfSubject, Subject, SubjectKey, Subjects, arrays
from saldo.warehouse.connection import Connection

#: Notices in order: ops.alert.family -> how many days before the key's last day it is due.
NOTICES = {"Expires": 14, "ExpiresSoon": 3, "Expired": -1}
#: How long a date is used before its connection is asked again, and how many are asked in one run.
_DATES_LAST = timedelta(hours=1)
_PER_RUN = 50
#: Subjects, as u, with the connection each of them names now.
_NAMED = (
    "inner join unnest(%(kinds)s::text[], %(ids)s::text[], %(connections)s::text[]) "
    "as u (kind, id, connection_id) on u.kind = w.subject_kind and u.id = w.subject_id"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenAlert(OfSubject):
    """An open alert of a key."""

    alert_id: int
    task: str
    since: datetime
    family: str


def notice_of(expires_on: date, *, now: datetime) -> str | None:
    """Which notice is due; None while there is time. now: in UTC."""
    days = (expires_on - now.date()).days
    return next((name for name, most in reversed(NOTICES.items()) if days <= most), None)


def judge_keys(
    connection: Connection,
    subjects: Subjects,
    *,
    now: datetime,
    key_of: Callable[[str], Key],
) -> None:
    """Open, change and close alerts; nobody is notified yet. A subject that the watch has not met
    yet waits for the next look.

    key_of: from the id of a connection to its key; raises SaldoError where that is not known.
    """
    connections = {key: of.connection for key, of in subjects.items() if of.connection is not None}
    _read_dates(connection, connections, now, key_of)
    with connection.transaction():
        dates = _dates(connection, connections)
        known = {alert.key: alert for alert in _open_alerts(connection, subjects)}
        for key, of in subjects.items():
            expires_on = dates.get(key)
            notice = expires_on and notice_of(expires_on, now=now)
            alert = known.get(key)
            if alert and (not notice or _is_another(alert, of, expires_on)):
                _close(connection, alert, now)
                alert = None
            if expires_on and notice:
                _note(connection, of, expires_on, notice, alert, now)


def _read_dates(
    connection: Connection,
    connections: Mapping[SubjectKey, str],
    now: datetime,
    key_of: Callable[[str], Key],
) -> None:
    """Ask connections for their dates, those that have waited longest first."""
    rows = connection.execute(
        f"select u.connection_id from ops.watched as w {_NAMED} where w.key_read_at is null "
        "or w.key_read_at < %(before)s or w.connection_id is distinct from u.connection_id "
        "order by w.key_read_at nulls first".encode(),
        {**_named_by(connections), "before": now - _DATES_LAST},
    ).fetchall()
    due = list(dict.fromkeys(conn_id for (conn_id,) in rows))[:_PER_RUN]
    for conn_id in due:
        try:
            expires_on, is_known = key_of(conn_id).expires_on, True
        except Unavailable as error:
            # The others would wait for the same secrets backend: all are asked again with the next look.
            log.warning("%s: not known now when its key expires: %s", conn_id, error)
            return
        except SaldoError as error:
            log.warning("%s: not known when its key expires: %s", conn_id, error)
            expires_on, is_known = None, False
        connection.execute(
            "update ops.watched set connection_id = %(conn_id)s, key_read_at = %(now)s, "
            "expires_on = case when %(is_known)s then %(expires_on)s::date "
            f"when connection_id = %(conn_id)s then expires_on end where {AMONG}".encode(),
            {
                **arrays(key for key, named in connections.items() if named == conn_id),
                "conn_id": conn_id, "now": now, "is_known": is_known, "expires_on": expires_on,
            },
        )  # fmt: skip


def _named_by(connections: Mapping[SubjectKey, str]) -> dict[str, object]:
    """The parameters of _NAMED."""
    return {**arrays(connections), "connections": list(connections.values())}


def _dates(connection: Connection, connections: Mapping[SubjectKey, str]) -> dict[SubjectKey, date]:
    rows = connection.execute(
        f"select w.subject_kind, w.subject_id, w.expires_on from ops.watched as w {_NAMED} "
        "where w.expires_on is not null and w.connection_id = u.connection_id".encode(),
        _named_by(connections),
    ).fetchall()
    return {SubjectKey(kind, id): expires_on for kind, id, expires_on in rows}


def _open_alerts(connection: Connection, subjects: Subjects) -> list[OpenAlert]:
    with connection.cursor(row_factory=class_row(OpenAlert)) as cursor:
        return cursor.execute(
            "select alert_id, subject_kind, subject_id, task, since, family from ops.alert "
            f"where kind = 'expiry' and closed_at is null and {AMONG}".encode(),
            arrays(subjects),
        ).fetchall()


def _is_another(alert: OpenAlert, of: Subject, expires_on: date | None) -> bool:
    """Whether the subject has another key now than the one the alert is about."""
    return alert.task != of.connection or alert.since.astimezone(UTC).date() != expires_on


def _close(connection: Connection, alert: OpenAlert, now: datetime) -> None:
    connection.execute(
        "update ops.alert set closed_at = %s, news = null where alert_id = %s",
        [now, alert.alert_id],
    )


def _note(
    connection: Connection,
    of: Subject,
    expires_on: date,
    notice: str,
    alert: OpenAlert | None,
    now: datetime,
) -> None:
    """Open an alert, or move it on to a later notice. A notice that was given is not given again."""
    order = list(NOTICES)
    if alert and order.index(notice) <= order.index(alert.family):
        return
    values = {
        "kind": of.key.kind, "id": of.key.id, "task": of.connection, "now": now, "system": of.system,
        "family": notice,
        "since": datetime.combine(expires_on, time(), UTC), "dag_id": of.dag_id,
        "cause": _headline(of, expires_on, now),
        "reason": _remedy(of, expires_on, notice), "alert_id": alert.alert_id if alert else None,
    }  # fmt: skip
    connection.execute(
        "update ops.alert set family = %(family)s, cause = %(cause)s, reason = %(reason)s, "
        "news = 'failed', news_at = %(now)s where alert_id = %(alert_id)s"
        if alert
        else "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, "
        "family, cause, since, dag_id, news, news_at) values (%(kind)s, %(id)s, 'expiry', %(task)s, "
        "%(now)s, 0, %(reason)s, %(system)s, %(family)s, %(cause)s, %(since)s, %(dag_id)s, 'failed', %(now)s) "
        "on conflict (subject_kind, subject_id, kind, task) where closed_at is null do nothing",
        values,
    )
    log.warning("%s: %s", of.key, values["cause"])


def _headline(of: Subject, expires_on: date, now: datetime) -> str:
    days = (expires_on - now.date()).days
    if days < 0:
        return f"the key of the connection {of.connection} has expired ({expires_on})"
    left = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"the key of the connection {of.connection} expires on {expires_on}, {left}"


def _remedy(of: Subject, expires_on: date, notice: str) -> str:
    what = (
        f"Make a new key at {of.key_maker or of.system_name} and enter it in the Airflow connection "
        f"{of.connection}, with its own date under expires_on."
    )
    if notice == "Expired":
        return f"Every task that needs it fails immediately. {what}"
    return f"{what} From {expires_on + timedelta(days=1)} on every task that needs it fails immediately."
