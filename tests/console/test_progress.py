"""What is under way, on the page of an agreement: it moves by itself, and stops when nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from saldo.api import runs
from saldo.console.shell import page
from saldo.console.shell.formats import THIN
from saldo.runs.sync_run import Run, SyncRun
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect
from tests.api.runs_of_dags import begin, forget, write_agreement_dag
from tests.support import agreement

from .looking import assert_good

DAG, PATH = "saldo__shop", "/agreements/shop/progress"
SHOP = SubjectKey("agreement", "shop")


@pytest.fixture
def worker(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        connection.execute("truncate ops.sync_run")
        yield connection


@pytest.fixture
def load(worker: Connection) -> SyncRun:
    found = SyncRun(worker, SHOP, "entries", Run(DAG, "night"))
    found.meter.begin(done=0, total=1_000_000)
    found.meter.add(412_000)
    found.save()
    worker.execute("update ops.sync_run set rate_per_s = 38000")
    return found


@pytest.fixture
def shown(app: FastAPI) -> None:
    """A page around the part, as pages of agreements have it."""

    @app.get("/around")
    def around(request: Request) -> HTMLResponse:
        found = page(
            request, SimpleNamespace(get_name=lambda: "ada"), "templates/problem.html", title="Shop", section="overview", detail="HERE", code="",
        )  # fmt: skip
        part = f'<div hx-get="/saldo{PATH}" hx-trigger="load" hx-swap="outerHTML"></div>'
        found.body = bytes(found.body).replace(b"HERE", part.encode())
        found.headers["content-length"] = str(len(found.body))
        return found


def text(client: TestClient, path: str = PATH, user: str = "vera") -> Any:
    client.cookies.set("_token", user)
    return client.get(path, headers={"Accept": "text/html"})


def test_nothing_is_shown_where_nothing_runs(client: TestClient, worker: Connection) -> None:
    answer = text(client)
    assert (answer.status_code, answer.text.strip()) == (200, "")


def test_what_runs_is_asked_for_again_until_it_ends(client: TestClient, load: SyncRun) -> None:
    first = text(client).text
    assert 'hx-trigger="every 3s"' in first
    assert 'role="status"' in first
    assert "412,000 of 1,000,000 records, 38,000/s".replace(",0", f"{THIN}0") in first
    again = text(client, f"{PATH}?heard=entries: 40 percent").text
    assert 'hx-trigger="every 3s"' in again
    assert "progress-says" not in again  # nothing new is to be said
    assert "<section" not in again
    load.finish("success", None, load._connection)
    ended = text(client, f"{PATH}?heard=entries: 40 percent").text
    assert "hx-get" not in ended
    assert "Nothing is running any more" in ended
    assert "/saldo/agreements/shop" in ended


def test_a_run_is_asked_for_between_its_tasks_too(client: TestClient, worker: Connection) -> None:
    """From the moment it is asked for, when no task has begun, until Airflow has ended it."""
    write_agreement_dag(agreement("shop"))
    try:
        runs.start(DAG, {}, actor="ada")
        queued = text(client).text
        assert "The run waits for its turn." in queued
        assert 'hx-trigger="every 3s"' in queued
        begin(DAG, state="running")
        task = SyncRun(worker, SHOP, "entries", Run(DAG, "night"))
        task.save()
        assert "entries is running" in text(client, f"{PATH}?heard=x").text
        task.finish("success", None, worker)
        between = text(client, f"{PATH}?heard=entries is running").text
        assert "The run waits for its next task." in between
        assert 'hx-trigger="every 3s"' in between
        begin(DAG)
        assert "Nothing is running any more" in text(client, f"{PATH}?heard=x").text
        assert text(client).text.strip() == ""
    finally:
        forget(DAG)


def test_it_is_for_those_who_may_see_the_agreement(client: TestClient, load: SyncRun) -> None:
    assert text(client, user="nora").status_code == 403
    assert "412" not in text(client, user="nora").text
    assert text(client, "/agreements/No-Id/progress").status_code == 404


def test_names_are_no_markup(client: TestClient, worker: Connection) -> None:
    run = SyncRun(worker, SHOP, "<b>\u202e'\"", Run(DAG, "night"))
    run.tell(1, 2, "files", step="<script>alert(1)</script>")
    run.save()
    found = text(client).text
    assert "<b>" not in found
    assert "<script>" not in found
    assert "&lt;script&gt;" in found


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_it_moves_by_itself(
    shown: None,
    visit: Callable[..., Page],
    worker: Connection,
    load: SyncRun,
    look: dict[str, Any],
) -> None:
    gone = connect(worker.info.dsn + f" password={worker.info.password}")
    SyncRun(gone, SHOP, "invoices", Run(DAG, "night", 2)).save()
    gone.close()
    unknown = SyncRun(worker, SHOP, "transactions", Run(DAG, "night"))
    unknown.meter.begin(done=31_000)
    unknown.save()
    found = visit("/around", **look)
    bar = found.get_by_role("progressbar", name="entries")
    expect(bar).to_have_attribute("value", "0.4120")
    expect(found.get_by_text("interrupted").first).to_be_visible()
    assert_good(found, f"progress-{'-'.join(look) or 'wide'}")
    load.meter.add(200_000)
    load.save()
    expect(bar).to_have_attribute("value", "0.6120")
    expect(found.locator("#progress-says")).to_contain_text("entries: 60 percent")
    worker.execute("update ops.sync_run set status = 'success', finished_at = clock_timestamp()")
    expect(found.get_by_text("Nothing is running any more.")).to_be_visible()
    expect(found.locator("#progress-says")).to_have_text("Nothing is running any more")
    expect(found.locator("[hx-get]")).to_have_count(0)
    assert found.saldo_complaints == []  # type: ignore[attr-defined]
