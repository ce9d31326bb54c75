"""Heartbeats on real sockets, the days they make, the outside heartbeat, and a whole look of the watch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from saldo.alerts import Mailer, MailUnavailable, health, ping, subject_of
from saldo.alerts.watch import Environment, WatchFailed, watch
from saldo.declarations.keys import Key
from saldo.errors import AuthError, ConfigError
from saldo.runs.sync_run import Run, recorded
from saldo.subject import Alerts, SubjectKey, by_key
from saldo.warehouse.connection import Connection
from tests.conftest import free_port
from tests.mail import MailServer
from tests.support import Sandbox, agreement

NOW = datetime(2026, 1, 15, 5, 0, 7, tzinfo=UTC)


class Web:
    """A web server that answers what it is told and remembers the paths."""

    def __init__(self) -> None:
        self.status, self.body, self.paths = 200, "ok", list[str]()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.paths.append(self.path)
                self.send_response(web.status)
                self.end_headers()
                self.wfile.write(web.body.encode())

            do_HEAD = do_GET

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    found = Web()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(autouse=True)
def _clean(warehouse: Connection) -> None:
    warehouse.execute(
        "truncate ops.sync_run, ops.alert, ops.alert_mail, ops.alert_mail_attachment, ops.watched, ops.heartbeat"
    )


# --- parts ---------------------------------------------------------------------------------------


def test_airflows_own_health_page(web: Web) -> None:
    web.body = json.dumps(
        {"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}, "dag_processor": {"status": None}}
    )  # fmt: skip
    beats = {beat.component: (beat.ok, beat.detail) for beat in health.airflow_beats(web.url)}
    assert web.paths == ["/api/v2/monitor/health"]
    assert beats["scheduler"] == (True, "the watch runs; its own heartbeat is healthy")
    assert beats["api-server"] == (True, "answered 200")
    assert beats["triggerer"] == (False, "unhealthy")
    assert beats["dag-processor"] == (False, "not there")


@pytest.mark.parametrize(("status", "body"), [(502, "bad gateway"), (200, "no json"), (200, "[]")])
def test_a_health_page_that_is_none(web: Web, status: int, body: str) -> None:
    web.status, web.body = status, body
    beats = {beat.component: beat.ok for beat in health.airflow_beats(web.url)}
    assert beats == {"scheduler": True, "api-server": False}


def test_any_answer_of_a_vendor_counts_and_none_does_not(sandbox: Sandbox) -> None:
    host, away = sandbox.url.removeprefix("http://"), f"127.0.0.1:{free_port()}"
    beats = health.vendor_beats({sandbox.url: "economic", f"http://{away}": "economic"})
    assert [(beat.component, beat.ok) for beat in beats] == [
        (f"economic {host}", True), (f"economic {away}", False),
    ]  # fmt: skip
    assert "ConnectionError" in beats[1].detail


def test_a_look_at_the_vendor_spends_no_calls(sandbox: Sandbox) -> None:
    company = sandbox.company("look")
    health.vendor_beats({sandbox.url: "economic"})
    books = requests.get(f"{sandbox.url}/sandbox", timeout=30).json()
    assert books[company.id]["requests"] == {}


def test_addresses_of_vendors_are_asked_for_once_an_hour(warehouse: Connection) -> None:
    subjects = by_key(subject_of(agreement(id)) for id in ("a", "b", "c"))
    warehouse.execute(
        "insert into ops.watched (agreement_id, plan, since) select unnest(%s::text[]), '', %s",
        [["a", "b", "c"], NOW],
    )
    asked = []

    def urls_of(of: SubjectKey) -> Sequence[str]:
        asked.append(of.id)
        if of.id == "c":
            raise ConfigError("no such connection")
        return ["https://user:secret@restapi.example.com/v1", "https://apis.example.com:8443"]

    for minute in range(3):
        origins = health.vendor_origins(
            warehouse, subjects, now=NOW + timedelta(minutes=minute), urls_of=urls_of
        )
        assert origins == {
            "https://apis.example.com:8443": "economic",
            "https://restapi.example.com": "economic",
        }
    assert asked == ["a", "b", "c"]
    health.vendor_origins(warehouse, subjects, now=NOW + timedelta(hours=2), urls_of=urls_of)
    assert len(asked) == 6


def test_uptime_is_the_share_of_minutes(warehouse: Connection) -> None:
    start = datetime(2026, 1, 15, 23, 50, tzinfo=UTC)
    for minute in range(30):
        if minute in (3, 4):
            continue  # nothing ran
        beats = [health.Beat("scheduler", True, ""), health.Beat("economic x", minute != 12, "")]
        health.record_beats(
            warehouse, beats, now=start + timedelta(minutes=minute, seconds=minute % 7), minutes=1
        )
    rows = warehouse.execute(
        "select component, day::text, minutes, minutes_ok, share from ops.uptime order by 1, 2"
    ).fetchall()
    assert rows == [
        ("economic x", "2026-01-15", 10, 8, Decimal("0.8")),
        ("economic x", "2026-01-16", 20, 19, Decimal("0.95")),
        ("scheduler", "2026-01-15", 10, 8, Decimal("0.8")),
        ("scheduler", "2026-01-16", 20, 20, Decimal(1)),
    ]


def test_a_day_without_heartbeats_is_a_day_of_nothing(warehouse: Connection) -> None:
    for day in (14, 16):
        health.record_beats(
            warehouse,
            [health.Beat("scheduler", True, "")],
            now=datetime(2026, 1, day, 12, tzinfo=UTC),
            minutes=5,
        )
    rows = warehouse.execute("select minutes, minutes_ok from ops.uptime order by day").fetchall()
    assert rows == [(720, 5), (1440, 0), (725, 5)]


@pytest.mark.parametrize(("minutes", "late_s"), [(5, 0), (5, 250), (15, 800), (30, 1_799)])
def test_a_look_stands_for_the_minutes_until_the_next_is_due(
    warehouse: Connection, minutes: int, late_s: int
) -> None:
    """However late it comes; the look that is not made is minutes of nothing."""
    start = datetime(2026, 1, 15, 23, 0, tzinfo=UTC)
    for look in range(120 // minutes):
        if look == 2:
            continue
        seconds = 0 if look == 0 else late_s
        at = start + timedelta(minutes=look * minutes, seconds=seconds)
        beats = [health.Beat("scheduler", True, ""), health.Beat("warehouse", look != 1, "")]
        health.record_beats(warehouse, beats, now=at, minutes=minutes)
    rows = warehouse.execute(
        "select component, sum(minutes), sum(minutes_ok) from ops.uptime group by 1 order by 1"
    ).fetchall()
    assert rows == [
        ("scheduler", 120, 120 - minutes),
        ("warehouse", 120, 120 - 2 * minutes),
    ]


def test_no_minute_counts_twice_when_the_watch_is_set_anew(warehouse: Connection) -> None:
    """Every five minutes, from 12:07 on every minute, from 12:10 on every ten; a look is repeated at 12:06."""
    start = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    looks = [
        (0, 5, True),
        (5, 5, True),
        (6, 5, False),
        (7, 1, False),
        (8, 1, True),
        (9, 1, True),
        (10, 10, False),
    ]
    for minute, minutes, ok in looks:
        health.record_beats(
            warehouse,
            [health.Beat("x", ok, "")],
            now=start + timedelta(minutes=minute),
            minutes=minutes,
        )
    rows = warehouse.execute("select minutes, minutes_ok from ops.uptime").fetchall()
    assert rows == [(20, 10)]


def test_minutes_without_a_warehouse_are_written_down_afterwards(warehouse: Connection) -> None:
    health.record_beats(warehouse, [health.Beat("warehouse", True, "")], now=NOW, minutes=1)
    asked: list[datetime] = []

    def failed_at(minutes: Sequence[datetime]) -> set[datetime]:
        asked.extend(minutes)
        return set(minutes[:2])

    health.missed(warehouse, now=NOW + timedelta(minutes=4), minutes=1, failed_at=failed_at)
    assert [f"{minute:%H:%M:%S}" for minute in asked] == ["05:01:00", "05:02:00", "05:03:00"]
    rows = warehouse.execute(
        "select component, ok from ops.heartbeat where at > %s order by at, component", [NOW]
    ).fetchall()
    assert rows == [("scheduler", True), ("warehouse", False)] * 2
    asked.clear()
    health.record_beats(
        warehouse, [health.Beat("warehouse", True, "")], now=NOW + timedelta(minutes=4), minutes=1
    )
    health.missed(warehouse, now=NOW + timedelta(minutes=5), minutes=1, failed_at=failed_at)
    assert asked == []


def test_times_without_a_warehouse_are_those_at_which_a_look_was_due(
    warehouse: Connection,
) -> None:
    beat = [health.Beat("warehouse", True, "")]
    health.record_beats(warehouse, beat, now=NOW + timedelta(minutes=3), minutes=5)
    asked: list[datetime] = []

    def failed_at(times: Sequence[datetime]) -> set[datetime]:
        asked.extend(times)
        return set(times[:1])

    later = NOW + timedelta(minutes=16)
    health.missed(warehouse, now=later, minutes=5, failed_at=failed_at)
    assert [f"{time:%H:%M:%S}" for time in asked] == ["05:05:00", "05:10:00"]
    health.record_beats(warehouse, beat, now=later, minutes=5)
    row = warehouse.execute(
        "select minutes, minutes_ok from ops.uptime where component = 'warehouse'"
    ).fetchone()
    assert row == (20, 10)


@pytest.mark.parametrize("value", ["7", "0", "60", "five", "-5", "5.0", " "])
def test_a_wrong_interval_is_told_by_every_look_and_stops_none(
    warehouse: Connection,
    web: Web,
    sandbox: Sandbox,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    monkeypatch.setenv("SALDO_WATCH_MINUTES", value)
    environment = environment_of(web, sandbox, server)
    with pytest.raises(
        WatchFailed, match=f"SALDO_WATCH_MINUTES is '{value}', which is none of 1, 2"
    ):
        watch(warehouse, [], environment, now=NOW)
    rows = warehouse.execute("select component, minutes from ops.heartbeat order by 1").fetchall()
    assert ("warehouse", 5) in rows


# --- the outside heartbeat -----------------------------------------------------------------------


def test_a_good_night_is_told_to_the_outside(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    own = agreement("own", heartbeat_url=f"{web.url}/ping/s3cret")
    assert ping(own, {"SALDO_HEARTBEAT_URL": f"{web.url}/shared"})
    assert ping(agreement("other"), {"SALDO_HEARTBEAT_URL": f"{web.url}/key/{{agreement}}"})
    assert not ping(agreement("none"), {})
    assert web.paths == ["/ping/s3cret", "/key/other"]
    assert "s3cret" not in caplog.text


def test_an_outside_that_fails_harms_nothing_and_tells_no_secret(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.status = 503
    own = agreement("own", heartbeat_url=f"{web.url}/ping/s3cret")
    assert not ping(own, {}, first_wait_s=0.01)
    assert len(web.paths) == 3
    assert "it answered 503" in caplog.text
    away = agreement("away", heartbeat_url=f"http://127.0.0.1:{free_port()}/s3cret")
    assert not ping(away, {}, first_wait_s=0.01)
    assert not ping(agreement("odd"), {"SALDO_HEARTBEAT_URL": "s3cret"})
    assert "ConnectionError" in caplog.text
    assert "s3cret" not in caplog.text


# --- a whole look --------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def environment_of(web: Web, sandbox: Sandbox, server: MailServer) -> Environment:
    return Environment(
        health_url=web.url,
        ui_url="http://ui",
        urls_of=lambda of: [f"{sandbox.url}/economic/rest"],
        key_of=Key,
        is_paused=lambda dag_id: None,
        failed_at=lambda minutes: set(),
        open_mailer=server.mailer,
        minutes=5,
    )


def test_a_look_of_the_watch(
    warehouse: Connection, dsn: str, web: Web, sandbox: Sandbox, server: MailServer
) -> None:
    web.body = json.dumps({"scheduler": {"status": "healthy"}})
    of = agreement("minute", alerts=Alerts(to=("x@example.com",), after_failures=1))
    run = Run("saldo__minute", "scheduled__1")
    with pytest.raises(AuthError), recorded(warehouse, dsn, of.key, "entries", run):
        raise AuthError("401")
    with recorded(warehouse, dsn, of.key, "report", run):
        pass
    watch(warehouse, [subject_of(of)], environment_of(web, sandbox, server), now=datetime.now(UTC))
    assert [mail.subject for mail in server.take()] == [
        "Saldo: minute: e-conomic refuses the credentials"
    ]
    rows = warehouse.execute("select component, ok from ops.heartbeat order by 1").fetchall()
    assert rows == [
        ("api-server", True), ("dag-processor", False),
        (f"economic {sandbox.url.removeprefix('http://')}", True),
        ("scheduler", True), ("triggerer", False), ("warehouse", True),
    ]  # fmt: skip


def test_a_step_that_fails_stops_no_other(
    warehouse: Connection, web: Web, sandbox: Sandbox, server: MailServer
) -> None:
    environment = environment_of(web, sandbox, server)
    warehouse.execute("alter table ops.watched rename to elsewhere")
    try:
        with pytest.raises(WatchFailed, match="nights"):
            watch(
                warehouse, [subject_of(agreement("s", schedule="0 3 * * *"))], environment, now=NOW
            )
    finally:
        warehouse.execute("alter table ops.elsewhere rename to watched")
    rows = warehouse.execute("select component from ops.heartbeat order by 1").fetchall()
    assert rows == [("api-server",), ("scheduler",), ("warehouse",)]


def test_no_mail_server_is_no_failure(
    warehouse: Connection, web: Web, sandbox: Sandbox, server: MailServer
) -> None:
    def none() -> Iterator[Mailer]:
        raise MailUnavailable("SMTP connection is not found.")
        yield

    warehouse.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, "
        "written_at, next_attempt_at) values ('<x@y>', '{}', '{x@example.com}', 's', 't', 'h', %s, %s)",
        [NOW, NOW],
    )
    environment = environment_of(web, sandbox, server)
    watch(warehouse, [], Environment(**{**vars(environment), "open_mailer": none}), now=NOW)
    row = warehouse.execute("select done_at, last_error from ops.alert_mail").fetchone()
    assert row == (None, "SMTP connection is not found.")
