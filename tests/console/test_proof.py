"""Proof in the console: what differs, the totals by account and period, and the way down to their postings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.proof.download import FORMULA
from saldo.console.proof.find import amounts_of
from saldo.exports.texts import safe
from saldo.warehouse.connection import Connection, connect
from tests.airflow.running import warehouse_connection
from tests.console.landed import FIRST, SECOND, damage, differs, land_and_prove, show
from tests.console.looking import assert_good
from tests.support import Company, Sandbox

Visit = Callable[..., Page]
ACCOUNT = "1010"


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    """Years from 16 June, two currencies; proven, then damaged, and found to differ."""
    found = sandbox.company(
        "walked", entries=1_500, customers=40, suppliers=15, currencies=["EUR"], year_starts_in=6, year_starts_on=16
    )  # fmt: skip
    land_and_prove(dsn, found)
    damage(dsn, found, ACCOUNT)
    differs(dsn, found, now=SECOND)
    return found


@pytest.fixture
def company(landed: Company, tmp_path: Path, client: TestClient) -> Company:
    show(tmp_path / "SALDO_AGREEMENTS_DIR", landed)
    client.cookies.set("_token", "vera")
    return landed


def rows(dsn: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(query, parameters).fetchall()


def money(text: str) -> Decimal:
    """What a page shows, as a number."""
    return Decimal(re.sub(r"[^\d.\-]", "", text.replace("\u2212", "-")))


LOOKS = [{}, {"dark": True}, {"width": 390}]


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "dark", "phone"])
def test_what_differs_comes_first(visit: Visit, company: Company, look: dict[str, Any]) -> None:
    page = visit(f"/agreements/{company.id}/proof", **look)
    assert "Differs" in page.inner_text(".tiles")
    first = page.locator("#differences + .scroll tbody tr").first
    assert ACCOUNT in first.inner_text()
    assert "0.01" in first.inner_text()
    assert f"Trigger saldo__{company.id} with mode=window" in page.inner_text("main")
    assert_good(page, f"proof-{'-'.join(look) or 'wide'}")


def test_as_many_differ_as_the_run_says(client: TestClient, company: Company, dsn: str) -> None:
    """The balances by month have a row of the year, too, which no run counts."""
    ((error,),) = rows(
        dsn, "select error_message from ops.sync_run where agreement_id = %s and status = 'failed' and entity = 'prove'", company.id,
    )  # fmt: skip
    said = re.search(r": (\d+) of (\d+) totals differ", error)
    assert said
    page = client.get(f"/agreements/{company.id}/proof").text
    tiles = dict(re.findall(r"<dt>(Comparisons|Differing)</dt><dd>([^<]+)", page))
    assert (tiles["Differing"], tiles["Comparisons"]) == said.groups()
    listed = page.partition('id="differences"')[2].partition("</tbody>")[0]
    assert listed.count("<tr>") - 1 == int(said[1])
    assert sum(map(int, re.findall(r">(\d+) differ<", page))) == int(said[1])


def test_a_month_without_balances_is_told_from_books_without_any(
    client: TestClient, company: Company
) -> None:
    page = client.get(f"/agreements/{company.id}/balances?month=1999-01-01").text
    assert "There are no balances of 1999-01." in page
    assert "The books have months from 20" in page


def test_a_figure_leads_to_postings_that_come_to_it(visit: Visit, company: Company) -> None:
    page = visit(f"/agreements/{company.id}/proof?q={ACCOUNT}")
    cell = page.locator(".matrix td.bad a").last
    shown = money(cell.inner_text())
    cell.click()
    assert money(page.locator("tfoot td").first.inner_text()) == shown
    assert money(page.locator("tbody tr td:last-child").last.inner_text()) == shown
    assert "The vendor says" in page.inner_text(".notice.bad")
    assert_good(page, "postings-differing")


def test_every_compared_total_is_the_sum_of_its_postings(
    client: TestClient, company: Company, dsn: str
) -> None:
    """Also where the vendor's totals run on from the year before."""
    compared = rows(
        dsn,
        "select account_number, period, warehouse_value from ops.proof where agreement_id = %s "
        "and control in ('account_year_totals', 'account_period_totals') and checked_at = %s",
        company.id, SECOND,
    )  # fmt: skip
    assert len(compared) > 20
    for account, label, value in compared[::5]:
        year, _, period = label.partition(" P")
        path = f"/agreements/{company.id}/postings?account={account}&year={quote(year)}"
        text = client.get(path + (f"&period={int(period)}" if period else "")).text
        tile = re.search(r"<dt>Compared</dt><dd>([^<]+)<small>([^<]+)</small>", text)
        assert tile, (account, label)
        assert (money(tile[1]), tile[2]) == (value, "the same")


def test_an_older_proof_is_shown_as_it_was(client: TestClient, company: Company) -> None:
    page = client.get(f"/agreements/{company.id}/proof", params={"at": FIRST.isoformat()}).text
    assert "What differs" not in page
    assert "Proven" in page
    differing = client.get(
        f"/agreements/{company.id}/proof", params={"at": SECOND.isoformat()}
    ).text
    links = re.findall(r'href="([^"]+/postings\?[^"]+)" aria-label="Postings of', differing)
    assert links
    assert all("&amp;at=" in link or "?at=" in link for link in links)
    missing = client.get(f"/agreements/{company.id}/proof?at=2020-01-01T00:00:00Z")
    assert missing.status_code == 404


def test_a_night_that_compared_nothing_says_why(
    client: TestClient, company: Company, dsn: str
) -> None:
    """The totals of the last proof stay."""
    with connect(dsn) as connection:
        connection.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, started_at, finished_at, status, note) "
            "values (%s, 'prove', 'dag', 'held back', 1, 'auto', now(), now(), 'skipped', 'the ledger was not compared: entries are being landed')",
            [company.id],
        )  # fmt: skip
        try:
            text = client.get(f"/agreements/{company.id}/proof").text
        finally:
            connection.execute("delete from ops.sync_run where run_id = 'held back'")
    assert "compared nothing" in text
    assert "entries are being landed" in text
    assert 'class="matrix"' in text


def test_nothing_compared_yet(visit: Visit, client: TestClient) -> None:
    page = visit("/agreements/shop/proof", user="vera")
    assert "Nothing of these books has been compared yet" in page.inner_text("main")
    assert_good(page, "proof-empty")
    for path in ("balances", "find?q=1", "find"):
        client.cookies.set("_token", "vera")
        assert client.get(f"/agreements/shop/{path}").status_code == 200


def test_who_may_not_see_the_agreement_sees_none_of_it(
    client: TestClient, company: Company
) -> None:
    client.cookies.set("_token", "nora")
    for path in (
        "proof",
        "postings?account=1010&year=x",
        "postings.csv?account=1010&year=x",
        "vouchers?number=1",
        "balances",
        "find?q=1",
    ):
        assert client.get(f"/agreements/{company.id}/{path}").status_code == 403, path


@pytest.mark.parametrize(
    ("text", "amounts"),
    [("12.345,60", ["12345.60"]), ("-12,345.60", ["12345.60"]), ("1.234", ["1234", "1.234"]), ("husleje", []), ("", [])],
)  # fmt: skip
def test_what_a_text_may_say_as_an_amount(text: str, amounts: list[str]) -> None:
    assert set(amounts_of(text)) == {Decimal(amount) for amount in amounts}


def test_no_text_of_a_file_is_a_formula(warehouse: Connection) -> None:
    """As other files of Saldo guard theirs."""
    signs = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "a", "1", "'", "#")
    texts = [before + sign + "1+1" for before in ("", " ", "\u00a0", "\u200b", "\ufeff", "\u3000", "x") for sign in signs]  # fmt: skip
    for text in [*texts, "\tx", "\nx", "a=1", "æ-1"]:
        row = warehouse.execute(
            "select regexp_replace(%s, %s, '''\\1')", [text, FORMULA]
        ).fetchone()
        assert row
        assert (row[0] != text) is ("guarded" in safe(text).changes), repr(text)


def test_a_warehouse_that_is_away_is_a_page(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    away: Any = warehouse_connection("postgresql://saldo:x@127.0.0.1:1/saldo")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", away)
    for path in ("proof", "balances", "find?q=1", "postings.csv?account=1010&year=2025/2026"):
        answer = client.get(f"/agreements/{company.id}/{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert "does not answer" in answer.text


def test_what_customers_owe_is_reported_and_fails_nothing(
    client: TestClient, company: Company, dsn: str
) -> None:
    """The vendor's balances of customers are 500 off; the ledger agrees."""
    with connect(dsn) as connection:
        connection.execute(
            "insert into ops.proof (agreement_id, run_id, checked_at, control, entity, vendor_value, warehouse_value, difference, ok) "
            "values (%(id)s, 'weekly', %(at)s, 'entry_count', 'fact_journal_entries', 1, 1, 0, true), "
            "(%(id)s, 'weekly', %(at)s, 'customer_balances', 'fact_receivables', 0, 500, 500, false)",
            {"id": company.id, "at": SECOND + timedelta(days=6)},
        )
    try:
        said = client.get(f"/agreements/{company.id}/proof").text
    finally:
        with connect(dsn) as connection:
            connection.execute("delete from ops.proof where run_id = 'weekly'")
    assert "reported, fails nothing" in said
    assert 'badge good">Agreed' in said
    assert 'badge warn">1 differ' in said
    assert 'class="tile bad"' not in said
