"""The pages of one agreement: a company of the sandbox after its first night, and one of which nothing is there yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.errors import DataRejected
from saldo.runs.sync_run import Run, recorded
from saldo.warehouse.connection import connect
from tests.support import Company, Sandbox, night, proven, write_agreement

from .looking import assert_good

BROWSER = {"Accept": "text/html"}
LOOKS = pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
HOSTILE = 'O\'Brien & <b>Søn</b> \u202e"ltd" 🚲 {{ 7*7 }}'


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    """After a night that went well, and the next, which would have deleted half of its customers."""
    company = sandbox.company("eng", entries=400, customers=60, suppliers=20)
    night(dsn, company)
    proven(dsn, company)
    _report(dsn, company, company.run_id)
    run = Run("saldo__" + company.id, "scheduled__2026-11-30T02:00:00+00:00")
    with connect(dsn) as connection:
        with (
            pytest.raises(DataRejected),
            recorded(connection, dsn, company.agreement.key, "customers", run),
        ):
            raise DataRejected(
                "customers: 31 of 60 are gone at e-conomic; look there, then confirm"
            )
        _set_aside_and_drift(connection, company.id)
    return company


def _report(dsn: str, company: Company, run_id: str) -> None:
    with (
        connect(dsn) as connection,
        recorded(connection, dsn, company.agreement.key, "report", Run("dag", run_id)),
    ):
        pass


def _set_aside_and_drift(connection, id: str) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq) "
        "select %s, 'customers', n::text, 'creditLimit', %s, 'has more than 19 digits', %s, 1 from generate_series(1, 250) as n",
        [id, HOSTILE, datetime.now(UTC)],
    )
    connection.execute(
        "insert into ops.drift (agreement_id, vendor, entity, field, first_seen_at, run_id, records) values "
        "(%(id)s, 'economic', 'entries', 'entryType=17', %(at)s, 'run', 3), (%(id)s, 'economic', 'customers', %(name)s, %(at)s, 'run', 60)",
        {"id": id, "at": datetime.now(UTC) - timedelta(days=2), "name": HOSTILE},
    )


@pytest.fixture
def company(app: object, landed: Company, tmp_path: Path) -> Company:
    write_agreement(
        tmp_path / "SALDO_AGREEMENTS_DIR",
        landed.id,
        name=HOSTILE,
        schedule="0 3 * * *",
        company="DK12345678",
    )
    return landed


def text_of(client: TestClient, path: str, *, user: str = "vera", status: int = 200) -> str:
    answer = client.get(path, headers={**BROWSER, "Authorization": f"Bearer {user}"})
    assert answer.status_code == status, answer.text
    return answer.text


def tiles_of(page: str) -> dict[str, str]:
    """What stands on the figures at the top, as a person reads it."""
    tiles = re.findall(r"<dt>(.*?)</dt>(.*?)</div>", page, re.S)
    return {name: " ".join(re.sub("<[^>]+>", " ", said).split()) for name, said in tiles}


def rows_of(dsn: str, company: Company) -> int:
    with connect(dsn) as connection:
        row = connection.execute(
            "select count(*) from staging.economic_entries where agreement_id = %s and deleted_at is null",
            [company.id],
        ).fetchone()
    return int(row[0]) if row else 0


@LOOKS
def test_entities(
    visit: Callable[..., Page], company: Company, dsn: str, look: dict[str, object]
) -> None:
    page = visit(f"/agreements/{company.id}", **look)
    assert page.text_content("h1") == HOSTILE
    row = page.locator("tr", has=page.locator("th", has_text=re.compile("^entries$")))
    assert f"\t{rows_of(dsn, company)}\t" in row.inner_text().replace("\u202f", "")
    assert "customers: 31 of 60 are gone" in page.locator("table.entities").inner_text()
    assert "of 50\u202f000 that e-conomic allows" in page.inner_text("main")
    assert page.locator("figure.chart canvas").count() == 2
    assert_good(page, f"agreement-{'-'.join(look) or 'wide'}")


@LOOKS
def test_history(visit: Callable[..., Page], company: Company, look: dict[str, object]) -> None:
    page = visit(f"/agreements/{company.id}/history", **look)
    assert page.locator("tbody tr").count() == 2
    assert "stopped" in page.locator("tbody tr").first.inner_text()  # it failed, and never reported
    assert_good(page, f"history-{'-'.join(look) or 'wide'}")
    page.locator("tbody th a").last.click()
    assert company.run_id in page.inner_text("main")
    assert page.locator("tbody th", has_text=re.compile("^invoice_lines$")).count() == 1
    assert_good(page, f"history-run-{'-'.join(look) or 'wide'}")
    page.goto(page.url.split("?")[0] + "?entity=customers")
    assert page.locator("tbody tr:not(.said)").count() == 2
    assert "31 of 60" in page.inner_text("main")
    assert_good(page, f"history-entity-{'-'.join(look) or 'wide'}")


@LOOKS
def test_drift(visit: Callable[..., Page], company: Company, look: dict[str, object]) -> None:
    page = visit(f"/agreements/{company.id}/drift", **look)
    assert page.locator("tbody th", has_text="17").count() >= 1
    assert page.locator("table").last.locator("tbody tr").count() == 100
    assert_good(page, f"drift-{'-'.join(look) or 'wide'}")


@pytest.mark.parametrize("tab", ["", "/history", "/drift"])
def test_how_far_a_run_is_stands_on_each_page_once(
    client: TestClient, company: Company, tab: str
) -> None:
    asked = f'hx-get="/saldo/agreements/{company.id}/progress"'
    assert text_of(client, f"/agreements/{company.id}{tab}").count(asked) == 1


def test_each_try_leads_to_its_run(client: TestClient, dsn: str, company: Company) -> None:
    """Also of a run that was stopped before its report, of another DAG, and of a document, which no DAG of Airflow fetches."""
    opened = Run("saldo_documents", "voucher__1")
    with (
        connect(dsn) as connection,
        recorded(connection, dsn, company.agreement.key, "document_pdf", opened),
    ):
        pass
    steps = text_of(client, f"/agreements/{company.id}").partition('id="steps"')[2]
    nightly, _, besides = steps.partition("Besides its nights")
    assert ("document_pdf" in nightly, "PDFs that people opened" in besides) == (False, True)
    history = f"/agreements/{company.id}/history"
    for entity, said in (("document_pdf", "good"), ("customers", "failed")):
        tries = text_of(client, f"{history}?entity={entity}")
        run = re.findall(r'href="/saldo([^"]+run=[^"]+)"', tries)[0].replace("&amp;", "&")
        page = text_of(client, run)
        assert f">{said}</span></h2>" in page
        assert "saldo_documents" not in tries + page
        assert (">Log</a>" in page) is (entity == "customers")


def test_without_scripts_what_asks_first_is_a_form(client: TestClient, company: Company) -> None:
    page = text_of(client, f"/agreements/{company.id}", user="ada")
    [form] = re.findall(r"<noscript>(<form.*?</form>)</noscript>", page, re.S)
    assert f'action="/saldo/agreements/{company.id}/runs"' in form
    assert 'name="entities" value="customers"' in form
    assert 'name="confirm_deletes" value="true"' in form
    assert "what is deleted here leaves the reports" in form


def test_budgets_that_come_later_are_not_the_last_night(
    client: TestClient, dsn: str, company: Company
) -> None:
    """They come by a DAG of their own, whose run may have the very name of the night's."""
    page = f"/agreements/{company.id}"
    before = tiles_of(text_of(client, page))
    assert before["Last run took"].split()[-2] != "0"
    for run_id in (company.run_id, "scheduled__2030-01-01T00:20:00+00:00"):
        with (
            connect(dsn) as connection,
            recorded(
                connection, dsn, company.agreement.key, "budgets", Run("saldo_files", run_id)
            ) as run,
        ):
            run.counts.inserted += 226
    after = tiles_of(text_of(client, page))
    for tile in ("Last run took", "Changed in it"):
        assert after[tile] == before[tile]


def test_records_set_aside_are_paged_by_key(client: TestClient, company: Company) -> None:
    seen: list[str] = []
    path: str | None = f"/agreements/{company.id}/drift"
    while path:
        page = text_of(client, path)
        table = page.partition("Records set aside")[2]
        seen += re.findall(r'<th scope="row"><bdi>(\d+)</bdi>', table)
        following = re.search(r'rel="next" href="/saldo([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert sorted(seen, key=int) == [str(n) for n in range(1, 251)]


def test_names_are_text_whatever_is_in_them(client: TestClient, company: Company) -> None:
    for path in ("", "/history", "/drift"):
        page = text_of(client, f"/agreements/{company.id}{path}")
        assert "<b>Søn</b>" not in page
        assert "O&#39;Brien &amp; &lt;b&gt;" in page
        assert "{{ 7*7 }}" in page


@LOOKS
def test_an_agreement_that_never_ran(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/agreements/shop", **look)
    assert "No run of it has begun yet" in page.inner_text("main")
    assert_good(page, f"agreement-new-{'-'.join(look) or 'wide'}")


def test_one_that_is_switched_off_broken_or_gone_says_so(
    client: TestClient, company: Company, tmp_path: Path
) -> None:
    folder = tmp_path / "SALDO_AGREEMENTS_DIR"
    write_agreement(folder, "shop", enabled=False)
    assert "It is switched off" in text_of(client, "/agreements/shop")
    asked = re.findall(
        r'hx-get="/saldo(/[^"]+)" hx-trigger="load"', text_of(client, "/agreements/shop")
    )
    assert [text_of(client, path).strip() for path in asked] == [""]  # no part of the page fails
    (folder / "shop.yaml").write_text("id: shop\nvendor: nobody\n")
    page = text_of(client, "/agreements/shop")
    assert "Its file cannot be used" in page
    assert "&#39;nobody&#39; is unknown" in page
    assert text_of(client, "/agreements/shop/progress").strip() == ""
    (folder / f"{company.id}.yaml").unlink()
    page = text_of(client, f"/agreements/{company.id}")
    assert "Its file is gone" in page
    assert "31 of 60 are gone" in page
    assert "Start a run" not in page
    assert text_of(client, f"/agreements/{company.id}/progress").strip() == ""
    assert "No such agreement" in text_of(client, "/agreements/nobody", status=404)


def test_what_is_not_there_is_told(client: TestClient, company: Company) -> None:
    assert "No such run" in text_of(
        client, f"/agreements/{company.id}/history?run=another", status=404
    )
    assert "No run is like that" in text_of(
        client, f"/agreements/{company.id}/history?status=skipped"
    )
    assert "There is no such try" in text_of(
        client, f"/agreements/{company.id}/history?entity=entries&status=failed"
    )
    for query in ("?status=odd", "?day=soon", "?before=-1"):
        text_of(client, f"/agreements/{company.id}/history{query}", status=422)


def test_who_may_not_see_it_is_refused(client: TestClient, company: Company) -> None:
    for path in ("", "/history", "/drift"):
        text_of(client, f"/agreements/{company.id}{path}", user="nora", status=403)
