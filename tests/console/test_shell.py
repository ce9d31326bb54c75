"""The console's frame: addresses, policy, problems as pages, what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.shell.static import FOLDER

from .looking import assert_good

BROWSER = {"Accept": "text/html"}


def test_a_dag_leads_to_the_page_that_is_about_it(client: TestClient) -> None:
    client.cookies.set("_token", "vera")
    for dag_id, path in (
        ("saldo__shop", "/saldo/agreements/shop"),
        ("saldo_export__havn", "/saldo/exports?organisation=havn"),
        ("saldo_watch", "/saldo/health"),
    ):
        answer = client.get(f"/dags/{dag_id}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, path)
    assert client.get("/dags/another").status_code == 404


def test_a_dag_of_an_export_leads_to_what_it_exports(client: TestClient, tmp_path: Path) -> None:
    """Files of an agreement's documents, or claims of an organisation. Of whose documents, is told to who may see the DAG."""
    (tmp_path / "SALDO_EXPORTS_DIR" / "weekly.yaml").write_text(
        "name: weekly\ntarget: xlsx\nagreement: shop\n"
    )
    for user, path in (("vera", "/purchases/shop/files"), ("nora", "/exports?organisation=weekly")):
        client.cookies.set("_token", user)
        answer = client.get("/dags/saldo_export__weekly", follow_redirects=False)
        assert answer.headers["location"] == f"/saldo{path}"


def test_a_page_asks_nothing_of_another_host_and_lets_no_script_in(client: TestClient) -> None:
    client.cookies.set("_token", "vera")
    answer = client.get("/dags/another", headers=BROWSER)
    # A form of a browser that sends no Sec-Fetch-Site is known by its Origin, which is null without a referrer.
    assert answer.headers["referrer-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"(src|href)=.?(https?:)?//", answer.text)
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text)


def test_static_files_are_kept_for_a_year_under_their_hash(client: TestClient) -> None:
    client.cookies.set("_token", "vera")
    page = client.get("/dags/another", headers=BROWSER).text
    found = re.findall(r'/saldo(/static/[^"]+)', page)
    assert len(found) > 5
    for path in found:
        answer = client.get(f"/saldo{path}")
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/saldo/static/saldo.css").headers["cache-control"] == "no-cache"
    assert client.get("/saldo/static/../pages.py").status_code == 404


def test_vendored_files_are_those_that_the_readme_names() -> None:
    text = (FOLDER / "vendor" / "README.md").read_text()
    named = dict(re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", text, re.MULTILINE))
    there = {path.name for path in (FOLDER / "vendor").iterdir()} - {"README.md"}
    assert {name for name in there if not name.endswith(".LICENSE")} == set(named)
    for name, hash in named.items():
        assert sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == hash


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_a_problem_is_a_page(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/dags/another", **look)
    assert page.text_content("h1") == "This DAG is none of Saldo's"
    assert_good(page, f"problem-{'-'.join(look) or 'wide'}", may_complain=True)


def test_whose_session_ended_is_told_that_nothing_was_done(client: TestClient, dsn: str) -> None:
    """A form that is sent late in the morning, from a page of the evening before."""
    client.cookies.clear()
    own = {"Sec-Fetch-Site": "same-origin"}
    form = client.post("/agreements/shop/runs", data={"mode": "full"}, headers={**BROWSER, **own})
    assert form.status_code == 401
    assert "Your log-in has ended, and nothing was done." in form.text
    assert "token" not in form.text
    program = client.post("/api/v1/purchases/shop/export", json={})
    assert (program.status_code, "POST /auth/token" in program.json()["detail"]) == (401, True)


def test_what_is_refused_is_written_down(client: TestClient, dsn: str) -> None:
    """A viewer tries an action by hand."""
    answer = client.post(
        "/api/v1/purchases/shop/export", json={}, headers={"Authorization": "Bearer vera"}
    )
    assert answer.status_code == 403
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select actor, detail ->> 'method', detail ->> 'dag_id' from ops.audit where action = 'access refused'"
        ).fetchall()
    assert found == [("vera", "POST", "saldo__shop")]


@pytest.mark.parametrize(
    "path",
    [
        "/agreements/shop/postings?account=1&year=2026&period=99999999999",
        "/agreements/shop/postings?account=1&year=2026&after=2026-01-01~99999999999999999999",
        "/agreements/shop/history?day=9999-12-31",
        "/agreements/shop/history?entity=%00",
        "/agreements/shop/changes?since=0001-01-01T00:00%2B05:00",
    ],
)
def test_what_is_beyond_what_can_be_is_told(client: TestClient, path: str) -> None:
    client.cookies.set("_token", "vera")
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code in (200, 404, 422), answer.text
