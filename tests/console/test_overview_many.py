"""The overview of many agreements with months of nights: what needs attention comes first, and can be found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from bench import console_rows

from .looking import assert_good

MANY, NIGHTS = 120, 40
#: As bench/console_rows.py makes them.
FAILING = {"bench_007", "bench_047", "bench_087"}
DIFFERING = {"bench_009", "bench_059", "bench_109"}


@pytest.fixture(scope="module")
def nights(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        console_rows.make(connection, agreements=MANY, nights=NIGHTS)


@pytest.fixture
def many(app: object, nights: None, tmp_path: Path) -> None:
    console_rows.write_files(tmp_path / "SALDO_AGREEMENTS_DIR", MANY)


def text_of(client: TestClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html", "Authorization": "Bearer vera"})
    assert answer.status_code == 200, answer.text
    return answer.text


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/saldo/agreements/(\w+)"', page)


def strip_of(page: str, id: str) -> str:
    (found,) = re.findall(
        rf'<th scope="row"><a href="/saldo/agreements/{id}">.*?(<svg.*?</svg><span[^>]*>.*?</span>)',
        page,
        re.DOTALL,
    )
    return str(found)


def test_what_needs_attention_comes_first(client: TestClient, many: None) -> None:
    ids = listed(text_of(client, "/"))
    assert set(ids[:3]) == FAILING
    assert len(ids) == 100
    attention = listed(text_of(client, "/?state=attention"))
    assert ids[: len(attention)] == attention
    assert set(attention) >= DIFFERING
    assert set(listed(text_of(client, "/?state=unproven"))) == DIFFERING
    assert set(listed(text_of(client, "/?state=failing"))) >= FAILING
    assert DIFFERING.isdisjoint(listed(text_of(client, "/?state=failing")))


def test_every_agreement_is_on_one_page(client: TestClient, many: None) -> None:
    first, second = (listed(text_of(client, f"/?page={n}")) for n in (1, 2))
    assert len({*first, *second}) == len(first) + len(second) == MANY + 2
    assert listed(text_of(client, "/?page=3")) == []


def test_a_strip_has_a_bar_for_each_night_that_leads_to_it(client: TestClient, many: None) -> None:
    page = text_of(client, "/?state=attention")
    failing, differing = strip_of(page, "bench_007"), strip_of(page, "bench_009")
    assert 29 <= failing.count("?day=") <= 30
    assert failing.count('class="bad"') >= 10
    assert re.search(r"\d+ failed \(last on 20", failing)
    assert differing.count('class="warn"') == 4
    assert "4 proof differs" in differing
    assert page.count("differs by 12.50") == len(DIFFERING)
    day = re.findall(r"\?day=([\d-]+)", failing)[-1]
    history = text_of(client, f"/agreements/bench_007/history?day={day}")
    assert len(re.findall(r"<th scope=.row. class=.nowrap.><a", history)) == 1
    assert "failed" in history


def test_ten_thousand_open_failures_are_counted_and_the_newest_shown(
    client: TestClient, many: None
) -> None:
    page = text_of(client, "/?state=failing")
    assert page.count("3\u202f333</a>") == len(FAILING)
    page = text_of(client, "/agreements/bench_007")
    assert "Open: 3\u202f333" in page
    assert page.count("task_") == 3 * 50  # its name, its log, its reason
    assert "The newest 50 of 3\u202f333" in page


def test_what_is_late_runs_or_was_killed(client: TestClient, many: None, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into ops.alert (agreement_id, subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, family, cause, since) "
            "values ('bench_002', 'agreement', 'bench_002', 'late', 'night', now(), 0, 'It was to start at 03:00', 'economic', 'Late', 'late', now())"
        )
        connection.execute(
            "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, status) "
            "select id, 'agreement', id, 'entries', 'saldo__' || id, 'now', 'auto', 1, now() - ago, 'running' "
            "from (values ('bench_003', interval '1 second'), ('bench_004', interval '70 hours')) as v (id, ago)"
        )
        try:
            assert listed(text_of(client, "/?state=late")) == ["bench_002"]
            page = text_of(client, "/?state=running")
            assert listed(page) == ["bench_003"]
            assert (
                f"{datetime.now(UTC):%Y-%m-}"
                in strip_of(page, "bench_003").partition('class="busy"')[2]
            )
            history = text_of(client, "/agreements/bench_004/history")
            assert "killed" in history
            assert "running" in text_of(client, "/agreements/bench_003/history")
        finally:
            connection.execute("delete from ops.alert where kind = 'late'")
            connection.execute("delete from ops.sync_run where status = 'running'")


def test_runs_are_paged_by_the_last_of_a_page(client: TestClient, many: None) -> None:
    with_status = text_of(client, "/agreements/bench_007/history?status=success")
    assert with_status.count("✓") == 0
    path: str | None = "/agreements/bench_001/history?entity=entries"
    seen: list[str] = []
    while path:
        page = text_of(client, path)
        seen += re.findall(r'<th scope="row" class="nowrap"><a href="[^"]*run=([^"&]+)', page)
        following = re.search(r'rel="next" href="/saldo([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == NIGHTS


def test_many_look_good(visit: Callable[..., Page], many: None) -> None:
    page = visit("/?state=attention")
    assert_good(page, "overview-many")
    page.goto(page.url.replace("?state=attention", "agreements/bench_007"))
    assert_good(page, "agreement-failing")
    page.goto(page.url + "/history")
    assert_good(page, "history-many")
