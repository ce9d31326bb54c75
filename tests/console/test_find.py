"""Find a number: texts page by page are what they are as a whole, amounts by either currency, and nothing tells what is personal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.proof import find, texts
from saldo.warehouse.connection import Connection, connect
from tests.console.landed import land_and_prove, show
from tests.console.looking import assert_good
from tests.support import Company, Sandbox

#: In a text of many postings, of which some are personal; and one that no posting has.
OFTEN, NEVER = "kvittering", "sjælden"
_ROWS = re.compile(r"<tr>\s*<td class=\"nowrap\">.*?</tr>", re.DOTALL)
_ON = re.compile(r"/find(?:/texts)?\?[^\"]*after=([^\"&]+)")


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company("seeks", entries=600, customers=10, suppliers=5, currencies=["EUR"])
    land_and_prove(dsn, found)
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set text = case when journal_entry_key %% 3 > 0 then %s || entry_number else entry_number end "
            "where agreement_id = %s",
            [f"{OFTEN} ", found.id],
        )
    return found


@pytest.fixture
def company(landed: Company, tmp_path: Path, client: TestClient) -> Company:
    show(tmp_path / "SALDO_AGREEMENTS_DIR", landed)
    client.cookies.set("_token", "vera")
    return landed


@pytest.fixture
def personal(company: Company, warehouse: Connection) -> Iterator[Company]:
    """The account with the most postings is one."""
    warehouse.execute(
        "insert into ops.personal_account select agreement_id, account_number, account_number from mart.fact_journal_entries "
        "where agreement_id = %s group by 1, 2 order by count(*) desc limit 1",
        [company.id],
    )
    yield company
    warehouse.execute("delete from ops.personal_account where agreement_id = %s", [company.id])


def chain(client: TestClient, company: Company, words: str, year: str = "all") -> list[list[str]]:
    """The rows of each page, and where it goes on: through all of them."""
    base = f"/agreements/{company.id}/find"
    pages: list[list[str]] = []
    path: str | None = f"{base}?q={quote(words)}&year={year}"
    while path:
        text = client.get(path).text
        after = _ON.findall(text)
        pages.append([*_ROWS.findall(text), *after[:1]])
        # By turns as the page goes on by itself, and as its link does.
        where = base if len(pages) % 2 else f"{base}/texts"
        path = f"{where}?q={quote(words)}&year={year}&after={after[0]}" if after else None
        assert len(pages) < 2_000
    return pages


def rows_of(pages: list[list[str]]) -> list[str]:
    return [row for page in pages for row in page if row.startswith("<tr>")]


def test_texts_page_by_page_are_those_of_the_whole(
    client: TestClient, personal: Company, monkeypatch: pytest.MonkeyPatch, warehouse: Connection
) -> None:
    monkeypatch.setattr(find, "SHOWN", 10_000)
    whole = rows_of(chain(client, personal, OFTEN))
    ((expected, hidden),) = warehouse.execute(
        "select count(*) filter (where h.voucher_number is null), count(h.voucher_number) from mart.fact_journal_entries as f "
        "left join mart.dim_agreement as g using (agreement_id) "
        "left join ops.personal_vouchers(g.agreement_key) as h on h.voucher_number = coalesce(f.voucher_number, '') "
        "and h.accounting_year = coalesce(f.accounting_year, '') where f.agreement_id = %s and f.text like %s",
        [personal.id, f"{OFTEN}%"],
    ).fetchall()
    assert len(whole) == expected > 30
    assert hidden > 30
    for shown, looked in ((10_000, 1), (10_000, 40), (3, 10_000), (7, 90)):
        monkeypatch.setattr(find, "SHOWN", shown)
        monkeypatch.setattr(texts, "LOOKED", looked)
        pages = chain(client, personal, OFTEN)
        assert len(pages) > 5
        assert rows_of(pages) == whole, (shown, looked)
        assert max(map(len, pages)) <= shown + 1


def test_no_page_tells_by_its_end_that_something_personal_is_there(
    client: TestClient, personal: Company, monkeypatch: pytest.MonkeyPatch, warehouse: Connection
) -> None:
    """Where the search goes on is the same for a text that many personal postings have and for one that none has."""
    warehouse.execute(
        "update mart.fact_journal_entries as f set text = 'Anna Jensen' from ops.personal_account as p "
        "where p.agreement_id = f.agreement_id and f.account_number = p.first_number and f.agreement_id = %s",
        [personal.id],
    )
    monkeypatch.setattr(find, "SHOWN", 3)
    monkeypatch.setattr(texts, "LOOKED", 40)
    nowhere = chain(client, personal, NEVER)
    assert len(nowhere) > 5
    assert chain(client, personal, "Anna Jensen") == nowhere
    assert rows_of(nowhere) == []
    warehouse.execute("delete from ops.personal_account where agreement_id = %s", [personal.id])
    assert rows_of(chain(client, personal, "Anna Jensen"))


def test_an_amount_is_found_by_either_currency(
    client: TestClient, company: Company, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "SHOWN", 10_000)
    asked = 0
    for (amount,) in warehouse.execute(
        "(select abs(amount) from mart.fact_journal_entries where agreement_id = %s and amount <> amount_base order by 1 limit 5) "
        "union (select abs(amount_base) from mart.fact_journal_entries where agreement_id = %s and amount <> amount_base order by 1 limit 5) "
        "union (select abs(amount) from mart.fact_journal_entries where agreement_id = %s and amount = amount_base order by 1 desc limit 5)",
        [company.id] * 3,
    ).fetchall():
        ((expected,),) = warehouse.execute(
            "select count(*) from mart.fact_journal_entries where agreement_id = %s and %s in (abs(amount), abs(amount_base))",
            [company.id, amount],
        ).fetchall()
        text = client.get(f"/agreements/{company.id}/find?year=all&q=-{amount}").text
        found = text.partition('id="found-amounts"')[2].partition("</section>")[0]
        assert len(_ROWS.findall(found)) == expected > 0, amount
        asked += 1
    assert asked >= 10


def test_it_looks_further_by_itself(
    visit: Callable[..., Page], company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "LOOKED", 150)
    path = f"/agreements/{company.id}/find?year=all&q="
    page = visit(f"{path}{NEVER}", user="vera")
    page.wait_for_selector(f"text=Nothing found for {NEVER}.")
    assert_good(page, "find-nothing-further")
    page = visit(f"{path}{OFTEN}", user="vera", width=390)
    page.click("text=Older postings with this text")
    page.wait_for_selector("text=From the newest, and all else")
    assert_good(page, "find-older-phone")
    while page.get_by_text("Older postings with this text").count():
        page.get_by_text("Older postings with this text").click()
        page.wait_for_load_state()
    page.wait_for_selector("text=No older posting has the text.")


def test_it_looks_further_without_scripts(
    visit: Callable[..., Page], company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "LOOKED", 150)
    page = visit(f"/agreements/{company.id}/find?year=all&q={NEVER}", user="vera", scripts=False)
    clicked = 0
    while page.get_by_role("link", name="Look further back").count():
        assert "Looked for the text back to" in unescape(page.content())
        page.get_by_role("link", name="Look further back").click()
        clicked += 1
    assert clicked > 2
    assert f"Nothing found for {NEVER}." in page.content()


def test_what_is_not_asked_right_is_no_trace(client: TestClient, company: Company) -> None:
    base = f"/agreements/{company.id}/find"
    for path, status in (
        (f"{base}?q=x&after=nonsense", 200), (f"{base}/texts?q=x&after=0001-01-01~1", 200), (f"{base}/texts", 200),
        (f"{base}/texts?q=x&year=1999", 200), (f"{base}?q=x&after=2026-01-01~{10**30}", 422),
    ):  # fmt: skip
        assert client.get(path).status_code == status, path
    client.cookies.set("_token", "nora")
    assert client.get(f"{base}/texts?q=x").status_code in (403, 404)


def test_an_amount_that_is_nowhere_has_a_remedy_that_is_left(
    client: TestClient, company: Company
) -> None:
    base = f"/agreements/{company.id}/find?q=987654321.09"
    assert "look for one of its accounts. Or try all years." in client.get(base).text
    assert "look for one of its accounts.</p>" in client.get(f"{base}&year=all").text
