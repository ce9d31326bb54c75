"""Keys that expire, from the connection's date to mails: a real warehouse, a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from saldo.agreements.agreement import Agreement
from saldo.alerts import deliver, judge_failures, judge_keys, judge_nights, subject_of, tell
from saldo.alerts.expiry import notice_of
from saldo.declarations.keys import Key
from saldo.errors import ConfigError, SaldoError, Unavailable
from saldo.files.configuration import FileConfiguration
from saldo.files.subjects import file_subjects
from saldo.subject import Alerts, by_key
from saldo.warehouse.connection import Connection
from tests.conftest import free_port
from tests.mail import MailServer, Received
from tests.support import agreement

START = datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


@dataclass
class Watch:
    """Minutes of the watch, and the dates connections have."""

    warehouse: Connection
    server: MailServer
    agreements: dict[str, Agreement] = field(default_factory=dict)
    files: list[FileConfiguration] = field(default_factory=list)
    dates: dict[str, date | SaldoError | None] = field(default_factory=dict)
    now: datetime = START
    asked: list[str] = field(default_factory=list)

    def agreement(self, id: str, connection: str, *to: str) -> None:
        alerts = Alerts(to=to or ("finance@example.com",), remind_after_hours=1)
        self.agreements[id] = agreement(id, name=f"{id} ApS", connection=connection, alerts=alerts)

    def key_of(self, conn_id: str) -> Key:
        self.asked.append(conn_id)
        found = self.dates[conn_id]
        if isinstance(found, SaldoError):
            raise found
        return Key(conn_id, expires_on=found)

    def minute(self, **later: float) -> list[Received]:
        self.now += timedelta(**(later or {"minutes": 1}))
        subjects = by_key([*map(subject_of, self.agreements.values()), *file_subjects(self.files)])
        judge_nights(self.warehouse, subjects, now=self.now)
        judge_keys(self.warehouse, subjects, now=self.now, key_of=self.key_of)
        judge_failures(self.warehouse, subjects, now=self.now)
        environ = {"SALDO_ALERTS_TO": "it@example.com"}
        tell(self.warehouse, subjects, now=self.now, ui_url="https://ui", environ=environ)
        deliver(self.warehouse, self.server.mailer, now=self.now)
        return self.server.take()

    def day(self, day: date) -> list[Received]:
        """A day of the watch, a look every two hours; mails of one cause are gathered for minutes."""
        self.now = datetime.combine(day, datetime.min.time(), UTC)
        return [
            mail for _ in range(11) for mail in (*self.minute(hours=2), *self.minute(minutes=4))
        ]


@pytest.fixture
def watch(warehouse: Connection, server: MailServer) -> Watch:
    warehouse.execute(
        "truncate ops.sync_run, ops.alert, ops.alert_mail, ops.alert_mail_attachment, ops.watched"
    )
    server.take()
    return Watch(warehouse, server)


@pytest.mark.parametrize(
    ("days", "notice"),
    [(15, None), (14, "Expires"), (4, "Expires"), (3, "ExpiresSoon"), (0, "ExpiresSoon"), (-1, "Expired"), (-99, "Expired")],
)  # fmt: skip
def test_when_which_notice_is_due(days: int, notice: str | None) -> None:
    assert notice_of(START.date() + timedelta(days=days), now=START) == notice


def test_three_mails_in_the_life_of_a_key_and_none_when_it_is_renewed(watch: Watch) -> None:
    watch.agreement("nord", "economic_nord")
    last = date(2026, 11, 30)
    watch.dates["economic_nord"] = last
    told: dict[date, list[Received]] = {}
    for back in range(20, -8, -1):
        if mails := watch.day(last - timedelta(days=back)):
            told[last - timedelta(days=back)] = mails
    assert {day: [mail.subject for mail in mails] for day, mails in told.items()} == {
        date(2026, 11, 16): [
            "Saldo: nord ApS: the key of the connection economic_nord expires on 2026-11-30, in 14 days"
        ],
        date(2026, 11, 27): [
            "Saldo: nord ApS: the key of the connection economic_nord expires on 2026-11-30, in 3 days"
        ],
        date(2026, 12, 1): [
            "Saldo: nord ApS: the key of the connection economic_nord has expired (2026-11-30)"
        ],
    }
    (first,) = told[date(2026, 11, 16)]
    for body in (first.text, first.html):
        assert "Make a new key at e-conomic" in body
        assert "From 2026-12-01 on every task that needs it fails immediately" in body
        assert "https://ui/dags/saldo__nord" in body
    watch.dates["economic_nord"] = date(2028, 11, 30)
    assert watch.day(date(2026, 12, 9)) == []
    assert watch.warehouse.execute(
        "select count(*), count(closed_at) from ops.alert where kind = 'expiry'"
    ).fetchone() == (1, 1)


def test_agreements_of_one_connection_share_a_mail(watch: Watch) -> None:
    for id in ("a", "b", "c"):
        watch.agreement(id, "shared")
    watch.agreement("d", "own")
    watch.dates = {"shared": date(2026, 11, 10), "own": date(2026, 11, 10)}
    subjects = sorted(mail.subject for mail in watch.day(START.date()))
    assert subjects == [
        "Saldo: 3 agreements: the key of the connection shared expires on 2026-11-10, in 9 days",
        "Saldo: d ApS: the key of the connection own expires on 2026-11-10, in 9 days",
    ]
    assert sorted(set(watch.asked)) == ["own", "shared"]


def test_the_secret_of_an_app_that_reads_files(watch: Watch) -> None:
    """One mail for all configurations that use it, which says where a new one is made."""
    values = {"kind": "budget", "agreement": "x", "match": "*.csv"}
    sources = {
        "budget": {"sharepoint": {"connection": "graph", "site": "x.sharepoint.com:/sites/F"}},
        "mapping": {"sharepoint": {"connection": "graph", "site": "x.sharepoint.com:/sites/F"}},
        "drop": {"folder": "abfs://lake_key@container/drop"},
        "disk": {"folder": "file:///srv/drop"},
    }
    watch.files = [
        FileConfiguration.model_validate({**values, "id": id, "source": source})
        for id, source in sources.items()
    ]
    watch.dates = {"graph": date(2026, 11, 12), "lake_key": date(2026, 11, 12)}
    mails = sorted(watch.day(date(2026, 11, 1)), key=lambda mail: mail.text)
    assert sorted(watch.asked)[:1] == ["graph"]
    said = {mail.text for mail in mails}
    assert {mail.to[0] for mail in mails} == {"it@example.com"}
    [graph] = [text for text in said if "connection graph expires on 2026-11-12" in text]
    assert "Files of budget" in graph
    assert "Files of mapping" in graph
    assert "Make a new key at Microsoft Entra and enter it in the Airflow connection graph" in graph
    [lake] = [text for text in said if "connection lake_key expires" in text]
    assert "Make a new key at Azure Data Lake" in lake
    assert len(mails) == 2


def test_a_connection_is_asked_once_an_hour(watch: Watch) -> None:
    for id in ("a", "b"):
        watch.agreement(id, "shared")
    watch.dates["shared"] = None
    for _ in range(30):
        assert watch.minute() == []
    assert watch.asked == ["shared"]
    watch.minute(minutes=45)
    assert watch.asked == ["shared", "shared"]


def test_a_file_that_names_another_connection_is_asked_at_once(watch: Watch) -> None:
    watch.agreement("a", "old")
    watch.dates = {"old": date(2026, 11, 3), "new": None}
    watch.minute()
    watch.agreement("a", "new")
    watch.minute()
    assert watch.asked == ["old", "new"]
    assert watch.warehouse.execute(
        "select count(*) from ops.alert where kind = 'expiry' and closed_at is null"
    ).fetchone() == (0,)


def test_a_new_key_that_expires_soon_is_told_anew(watch: Watch) -> None:
    watch.agreement("a", "short")
    watch.dates["short"] = date(2026, 11, 2)
    assert len(watch.day(START.date())) == 1
    watch.dates["short"] = date(2026, 11, 12)
    (mail,) = watch.day(date(2026, 11, 2))
    assert "expires on 2026-11-12, in 10 days" in mail.subject


def test_what_cannot_be_told_keeps_the_date_that_was(watch: Watch) -> None:
    watch.agreement("a", "vaulted")
    watch.dates["vaulted"] = date(2026, 11, 4)
    assert len(watch.day(date(2026, 11, 1))) == 1
    for error in (Unavailable("the vault cannot be asked"), ConfigError("no such connection")):
        watch.dates["vaulted"] = error
        assert watch.day(watch.now.date() + timedelta(days=1)) == []
    watch.dates["vaulted"] = Unavailable("the vault cannot be asked")
    (mail,) = watch.day(date(2026, 11, 5))
    assert "has expired" in mail.subject


def test_a_vault_that_is_away_is_asked_once_a_minute_not_for_each(watch: Watch) -> None:
    for id in ("a", "b", "c"):
        watch.agreement(id, f"of_{id}")
        watch.dates[f"of_{id}"] = Unavailable("away")
    watch.minute()
    assert len(watch.asked) == 1
