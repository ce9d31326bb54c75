"""From a figure to the voucher and its PDF, as a controller goes; files of postings, balances, and the search."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.proof import find
from saldo.warehouse.connection import Connection
from tests.console.landed import connection_of, land_and_prove, show
from tests.console.looking import assert_good
from tests.console.test_proof import money, rows
from tests.support import Company, Sandbox

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    """Years from 16 June, two currencies."""
    found = sandbox.company(
        "figures", entries=1_500, customers=40, suppliers=15, currencies=["EUR"], year_starts_in=6, year_starts_on=16
    )  # fmt: skip
    land_and_prove(dsn, found)
    return found


@pytest.fixture
def company(
    landed: Company, tmp_path: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> Company:
    """With the connection that its documents are fetched by."""
    show(tmp_path / "SALDO_AGREEMENTS_DIR", landed)
    monkeypatch.setenv(*connection_of(landed))
    client.cookies.set("_token", "vera")
    return landed


def one_with_pdf(dsn: str, company: Company) -> tuple[str, str, str, Decimal]:
    """Account, accounting year, voucher and amount of a posting in euros whose voucher has a document."""
    ((found),) = rows(
        dsn,
        "select f.account_number, f.accounting_year, f.voucher_number, f.amount_base from mart.fact_journal_entries as f "
        "where f.agreement_id = %s and f.has_pdf and f.currency = 'EUR' and f.voucher_number is not null "
        "order by f.entry_number::bigint desc limit 1",
        company.id,
    )  # fmt: skip
    return found


def test_a_controller_goes_from_a_figure_to_the_pdf(
    visit: Visit, company: Company, dsn: str
) -> None:
    account, year, voucher, _ = one_with_pdf(dsn, company)
    page = visit("/", user="vera")
    page.click(f"a[href$='/agreements/{company.id}']")
    page.click("nav[aria-label=Agreement] >> text=Proof")
    page.select_option("select[name=year]", year)
    page.fill("input[name=q]", account)
    page.click("button:has-text('Show')")
    figure = page.locator(".matrix tbody tr td a").first
    compared = money(figure.inner_text())
    figure.click()
    assert money(page.locator("tfoot td").first.inner_text()) == compared
    page.get_by_role("link", name=voucher, exact=True).first.click()
    assert "debit and credit are equal" in page.inner_text(".tiles")
    assert "EUR" in page.inner_text("tbody")
    assert_good(page, "voucher")
    opens = page.locator(".documents a").first
    assert opens.get_attribute("target") == "_blank"
    answer = page.request.get(page.evaluate("a => a.href", opens.element_handle()))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    assert answer.body().rstrip().endswith(b"%%EOF")
    opened = rows(dsn, "select actor, agreement_id from ops.audit where action = 'document opened'")
    assert opened == [("vera", company.id)]


def test_a_number_of_a_report_is_found(visit: Visit, company: Company, dsn: str) -> None:
    account, year, voucher, amount = one_with_pdf(dsn, company)
    page = visit(f"/agreements/{company.id}/find?year={quote(year)}")
    page.fill("input[name=q]", f"{amount:,.2f}".translate(str.maketrans(",.", ".,")))
    page.keyboard.press("Enter")
    page.wait_for_selector("#found-amounts")
    assert (
        page.locator("#found-amounts + .scroll")
        .get_by_role("link", name=voucher, exact=True)
        .count()
    )
    assert_good(page, "find")
    ((month, movement),) = rows(
        dsn,
        "select to_char(first_day, 'yyyy-mm-dd'), sum(movement_base) from mart.fact_account_balance_month "
        "where agreement_id = %s and account_number = %s and accounting_year = %s group by first_day "
        "having sum(movement_base) <> 0 order by first_day limit 1",
        company.id, account, year,
    )  # fmt: skip
    page = visit(f"/agreements/{company.id}/find?year={quote(year)}&q={abs(movement)}")
    found = page.locator("#found-balances + .scroll tbody tr", has_text=account).first
    assert month in found.inner_text()
    found.locator("td a").first.click()
    assert money(page.locator("tfoot td").first.inner_text()) == movement


def test_balances_of_a_month_in_which_years_meet(
    client: TestClient, company: Company, dsn: str
) -> None:
    shown = rows(
        dsn,
        "select account_number, first_day, last_day, accounting_year, sum(movement_base), sum(closing_base) "
        "from mart.fact_account_balance_month where agreement_id = %s group by 1, 2, 3, 4 order by 1, 2",
        company.id,
    )  # fmt: skip
    starts = dict(
        rows(dsn, "select accounting_year, start_date from core.accounting_year where agreement_id = %s", company.id)
    )  # fmt: skip
    page = client.get(f"/agreements/{company.id}/balances?month=2026-06-01").text
    assert "2026-06-01 – 2026-06-15" in page
    assert "2026-06-16 – 2026-06-30" in page
    checked = 0
    for account, first, last, year, movement, closing in shown[::25]:
        for asked, value in (
            (f"from={first}&to={last}&movement=1", movement),
            (f"from={starts[year]}&to={last}", closing),
        ):
            text = client.get(f"/agreements/{company.id}/postings?account={account}&{asked}").text
            tile = re.search(r"<dd>([^<]+)<small>(the same|not the same)", text)
            assert tile, (account, asked)
            assert (money(tile[1]), tile[2]) == (value, "the same"), (account, asked)
            checked += 1
    assert checked > 20


def test_a_file_of_postings_is_exact_and_whole(
    client: TestClient, company: Company, dsn: str
) -> None:
    ours = rows(
        dsn,
        "select date::text, amount_base::text, amount::text, currency, text from mart.fact_journal_entries "
        "where agreement_id = %s and account_number = '5600' and accounting_year = '2025/2026' order by date, journal_entry_key",
        company.id,
    )  # fmt: skip
    answer = client.get(f"/agreements/{company.id}/postings.csv?account=5600&year=2025/2026")
    assert answer.headers["content-disposition"].endswith(
        f'"{company.id}-postings-5600-2025-2026.csv"'
    )
    told = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [
        (row["date"], row["amount_base"], row["amount"], row["currency"], row["text"])
        for row in told
    ] == ours
    assert len(ours) > 50


HOSTILE = "\"><script>alert(1)</script> 'æ' \U0001f600 \u202eright\u202c {{ 1 }} %"


def test_many_postings_page_by_page(
    visit: Visit, company: Company, dsn: str, warehouse: Connection
) -> None:
    """10,000 on one account in a period, with a text nobody should write."""
    warehouse.execute(
        "insert into mart.fact_journal_entries select (jsonb_populate_record(f, jsonb_build_object("
        "'journal_entry_key', 900000000 + n, 'entry_number', 'x' || n, 'text', %s::text, 'amount_base', 1.01))).* "
        "from mart.fact_journal_entries as f, generate_series(1, 10000) as n where f.journal_entry_key = (select "
        "min(journal_entry_key) from mart.fact_journal_entries where agreement_id = %s and account_number = '5820' "
        "and accounting_year = '2025/2026' and period = 3)",
        [HOSTILE, company.id],
    )  # fmt: skip
    try:
        path = f"/agreements/{company.id}/postings?account=5820&year=2025/2026&period=3"
        page = visit(path, scripts=False)
        total = rows(
            dsn,
            "select sum(amount_base), count(*) from mart.fact_journal_entries where agreement_id = %s "
            "and account_number = '5820' and accounting_year = '2025/2026' and period = 3",
            company.id,
        )[0]  # fmt: skip
        assert page.locator("tbody tr").count() == 100
        first = page.inner_text("tbody")
        before = money(page.locator("tbody tr td:last-child").last.inner_text())
        page.click("text=Next →")
        row = page.locator("tbody tr").first
        step = money(row.locator("td.figure").all()[-2].inner_text())
        assert money(row.locator("td").last.inner_text()) == before + step
        assert HOSTILE.split()[0] in page.inner_text("tbody")
        page.click("text=← Previous")
        assert page.inner_text("tbody") == first
        assert money(page.locator(".tile dd").nth(1).inner_text().split("DKK")[0]) == total[0]
        assert_good(visit(path, width=390), "postings-phone")
    finally:
        warehouse.execute(
            "delete from mart.fact_journal_entries where journal_entry_key > 900000000"
        )


def test_a_search_that_takes_too_long_is_given_up(
    client: TestClient, company: Company, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found quickly is shown all the same."""
    monkeypatch.setattr(find, "SECONDS", 0.3)
    with warehouse.transaction():
        warehouse.execute("lock table mart.fact_journal_entries in access exclusive mode")
        text = client.get(f"/agreements/{company.id}/find?q=5820").text
    assert "given up" in text
    assert 'id="found-accounts"' in text
    assert "given up" not in client.get(f"/agreements/{company.id}/find?q=5820").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("postings?account=1010", 422),
        ("postings?account=1010&year=1999", 404),
        ("postings?account=none&year=2025/2026", 200),
        ("postings?account=1010&year=2025/2026&after=nonsense", 200),
        ("vouchers?number=nowhere", 404),
        ("vouchers?entry=%00", 404),
        ("balances?account=none", 200),
        ("balances?month=1900-05-05&q=%25", 200),
        ("find?q=%00'%25_%5C&year=all", 200),
    ],
)
def test_what_is_not_there_is_said(
    client: TestClient, company: Company, path: str, status: int
) -> None:
    answer = client.get(f"/agreements/{company.id}/{path}", headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "<h1>" in answer.text
