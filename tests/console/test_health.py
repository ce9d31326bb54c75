"""The page of health: for browsers alone, whole with a warehouse and without one, and each sees their own alerts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.health import uptime
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql
from tests.airflow.running import warehouse_connection

from .exporting import page_of
from .looking import assert_good

NOW = datetime.now(UTC)
LOOKS = pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)


def named(what: str, look: dict[str, object]) -> str:
    return f"{what}-{'-'.join(look) or 'wide'}"


def watch(warehouse: Connection) -> None:
    """Everything that alerts are about is switched on."""
    warehouse.execute(
        "insert into ops.watched (subject_kind, subject_id, plan, since) "
        "select distinct subject_kind, subject_id, '', now() from ops.alert on conflict do nothing"
    )


@pytest.fixture
def history(warehouse: Connection) -> Connection:
    """Two months of looks, of which one evening failed; alerts of two agreements and an export."""
    warehouse.execute(
        "truncate ops.heartbeat, ops.alert, ops.alert_mail, ops.table_size, ops.watched cascade"
    )
    warehouse.execute(
        "insert into ops.heartbeat (component, at, ok, detail, minutes) "
        "select c, at, c <> 'warehouse' or at not between now() - interval '5 hours' and now() - interval '3 hours', 'answered 200 in 12 ms', 5 "
        "from unnest(array['scheduler', 'warehouse', 'api-server', 'triggerer', 'dag-processor', 'economic restapi.e-conomic.com']) as c, "
        "generate_series(now() - interval '60 days', now(), interval '5 minutes') as at "
        "where c <> 'triggerer' or at > now() - interval '10 hours'"
    )
    warehouse.execute(
        "insert into ops.alert (subject_kind, subject_id, agreement_id, task, opened_at, failures, reason, kind, vendor, family, cause, since) "
        "select k, id, case when k = 'agreement' then id end, t, now(), 3, r, 'failure', 'economic', 'AuthError', r, now() - interval '2 days' "
        "from (values ('agreement', 'shop', 'land_accounts', '<b>the token</b> is refused \"here\"'), "
        "('agreement', 'other', 'land_accounts', '<b>the token</b> is refused \"here\"'), "
        "('export', 'havn', 'send', 'שלום: no answer 🚢')) as x (k, id, t, r)"
    )
    watch(warehouse)
    warehouse.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, written_at, next_attempt_at, attempts, last_error) "
        "select 'x' || alert_id, array[alert_id], array['a@example.com'], 'Alert of ' || subject_id, '', '', now(), now(), 2, 'no route' from ops.alert"
    )
    warehouse.execute(
        "insert into ops.table_size select now(), 'staging', 'record', 10, 0, 1, 1, 1, 123456789, 0, null"
    )
    return warehouse


def test_a_program_learns_that_the_server_answers_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/health", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    for accepts in ("*/*", "text/html"):
        head = client.head("/health", headers={"Accept": accepts})
        assert (head.status_code, head.content) == (200, b""), "as load balancers ask"
    asked = client.get("/health", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (asked.status_code, "/auth/login" in asked.headers["location"]) == (302, True)


@LOOKS
def test_nothing_yet(
    warehouse: Connection, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    warehouse.execute("truncate ops.heartbeat, ops.alert, ops.alert_mail, ops.table_size cascade")
    page = visit("/health", user="nora", **look)
    assert "Nothing was looked at yet" in page.text_content("main")
    assert_good(page, named("health-empty", look))


@LOOKS
def test_everything(
    history: Connection, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    page = visit("/health?span=7d", **look)
    assert page.locator("svg.strip").count() == 6
    assert "<b>the token</b> is refused" in page.text_content("main")
    assert "2 tries, next with the next look: no route" in page.inner_text("section:has(#mails)")
    assert_good(page, named("health", look))
    page.goto(page.url.replace("?span=7d", "/alerts"))
    assert page.locator("tbody tr").count() == 3
    assert_good(page, named("alerts", look))


def test_a_warehouse_that_is_away_leaves_what_airflow_says(
    client: TestClient,
    visit: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = "postgresql://saldo:x@127.0.0.1:1/saldo"
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(closed))
    page = visit("/health")
    said = page.text_content("main")
    assert "The warehouse does not answer" in said
    assert "does not answer" in page.locator(".tile", has_text="Warehouse").inner_text()
    assert "dag-processor" in said
    assert_good(page, "health-down")
    assert "The warehouse does not answer" in page_of(client, "/health/alerts", status=503)


def test_alerts_are_seen_by_who_may_see_what_they_are_about(
    history: Connection, client: TestClient
) -> None:
    for user, sees in (("vera", {"shop", "other", "havn"}), ("otto", {"havn"}), ("nora", set())):
        text = page_of(client, "/health/alerts", user)
        assert {id for id in ("shop", "other", "havn") if f">{id}</a>" in text} == sees
        whole = page_of(client, "/health", user)
        assert {id for id in ("shop", "other", "havn") if f"Alert of {id}" in whole} == sees
        assert "scheduler" in whole


def test_mails_about_something_else_are_nobodys_here(
    history: Connection, client: TestClient
) -> None:
    """Of exports and files, whose mails name no alert; and of an alert that is gone."""
    history.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, written_at, next_attempt_at) "
        "select 'y' || n, case n when 1 then '{}'::bigint[] else '{999999}' end, array['a@example.com'], 'Of others ' || n, '', '', now(), now() "
        "from generate_series(1, 2) as n"
    )
    for user, sees in (("nora", False), ("vera", True)):
        page = page_of(client, "/health", user)
        assert ("Alert of shop" in page) is sees
        assert "Of others" not in page


def test_what_looked_before_the_time_shown_and_not_in_it_was_away() -> None:
    begins = datetime(2026, 11, 29, tzinfo=UTC)
    times = [begins + timedelta(hours=at) for at in range(4)]
    row = SimpleNamespace(minutes=60, minutes_ok=60)
    of = uptime.strip({times[3]: row}, times, timedelta(hours=1), times[3] + timedelta(hours=1), is_known=True)  # fmt: skip
    assert [cell.tone for cell in of.cells] == ["bad", "bad", "bad", "good"]
    assert of.share == 0.25
    new = uptime.strip({times[3]: row}, times, timedelta(hours=1), times[3] + timedelta(hours=1))
    assert [cell.tone for cell in new.cells] == ["none", "none", "none", "good"]
    assert new.share == 1


def test_ten_thousand_open_alerts_are_a_few_causes_and_pages(
    history: Connection, client: TestClient
) -> None:
    history.execute(
        "insert into ops.alert (subject_kind, subject_id, agreement_id, task, opened_at, failures, reason, kind, vendor, family, cause, since) "
        "select 'agreement', 'a' || n % 700, 'a' || n % 700, 'land_' || n, now(), 3, 'no answer', 'failure', 'xledger', 'Unavailable', 'no answer', now() "
        "from generate_series(1, 10000) as n"
    )
    watch(history)
    whole = page_of(client, "/health")
    assert "10\u202f003" in whole
    assert "10\u202f000 alerts of this cause" in whole
    assert "<small>700 agreements</small>" in whole
    seen, path = 0, "/health/alerts?q=xledger"
    for _ in range(3):
        text = page_of(client, path)
        seen += text.count('<tr><th scope="row">')
        path = text.partition('rel="next" href="/saldo')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == 300


def test_filters_of_alerts(history: Connection, client: TestClient) -> None:
    history.execute("update ops.alert set closed_at = now() where subject_id = 'other'")
    for query, sees in (
        ("", {"shop", "havn"}), ("state=closed", {"other"}), ("state=all", {"shop", "other", "havn"}), ("q=shop", {"shop"}),
        ("subject=export", {"havn"}), ("kind=late", set()), ("state=all&q=land_accounts", {"shop", "other"}),
    ):  # fmt: skip
        text = page_of(client, f"/health/alerts?{query}")
        assert {id for id in ("shop", "other", "havn") if f">{id}</a>" in text} == sees, query
    page_of(client, "/health/alerts?state=lost", status=422)


def test_what_is_switched_off_is_counted_nowhere_and_can_be_seen(
    history: Connection, client: TestClient, visit: Callable[..., Page]
) -> None:
    """As in metrics: nobody judges any more whether it is well again."""
    whole = page_of(client, "/health")
    assert "<small>2 agreements</small>" in whole
    assert "<small>1 export</small>" in whole
    assert "of what is switched off" not in whole
    history.execute("delete from ops.watched where subject_id = 'other'")
    [(metric,)] = history.execute(
        "select sum(alerts) from (" + read_sql(SQL_DIR / "metrics" / "alerts.sql").rstrip().rstrip(";") + ") as m"
    ).fetchall()  # fmt: skip
    page = visit("/health", user="vera")
    tile = page.locator(".tile", has_text="Open alerts")
    assert tile.locator("a").inner_text() == str(metric) == "2"
    assert "Agreements 1, Exports 1" in tile.inner_text()
    assert "\n1 agreement\t" in page.get_by_role("region", name="Causes").inner_text()
    assert_good(page, "health-switched-off")
    assert ">other</a>" not in page_of(client, "/health/alerts")
    page.click("text=1 open alert")
    assert "in no count, and in no metric" in page.inner_text("main")
    assert page.locator("tbody tr").count() == 1
    assert page.locator("tbody th a").inner_text() == "other"
    assert_good(page, "alerts-switched-off")
    history.execute("update ops.alert set closed_at = now() where subject_id = 'other'")
    assert "of what is switched off" not in page_of(client, "/health")


def test_uptime_is_what_the_view_of_uptime_says(history: Connection, client: TestClient) -> None:
    """Of a whole day of the past, which both cut at midnight."""
    from saldo.console.health.uptime import strips
    from saldo.console.shell.reading import Reading

    books = Reading(history)
    day = (books.now - timedelta(days=3)).date()
    history.execute(
        "update ops.heartbeat set ok = false where component = 'scheduler' and (at at time zone 'UTC')::date = %s and extract(hour from at at time zone 'UTC') < 6",
        [day],
    )
    [(share,)] = history.execute(
        "select share from ops.uptime where component = 'scheduler' and day = %s", [day]
    ).fetchall()
    cell = strips(books, "30d")["scheduler"].cells[-4]
    assert cell.said == f"{day} 00:00: {share * 100:.2f} % well"
    assert cell.tone == "warn"
