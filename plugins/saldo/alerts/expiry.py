"""Keys that expire: mails 14 and 3 days before the last day of a connection's key, and when it is over.

A connection is asked for its date once an hour. All agreements that name it share the date and the mail; each
notice is given once, and a date that is moved ends them without a word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from saldo.agreement import Agreement
from saldo.errors import SaldoError, Unavailable
from saldo.keys import Key
from saldo.vendors import title_of
from saldo.warehouse import Connection

#: Notices in their order: what ops.alert.family says, and how many days before the key's last day at most.
NOTICES = {"Expires": 14, "ExpiresSoon": 3, "Expired": -1}
#: Dates come from connections, which are looked up this rarely, and so many a minute.
_DATES_LAST = timedelta(hours=1)
_AT_ONCE = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """An open alert of a key."""

    alert_id: int
    agreement_id: str
    task: str
    since: datetime
    family: str


def notice_of(expires_on: date, *, now: datetime) -> str | None:
    """Which notice is due; None while there is time. now: in UTC."""
    days = (expires_on - now.date()).days
    return next((name for name, most in reversed(NOTICES.items()) if days <= most), None)


def judge_keys(
    connection: Connection,
    agreements: Mapping[str, Agreement],
    *,
    now: datetime,
    key_of: Callable[[str], Key],
) -> None:
    """Open, change and close alerts; nobody is told yet. Agreements the watch has not met yet wait a minute.

    key_of: of a connection's id; raises SaldoError when it cannot be told.
    """
    _look(connection, agreements, now, key_of)
    with connection.transaction():
        dates = _dates(connection, agreements)
        known = {told.agreement_id: told for told in _told(connection, agreements)}
        for id, of in agreements.items():
            expires_on = dates.get(id)
            notice = expires_on and notice_of(expires_on, now=now)
            told = known.get(id)
            if told and (not notice or _is_another(told, of, expires_on)):
                _close(connection, told, now)
                told = None
            if expires_on and notice:
                _note(connection, of, expires_on, notice, told, now)


def _look(
    connection: Connection,
    agreements: Mapping[str, Agreement],
    now: datetime,
    key_of: Callable[[str], Key],
) -> None:
    """Ask connections for their dates, those that have waited longest first."""
    rows = connection.execute(
        "select agreement_id from ops.watched where agreement_id = any(%s) and (key_read_at is null "
        "or key_read_at < %s or connection_id is distinct from (%s::jsonb ->> agreement_id)) "
        "order by key_read_at nulls first",
        [list(agreements), now - _DATES_LAST, _connections(agreements)],
    ).fetchall()
    due = list(dict.fromkeys(agreements[id].connection for (id,) in rows))[:_AT_ONCE]
    for conn_id in due:
        try:
            expires_on, is_known = key_of(conn_id).expires_on, True
        except Unavailable as error:
            # The others would have to wait for the same place; it is asked again in a minute.
            log.warning("%s: not known now when its key expires: %s", conn_id, error)
            return
        except SaldoError as error:
            log.warning("%s: not known when its key expires: %s", conn_id, error)
            expires_on, is_known = None, False
        connection.execute(
            "update ops.watched set connection_id = %(conn_id)s, key_read_at = %(now)s, "
            "expires_on = case when %(is_known)s then %(expires_on)s::date "
            "when connection_id = %(conn_id)s then expires_on end where agreement_id = any(%(ids)s)",
            {
                "conn_id": conn_id, "now": now, "is_known": is_known, "expires_on": expires_on,
                "ids": [a.id for a in agreements.values() if a.connection == conn_id],
            },
        )  # fmt: skip


def _connections(agreements: Mapping[str, Agreement]) -> Jsonb:
    return Jsonb({of.id: of.connection for of in agreements.values()})


def _dates(connection: Connection, agreements: Mapping[str, Agreement]) -> dict[str, date]:
    rows = connection.execute(
        "select agreement_id, expires_on from ops.watched where agreement_id = any(%s) "
        "and expires_on is not null and connection_id = %s::jsonb ->> agreement_id",
        [list(agreements), _connections(agreements)],
    ).fetchall()
    return dict(rows)


def _told(connection: Connection, agreements: Mapping[str, Agreement]) -> list[Told]:
    with connection.cursor(row_factory=class_row(Told)) as cursor:
        return cursor.execute(
            "select alert_id, agreement_id, task, since, family from ops.alert "
            "where kind = 'expiry' and closed_at is null and agreement_id = any(%s)",
            [list(agreements)],
        ).fetchall()


def _is_another(told: Told, of: Agreement, expires_on: date | None) -> bool:
    """Whether the agreement has another key now than the one people were told of."""
    return told.task != of.connection or told.since.astimezone(UTC).date() != expires_on


def _close(connection: Connection, told: Told, now: datetime) -> None:
    connection.execute(
        "update ops.alert set closed_at = %s, news = null where alert_id = %s", [now, told.alert_id]
    )


def _note(
    connection: Connection,
    of: Agreement,
    expires_on: date,
    notice: str,
    told: Told | None,
    now: datetime,
) -> None:
    """Open an alert, or go on to a later notice. One that was given is not given again."""
    order = list(NOTICES)
    if told and order.index(notice) <= order.index(told.family):
        return
    values = {
        "id": of.id, "task": of.connection, "now": now, "vendor": of.vendor, "family": notice,
        "since": datetime.combine(expires_on, time(), UTC), "dag_id": of.dag_id,
        "cause": _headline(of.connection, expires_on, now),
        "reason": _remedy(of, expires_on, notice), "alert_id": told.alert_id if told else None,
    }  # fmt: skip
    connection.execute(
        "update ops.alert set family = %(family)s, cause = %(cause)s, reason = %(reason)s, "
        "news = 'failed', news_at = %(now)s where alert_id = %(alert_id)s"
        if told
        else "insert into ops.alert (agreement_id, kind, task, opened_at, failures, reason, vendor, family, "
        "cause, since, dag_id, news, news_at) values (%(id)s, 'expiry', %(task)s, %(now)s, 0, %(reason)s, "
        "%(vendor)s, %(family)s, %(cause)s, %(since)s, %(dag_id)s, 'failed', %(now)s) "
        "on conflict (agreement_id, kind, task) where closed_at is null do nothing",
        values,
    )
    log.warning("%s: %s", of.id, values["cause"])


def _headline(conn_id: str, expires_on: date, now: datetime) -> str:
    days = (expires_on - now.date()).days
    if days < 0:
        return f"the key of the connection {conn_id} has expired ({expires_on})"
    left = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"the key of the connection {conn_id} expires on {expires_on}, {left}"


def _remedy(of: Agreement, expires_on: date, notice: str) -> str:
    what = (
        f"Make a new key at {title_of(of.vendor)} and enter it in the Airflow connection "
        f"{of.connection}, with its own date under expires_on."
    )
    if notice == "Expired":
        return f"Every task that needs it fails at once. {what}"
    return (
        f"{what} From {expires_on + timedelta(days=1)} on every task that needs it fails at once."
    )
