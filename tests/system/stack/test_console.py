"""The console where people are already, in Airflow's own UI: an engineer adds an agreement and sees its first night."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, Page

from tests.browser import log_in, page
from tests.support import SECRET, Company, write_agreement
from tests.system.running import Stack, parse_now, until

pytestmark = pytest.mark.timeout(900)
_PATIENCE_MS = 120_000


@pytest.fixture
def company(stack: Stack, first: subprocess.CompletedProcess[str]) -> Iterator[Company]:
    """New to the stack: what its engineer has, the vendor's keys, in an Airflow connection."""
    found = stack.sandbox.company("newcomer", entries=400)
    base = f"{stack.sandbox.url}/economic"
    extra = {"app_secret_token": SECRET, "openapi_host": f"{base}/openapi"}
    api = stack.api()
    api.session.post(
        f"{api.url}/api/v2/connections",
        json={
            "connection_id": f"economic_{found.id}", "conn_type": "economic", "host": f"{base}/rest",
            "password": f"sandbox-grant-{found.id}", "extra": json.dumps(extra),
        },
        timeout=60,
    ).raise_for_status()  # fmt: skip
    yield found
    (stack.agreements / f"{found.id}.yaml").unlink(missing_ok=True)


@pytest.fixture
def shown(stack: Stack, first: subprocess.CompletedProcess[str]) -> Iterator[Page]:
    """Airflow's home page, as its admin."""
    with page(width=1280) as found:
        found.set_default_timeout(_PATIENCE_MS)
        found.goto(stack.url)
        found.wait_for_selector("input[name=username]")
        log_in(found, "admin", stack.password("admin"))
        found.wait_for_selector("text=Saldo")
        yield found


def console(shown: Page) -> Frame:
    """What of the page is Saldo's."""
    found = shown.wait_for_selector("iframe[title=Saldo]")
    assert found is not None
    frame = found.content_frame()
    assert frame is not None
    frame.wait_for_url("**/saldo/**")
    return frame


def test_an_engineer_adds_an_agreement_and_sees_its_first_night(
    stack: Stack, company: Company, shown: Page
) -> None:
    write_agreement(stack.agreements, company.id)
    parse_now(stack)
    shown.click("text=Saldo")
    frame = console(shown)
    frame.wait_for_selector("h1:text('Overview')")
    assert shown.url == f"{stack.url}/plugin/saldo/saldo/"  # an address to come back to
    frame.fill("input[type=search]", company.id)
    frame.click("button:text('Show')")
    frame.wait_for_selector(".badge:text-is('never run')")
    frame.click(f"a:has-text('{company.id} ApS')")
    frame.wait_for_selector(f"h1:has-text('{company.id} ApS')")

    def has_dag() -> bool:
        frame.goto(frame.url)
        return frame.query_selector(f"a:has-text('saldo__{company.id}')") is not None

    until(has_dag)
    frame.click("summary:text('Start a run')")
    frame.click("button:text('Start the run')")
    frame.wait_for_selector("text=The run is started")

    def is_proven() -> bool:
        frame.goto(f"{stack.url}/saldo/agreements/{company.id}")
        return frame.query_selector(".tile.good:has-text('Proof')") is not None

    until(is_proven, patience_s=240)
    ((landed,),) = stack.rows(
        "select count(*) from staging.economic_entries where agreement_id = %s", company.id
    )
    row = frame.text_content("tr:has(th a:text-is('entries'))") or ""
    assert f"{landed}" in row.replace("\u202f", "")
    ((who, how),) = stack.rows(
        "select a.actor, a.action from ops.audit as a where a.dag_id = %s", f"saldo__{company.id}"
    )
    assert (who, how) == ("admin", "run started")


def test_its_address_as_people_type_it(stack: Stack, shown: Page) -> None:
    shown.goto(f"{stack.url}/saldo")
    shown.wait_for_selector("h1:text('Overview')")
    assert shown.url == f"{stack.url}/saldo/"


def test_it_has_airflows_theme_and_its_links_leave_the_frame(stack: Stack, shown: Page) -> None:
    shown.evaluate("localStorage.setItem('theme', 'dark')")
    shown.goto(f"{stack.url}/plugin/saldo/saldo/agreements/nordlys")
    frame = console(shown)
    frame.wait_for_selector("h1")
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    frame.click("a:has-text('saldo__nordlys')")
    shown.wait_for_url(f"{stack.url}/dags/saldo__nordlys**")
    assert "/plugin/" not in shown.url
    shown.wait_for_selector("text=Saldo")


def test_the_page_of_a_dag_leads_to_what_it_is_about(stack: Stack, shown: Page) -> None:
    shown.goto(f"{stack.url}/dags/saldo__nordlys/plugin/saldo_dag")
    frame = console(shown)
    frame.wait_for_selector("text=Entities")
    assert "/agreements/nordlys" in frame.url
