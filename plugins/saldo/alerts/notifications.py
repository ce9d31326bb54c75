"""From news to mails: one mail to each person about everything that has one cause at one time."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from saldo.addresses import is_mail_address
from saldo.subject import AMONG, OfSubject, Subject, SubjectKey, Subjects, arrays
from saldo.warehouse.connection import Connection

from .causes import headline
from .mails import Case, compose
from .outbox import post

#: News waits this long for others of the same cause (SALDO_ALERTS_SETTLE_S changes it), ...
SETTLE = timedelta(minutes=3)
#: ... and this long while a run of another subject with the same trouble goes on.
LONGEST_SETTLE = timedelta(minutes=30)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class News(OfSubject):
    """An alert that people must be notified of."""

    alert_id: int
    kind: str
    task: str
    news: str
    news_at: datetime
    closed_at: datetime | None
    since: datetime
    failures: int
    vendor: str
    family: str
    cause: str
    reason: str
    dag_id: str
    run_id: str | None
    try_number: int | None
    told_cause: str | None

    def headline(self, of: Subject) -> str:
        """In a few words; of what is late, the end of a sentence: not finished by 06:00."""
        if self.kind in ("late", "expiry", "word", "set_aside"):
            return self.cause
        return headline(of.system_name, self.task, self.family, self.reason)

    def topic(self, of: Subject) -> str:
        """News of one topic share a mail: the same event for the same cause."""
        if self.kind == "late":
            return f"late {self.news} {self.subject_kind}"
        if self.kind == "expiry":
            return f"expiry {self.task} {self.family}"
        if self.kind == "word":
            return f"word {self.vendor} {self.task} {self.family}"
        if self.news == "recovered":
            return f"{self.news} {self.vendor}"
        return f"{self.news} {self.headline(of)}"


def tell(
    connection: Connection,
    subjects: Subjects,
    *,
    now: datetime,
    ui_url: str,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Write the mails that are due; in the same transaction their alerts are marked as notified.

    ui_url: where people open Airflow. Without recipients the alert stays in its table, and no mail
    is written.
    """
    with connection.transaction():
        _remind(connection, subjects, now)
        topics: dict[str, list[News]] = defaultdict(list)
        for news in _news(connection, subjects):
            topics[news.topic(subjects[news.key])].append(news)
        for found in _mails(topics.values()):
            if not _is_to_wait(connection, found, subjects, now, environ):
                _write(connection, found, subjects, now, ui_url, environ)


def _mails(topics: Iterable[list[News]]) -> Iterable[list[News]]:
    """Topics of exactly the same subjects share a mail: damage that breaks a rule of validation
    also differs in proof, and is one thing for the reader."""
    mails: dict[tuple[str, str, frozenset[SubjectKey]], list[News]] = defaultdict(list)
    for found in topics:
        keys = frozenset(news.key for news in found)
        mails[found[0].kind, found[0].news, keys] += found
    return mails.values()


def _remind(connection: Connection, subjects: Subjects, now: datetime) -> None:
    """What is still open some hours after its last mail; never while that mail waits to be sent.
    Keys have notices of their own; what is set aside may stay so for ever."""
    hours = [of.alerts.remind_after_hours for of in subjects.values()]
    connection.execute(
        "update ops.alert as a set news = 'reminder', news_at = %(now)s "
        "from unnest(%(kinds)s::text[], %(ids)s::text[], %(hours)s::integer[]) as u (kind, id, hours) "
        "where u.kind = a.subject_kind and u.id = a.subject_id and a.closed_at is null and a.news is null "
        "and a.kind not in ('expiry', 'set_aside') "
        "and greatest(a.told_at, a.sent_at) <= %(now)s::timestamptz - u.hours * interval '1 hour' "
        "and not exists (select 1 from ops.alert_mail as m "
        "where m.done_at is null and a.alert_id = any(m.alert_ids))",
        {**arrays(subjects), "now": now, "hours": hours},
    )


def _news(connection: Connection, subjects: Subjects) -> list[News]:
    """Its rows are locked: another watch waits, and then finds nothing left to do."""
    with connection.cursor(row_factory=class_row(News)) as cursor:
        return cursor.execute(
            "select alert_id, subject_kind, subject_id, kind, task, news, news_at, closed_at, since, failures, "
            "vendor, family, cause, reason, dag_id, run_id, try_number, told_cause from ops.alert "
            f"where news is not null and {AMONG} order by alert_id for update".encode(),
            arrays(subjects),
        ).fetchall()


def _is_to_wait(
    connection: Connection,
    found: Sequence[News],
    subjects: Subjects,
    now: datetime,
    environ: Mapping[str, str],
) -> bool:
    """Whether news waits for more of the same cause: for a few minutes, and longer while a run goes
    on in which the same has failed or, for recoveries, while an alert of the same system may
    still end."""
    waited = now - min(news.news_at for news in found)
    first = found[0]
    theirs = {news.key for news in found}
    others = [
        key for key, of in subjects.items() if of.system == first.vendor and key not in theirs
    ]
    if not others or waited >= LONGEST_SETTLE:
        return False
    if waited < _settle(environ):
        return True
    return first.kind == "failure" and _others_at_work(connection, first, others, now)


def _settle(environ: Mapping[str, str]) -> timedelta:
    value = environ.get("SALDO_ALERTS_SETTLE_S", "")
    return timedelta(seconds=int(value)) if value.isdigit() else SETTLE


def _others_at_work(
    connection: Connection, first: News, others: Sequence[SubjectKey], now: datetime
) -> bool:
    """Whether a run of another subject goes on that will likely end in the same news."""
    row = connection.execute(
        f"select exists (select 1 from ops.sync_run as s where {AMONG} "
        "and s.mode <> 'window' and s.started_at > %(recent)s "
        "and (%(recovers)s or (s.status = 'failed' and s.error_family = %(family)s)) "
        "and not exists (select 1 from ops.sync_run as r "
        "where r.subject_kind = s.subject_kind and r.subject_id = s.subject_id "
        "and r.entity = 'report' and r.status <> 'running' and r.sync_run_id > s.sync_run_id) "
        "and (not %(recovers)s or exists (select 1 from ops.alert as a "
        "where a.subject_kind = s.subject_kind and a.subject_id = s.subject_id "
        "and a.closed_at is null and a.kind = 'failure')))".encode(),
        {
            **arrays(others),
            "recent": now - timedelta(hours=2),
            "family": first.family,
            "recovers": first.news == "recovered",
        },
    ).fetchone()
    return bool(row and row[0])


def _write(
    connection: Connection,
    found: Sequence[News],
    subjects: Subjects,
    now: datetime,
    ui_url: str,
    environ: Mapping[str, str],
) -> None:
    """One mail for everybody who is named by the same alerts."""
    concerned: dict[str, list[News]] = defaultdict(list)
    for news in found:
        for address in _recipients(subjects[news.key], environ):
            concerned[address].append(news)
    together: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for address, theirs in concerned.items():
        together[tuple(news.alert_id for news in theirs)].append(address)
    for alert_ids, addresses in together.items():
        cases = _cases([n for n in found if n.alert_id in alert_ids], subjects)
        content = compose(cases, ui_url=ui_url)
        post(connection, content, to=sorted(addresses), alert_ids=alert_ids, now=now)
    connection.execute(
        "update ops.alert set news = null, told_at = %s, told_cause = cause where alert_id = any(%s)",
        [now, [news.alert_id for news in found]],
    )
    for news in found:
        if not _recipients(subjects[news.key], environ):
            log.warning(
                "%s: nobody is notified of %s (%s): name addresses under alerts.to, or in SALDO_ALERTS_TO",
                news.key, news.task, news.news,
            )  # fmt: skip


def _cases(found: Iterable[News], subjects: Subjects) -> list[Case]:
    return [
        Case(
            subject=subjects[n.key],
            kind=n.kind,
            news=n.news,
            task=n.task,
            since=n.since,
            ended_at=n.closed_at,
            failures=n.failures,
            headline=n.headline(subjects[n.key]),
            cause=n.cause,
            reason=n.reason,
            dag_id=n.dag_id,
            run_id=n.run_id,
            try_number=n.try_number,
        )
        for n in found
    ]


def _recipients(of: Subject, environ: Mapping[str, str]) -> list[str]:
    """Those the subject names, else those of SALDO_ALERTS_TO."""
    return list(dict.fromkeys(of.alerts.to)) or shared_recipients(environ)


def shared_recipients(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The addresses in SALDO_ALERTS_TO (with commas), for subjects that name no recipients."""
    shared = environ.get("SALDO_ALERTS_TO", "").replace(";", ",").split(",")
    good = []
    for address in dict.fromkeys(part.strip() for part in shared if part.strip()):
        if is_mail_address(address):
            good.append(address)
        else:
            log.warning("SALDO_ALERTS_TO: %r is not a mail address; correct it", address)
    return good
