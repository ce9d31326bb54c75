"""The overview of few agreements: new, broken, gone, another's, and a warehouse that is away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from tests.airflow.running import warehouse_connection
from tests.api.runs_of_dags import forget, write_agreement_dag
from tests.support import agreement, write_agreement

from .looking import assert_good

LOOKS = pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
HOSTILE = "O'Brien & <b>Søn</b> \u202eltd 🚲 {{ 7*7 }}"


@pytest.fixture
def folder(app: object, tmp_path: Path) -> Path:
    return tmp_path / "SALDO_AGREEMENTS_DIR"


def text_of(client: TestClient, path: str = "/", *, user: str = "vera", status: int = 200) -> str:
    headers = {"Accept": "text/html", "Authorization": f"Bearer {user}"}
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.text


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/saldo/agreements/(\w+)"', page)


@LOOKS
def test_agreements_that_never_ran(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/", **look)
    assert page.text_content("h1") == "Overview"
    assert page.locator("tbody tr").count() == 2
    assert page.locator("td", has_text="never run").count() == 2
    assert_good(page, f"overview-new-{'-'.join(look) or 'wide'}")


@LOOKS
def test_no_agreement_yet(
    visit: Callable[..., Page], folder: Path, look: dict[str, object]
) -> None:
    for path in folder.iterdir():
        path.unlink()
    page = visit("/", **look)
    assert "There is no agreement yet" in page.inner_text("main")
    assert "make agreement" in page.inner_text("main")
    assert_good(page, f"overview-empty-{'-'.join(look) or 'wide'}")


def test_who_may_see_nothing_sees_nothing(client: TestClient, folder: Path) -> None:
    (folder / "secret.yaml").write_text("id: secret\nvendor: nobody\n")
    page = text_of(client, user="nora")
    assert "There is no agreement yet" in page
    assert "shop" not in page
    assert "secret" not in page


def test_a_broken_file_is_told_with_its_remedy(client: TestClient, folder: Path) -> None:
    (folder / "shop.yaml").write_text("id: shop\nvendor: nobody\n")
    page = text_of(client)
    assert listed(page) == ["other"]
    assert "The file shop.yaml cannot be used" in page
    assert "&#39;nobody&#39; is unknown; write one of" in page


def test_a_file_that_changes_is_read_again(client: TestClient, folder: Path) -> None:
    assert "shop ApS" in text_of(client)
    write_agreement(folder, "shop", name="Another name")
    assert "Another name" in text_of(client)
    write_agreement(folder, "shop", enabled=False)
    assert "switched off" in text_of(client)


def test_what_is_switched_off_fails_nothing(client: TestClient, folder: Path, dsn: str) -> None:
    """Nobody waits for its nights: as in the list, so in the numbers above it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into ops.alert (subject_kind, subject_id, agreement_id, task, opened_at, failures, reason, kind, since) "
            "select 'agreement', 'shop', 'shop', t, now(), 1, 'r', k, now() from (values ('entries', 'failure'), ('', 'late')) as x (t, k)"
        )
        connection.execute(
            "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, "
            "finished_at, status, error_family) select 'shop', 'agreement', 'shop', e, 'saldo__shop', 'r', 'auto', 1, now(), now(), 'failed', f "
            "from (values ('prove', 'NotProven'), ('report', null)) as x (e, f)"
        )
    states = ("attention", "failing", "late", "unproven")
    try:
        for is_on, found in ((True, ["shop"]), (False, [])):
            write_agreement(folder, "shop", enabled=is_on)
            for one in states:
                assert listed(text_of(client, f"/?state={one}")) == found, (is_on, one)
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("delete from ops.alert where subject_id = 'shop'")
            connection.execute("delete from ops.sync_run where subject_id = 'shop'")


def test_one_without_a_file_is_shown_as_such(client: TestClient, folder: Path, dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, "
            "finished_at, status) values ('gone', 'agreement', 'gone', 'report', 'saldo__gone', 'r', 'auto', 1, now(), now(), 'success')"
        )
    page = text_of(client)
    assert listed(page) == ["other", "shop", "gone"]
    assert "no file" in page
    with psycopg.connect(dsn) as connection:
        connection.execute("delete from ops.sync_run where agreement_id = 'gone'")


def test_a_proof_that_differs_hides_nothing_else_that_failed(
    client: TestClient, folder: Path, dsn: str
) -> None:
    """Until a later try of it in the same run has gone well, it fails; then it is the proof alone."""
    insert = (
        "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, "
        "finished_at, status, error_family) select 'shop', 'agreement', 'shop', e, 'saldo__shop', 'r', 'auto', t, now() - at, now() - at, s, f "
        "from (values {}) as x (e, t, at, s, f)"
    )
    with psycopg.connect(dsn) as connection:
        connection.execute(
            insert.format(
                "('customers', 1, interval '9 minutes', 'failed', 'AuthError'), ('prove', 1, '5 minutes', 'failed', 'NotProven'), "
                "('report', 1, '4 minutes', 'failed', null)"
            )
        )
    assert "failing" in text_of(client, "/agreements/shop").partition("</h1>")[2][:200]
    assert listed(text_of(client, "/?state=failing")) == ["shop"]
    with psycopg.connect(dsn) as connection:
        connection.execute(insert.format("('customers', 2, interval '8 minutes', 'success', null)"))
    assert listed(text_of(client, "/?state=failing")) == []
    assert listed(text_of(client, "/?state=unproven")) == ["shop"]
    with psycopg.connect(dsn) as connection:
        connection.execute("delete from ops.sync_run where subject_id = 'shop'")


def test_a_night_that_was_stopped_before_its_report_is_no_night_without_a_run(
    client: TestClient, folder: Path, dsn: str
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into ops.sync_run (agreement_id, subject_kind, subject_id, entity, dag_id, run_id, mode, try_number, started_at, "
            "finished_at, status) select 'shop', 'agreement', 'shop', 'entries', 'saldo__' || o, 'r', 'auto', 1, at, at, 'failed' "
            "from (values ('shop', now() - interval '2 days'), ('other', now() - interval '9 days')) as x (o, at)"
        )
    [strip] = re.findall(
        r"<svg[^>]*>(?:(?!</svg>).)*agreements/shop/.*?</svg>", text_of(client), re.S
    )
    assert strip.count("failed") == 1
    with psycopg.connect(dsn) as connection:
        connection.execute("delete from ops.sync_run where subject_id = 'shop'")


def test_words_and_filters_choose(client: TestClient, folder: Path) -> None:
    write_agreement(
        folder, "havn", name="Havnens Café", vendor="moneybird", company="NL1", schedule="0 3 * * *"
    )
    assert listed(text_of(client, "/?q=CAF%C3%89+moneybird")) == ["havn"]
    assert listed(text_of(client, "/?q=NL1")) == ["havn"]
    assert listed(text_of(client, "/?q=e-conomic")) == ["other", "shop"]
    assert listed(text_of(client, "/?vendor=moneybird")) == ["havn"]
    assert listed(text_of(client, "/?state=demand")) == ["other", "shop"]
    assert "No agreement is like that" in text_of(client, "/?q=nothing")
    assert listed(text_of(client, "/?state=odd&vendor=odd")) == []


def test_each_state_is_counted_of_what_is_searched_for(client: TestClient, folder: Path) -> None:
    write_agreement(folder, "havn", name="Havnens Café", vendor="moneybird", schedule="0 3 * * *")
    for asked, demand in (("", 2), ("q=shop&", 1), ("vendor=moneybird&", 0), ("q=nothing&", 0)):
        page = text_of(client, f"/?{asked}state=failing")
        assert f"On demand ({demand})" in page, asked
        links = re.findall(r'class="tile[^"]*" href="/saldo([^"]+)".*?class="value">(\d+)<', page)
        assert len(links) == 6
        for path, count in links:
            assert len(listed(text_of(client, path.replace("&amp;", "&")))) == int(count), path


def test_names_are_text_whatever_is_in_them(visit: Callable[..., Page], folder: Path) -> None:
    write_agreement(folder, "shop", name=HOSTILE, company='"><script>alert(1)</script>')
    page = visit("/")
    assert page.locator("tbody b").count() == 0
    assert HOSTILE in page.locator("tbody").inner_text()
    page.fill("input[name=q]", '"><b>x')
    page.click("button:has-text('Show')")
    assert page.input_value("input[name=q]") == '"><b>x'
    assert page.locator("main b").count() == 0


def test_the_next_run_is_airflows(client: TestClient, folder: Path) -> None:
    write_agreement_dag(agreement("shop"))
    write_agreement_dag(agreement("other"), is_paused=True)
    write_agreement(folder, "other", schedule="0 3 * * *")
    page = text_of(client)
    assert "on demand" in page
    assert listed(page) == ["other", "shop"]
    assert listed(text_of(client, "/?state=attention")) == ["other"]
    forget("saldo__shop", "saldo__other")


def test_a_warehouse_that_is_away_is_a_page(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    away = psycopg.conninfo.make_conninfo(dsn, host="127.0.0.1", port=1)
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(away))
    page = visit("/")
    assert page.text_content("h1") == "The warehouse does not answer"
    assert_good(page, "overview-away", may_complain=True)


def test_a_warehouse_of_another_version_is_a_page(client: TestClient, dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("alter table ops.alert rename to alert_of_another_version")
    try:
        assert "The warehouse has another version" in text_of(client, status=503)
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("alter table ops.alert_of_another_version rename to alert")
