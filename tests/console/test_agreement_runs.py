"""Starting a run from an agreement's page: by the form, once, by whoever may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from saldo.api import agreement_runs
from saldo.warehouse.connection import connect, exclusive
from tests.api.runs_of_dags import begin, forget, runs_of, write_agreement_dag
from tests.support import agreement

from .looking import assert_good

DAG, PATH = "saldo__shop", "/agreements/shop/runs"
OWN = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def shop(app: object, dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn) as connection:
        connection.execute("truncate ops.audit")
    write_agreement_dag(agreement("shop"))
    yield
    forget(DAG)


def post(client: TestClient, *, user: str = "ada", **fields: Any) -> Any:
    client.cookies.set("_token", user)
    return client.post(PATH, data=fields, headers=OWN, follow_redirects=False)


def audited(dsn: str) -> list[tuple[str, str, dict[str, Any]]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select actor, action, detail from ops.audit order by audit_id"
        ).fetchall()


def test_the_form_starts_what_it_says(client: TestClient, shop: None, dsn: str) -> None:
    answer = post(
        client,
        mode="window",
        first="2026-01-01",
        last="2026-01-31",
        entities=["entries", "customers"],
        confirm_deletes="true",
    )
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/saldo/agreements/shop?told=started",
    )
    conf = {
        "mode": "window",
        "from": "2026-01-01",
        "to": "2026-01-31",
        "entities": ["entries", "customers"],
        "confirm_deletes": True,
    }
    assert runs_of(DAG) == [("queued", conf)]
    assert audited(dsn) == [("ada", "run started", {"by": "console", **conf})]
    assert "The run is started" in client.get("/agreements/shop?told=started").text


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_person_starts_a_night(visit: Callable[..., Page], shop: None, scripts: bool) -> None:
    page = visit("/agreements/shop", scripts=scripts)
    page.click("summary:has-text('Start a run')")
    assert page.is_checked("input[value=auto]")
    if scripts:
        assert_good(page, "agreement-start")
    page.click("button:has-text('Start the run')")
    assert "The run is started" in page.inner_text("#alerts")
    assert runs_of(DAG) == [("queued", {})]


def test_what_it_does_shows_from_the_start_to_the_end(
    visit: Callable[..., Page], shop: None
) -> None:
    page = visit("/agreements/shop")
    page.clock.install()
    page.click("summary:has-text('Start a run')")
    page.click("button:has-text('Start the run')")
    expect(page.get_by_text("The run waits for its turn.")).to_be_visible()
    assert_good(page, "agreement-started")
    page.route("**/progress*", lambda asked: asked.fulfill(status=500))
    page.clock.fast_forward(4000)
    expect(page.locator("#alerts")).to_contain_text("(500). It is tried again.")
    page.unroute("**/progress*")
    begin(DAG)
    page.clock.fast_forward(4000)
    expect(page.get_by_text("Nothing is running any more.")).to_be_visible()
    page.route("**/progress*", lambda asked: asked.fulfill(status=500))
    page.reload()
    expect(page.locator("#alerts")).to_contain_text("(500). Load this page again.")


def test_what_cannot_be_read_is_said_above_the_form(visit: Callable[..., Page], shop: None) -> None:
    page = visit("/agreements/shop")
    page.click("summary:has-text('Start a run')")
    page.check("input[value=window]")
    page.fill("input[name=first]", "2026-02-01")
    page.fill("input[name=last]", "2026-01-01")
    page.click("button:has-text('Start the run')")
    assert "swap from and to" in page.inner_text("[role=alert]")
    assert page.input_value("input[name=first]") == "2026-02-01"
    assert page.is_checked("input[value=window]")
    assert_good(page, "agreement-start-wrong", may_complain=True)
    assert runs_of(DAG) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mode": "window"}, "fill in both dates"),
        ({"mode": "window", "first": "2020-01-01", "last": "2020-02-01"}, "start_date"),
        ({"mode": "auto", "first": "2026-01-01"}, "The dates would be ignored"),
        ({"entities": "ghosts"}, "There is no such entity"),
    ],
)
def test_wrong_wishes_start_nothing(
    client: TestClient, shop: None, dsn: str, fields: dict[str, str], said: str
) -> None:
    answer = post(client, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert (runs_of(DAG), audited(dsn)) == ([], [])


def test_of_two_people_at_once_one_starts_it(client: TestClient, shop: None, dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        headers = [{**OWN, "Cookie": f"_token={user}"} for user in ("ada", "root", "ada", "root")]
        answers = list(
            pool.map(
                lambda one: client.post(
                    PATH, data={"mode": "auto"}, headers=one, follow_redirects=False
                ),
                headers,
            )
        )
    assert sorted(one.status_code for one in answers) == [303, 409, 409, 409]
    assert len(runs_of(DAG)) == 1
    ((actor, _, _),) = audited(dsn)
    refused = next(one for one in answers if one.status_code == 409)
    assert f"{actor} has asked for it" in refused.text
    begin(DAG)
    assert post(client, mode="auto").status_code == 303


def test_who_comes_while_another_starts_it_is_told(
    client: TestClient, shop: None, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement_runs, "_WAIT_S", 0.1)
    with connect(dsn) as other, exclusive(other, "shop", "starts of runs"):
        answer = post(client, mode="full")
    assert answer.status_code == 409
    assert "Somebody else starts a run of it right now" in answer.text
    assert 'value="full" checked' in answer.text  # what was chosen is kept
    assert runs_of(DAG) == []


def test_a_viewer_is_shown_no_form_and_refused(client: TestClient, shop: None, dsn: str) -> None:
    client.cookies.set("_token", "vera")
    assert "may not trigger the DAG" in client.get("/agreements/shop").text
    assert post(client, user="vera", mode="auto").status_code == 403
    assert [(actor, action) for actor, action, _ in audited(dsn)] == [("vera", "access refused")]
    assert runs_of(DAG) == []


def test_no_other_site_starts_it(client: TestClient, shop: None) -> None:
    client.cookies.set("_token", "ada")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {}):
        assert client.post(PATH, data={"mode": "auto"}, headers=headers).status_code == 403
    assert runs_of(DAG) == []


def test_a_paused_dag_starts_nothing(client: TestClient, shop: None) -> None:
    write_agreement_dag(agreement("shop"), is_paused=True)
    answer = post(client, mode="auto")
    assert answer.status_code == 409
    assert "The DAG is paused" in answer.text
    assert "Its DAG is paused" in answer.text


def test_an_agreement_that_is_gone_starts_nothing(
    client: TestClient, shop: None, tmp_path: Path
) -> None:
    (tmp_path / "SALDO_AGREEMENTS_DIR" / "shop.yaml").unlink()
    assert post(client, mode="auto").status_code == 404
