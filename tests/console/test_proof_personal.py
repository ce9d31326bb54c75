"""What is personal stands on no page of the proof: its texts and whom it is about; its amounts do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.warehouse.connection import Connection, connect
from tests.console.landed import connection_of, land_and_prove, show
from tests.console.looking import assert_good
from tests.support import Company, Sandbox

#: What the posting says, and who its customer is.
TEXT, WHO = "Anna Jensen, bonus", "Anna Jensen ApS"


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company("paid", entries=300, customers=10, suppliers=5)
    land_and_prove(dsn, found)
    return found


@pytest.fixture
def posting(
    landed: Company, dsn: str, tmp_path: Path, client: TestClient
) -> Iterator[dict[str, str]]:
    """A line of a booked invoice another line of which is on a personal account."""
    show(tmp_path / "SALDO_AGREEMENTS_DIR", landed)
    client.cookies.set("_token", "vera")
    with connect(dsn) as connection:
        row = connection.execute(
            "select f.journal_entry_key, f.account_number, f.accounting_year, f.voucher_number, f.amount_base::text, "
            "f.customer_key, o.account_number, "
            "d.document_number, d.document_key from mart.fact_journal_entries as f "
            "join mart.fact_journal_entries as o using (agreement_id, voucher_number, accounting_year) "
            "join core.ledger_entry as e on e.agreement_id = f.agreement_id and e.entry_number = f.entry_number and e.is_booked_invoice "
            "join mart.dim_document as d on d.agreement_key = f.agreement_key and d.kind = 'invoice' and d.has_pdf "
            "and d.document_number = f.invoice_number "
            "where f.agreement_id = %s and f.customer_key > 0 and o.account_number <> f.account_number "
            "order by f.journal_entry_key limit 1",
            [landed.id],
        ).fetchone()
        assert row
        connection.execute(
            "update mart.fact_journal_entries set text = %s where journal_entry_key = %s",
            [TEXT, row[0]],
        )
        number_invoice(connection, row, "anna-1")
        connection.execute(
            "update mart.dim_customer set name = %s where customer_key = %s", [WHO, row[5]]
        )
        connection.execute(
            "insert into ops.personal_account values (%s, %s, %s)", [landed.id, row[6], row[6]]
        )
        yield dict(
            zip(("key", "account", "year", "voucher", "amount"), map(str, row), strict=False)
        ) | {"invoice": row[7], "document": str(row[8])}
        number_invoice(connection, row, row[7])
        connection.execute("delete from ops.personal_account where agreement_id = %s", [landed.id])


def number_invoice(connection: Connection, row: tuple[Any, ...], number: str) -> None:
    """The number of the invoice that the posting is of."""
    connection.execute(
        "update mart.fact_journal_entries set invoice_number = %s where journal_entry_key = %s",
        [number, row[0]],
    )
    connection.execute(
        "update mart.dim_document set document_number = %s where document_key = %s",
        [number, row[8]],
    )


def paths(company: Company, posting: dict[str, str]) -> dict[str, str]:
    base = f"/agreements/{company.id}"
    account = f"account={posting['account']}&year={posting['year']}"
    return {
        "postings": f"{base}/postings?{account}",
        "file": f"{base}/postings.csv?{account}",
        "voucher": f"{base}/vouchers?year={posting['year']}&number={posting['voucher']}",
        "by amount": f"{base}/find?year={posting['year']}&q={posting['amount']}",
        "by voucher": f"{base}/find?year={posting['year']}&q={posting['voucher']}",
    }


def test_it_is_hidden_wherever_the_posting_is(
    client: TestClient, landed: Company, posting: dict[str, str]
) -> None:
    for what, path in paths(landed, posting).items():
        found = client.get(path)
        assert found.status_code == 200, what
        assert "(hidden)" in found.text, what
        for secret in ("Anna", "anna-1"):
            assert secret not in found.text, what


def test_no_search_tells_that_it_is_there(
    client: TestClient, landed: Company, posting: dict[str, str]
) -> None:
    for words in ("Anna Jensen", "anna-1"):
        found = client.get(
            f"/agreements/{landed.id}/find", params={"q": words, "year": posting["year"]}
        )
        assert found.status_code == 200
        # Not by the voucher's number, which any path on the page may hold.
        assert f"Nothing found for {words}" in found.text


def test_what_is_not_personal_is_shown(
    client: TestClient, landed: Company, posting: dict[str, str], dsn: str
) -> None:
    with connect(dsn) as connection:
        connection.execute("delete from ops.personal_account where agreement_id = %s", [landed.id])
    for what, path in paths(landed, posting).items():
        text = client.get(path).text
        assert TEXT in text or what == "by voucher", what
        assert "(hidden)" not in text, what
    assert WHO in client.get(paths(landed, posting)["voucher"]).text
    assert (
        TEXT
        in client.get(
            f"/agreements/{landed.id}/find", params={"q": "anna jensen", "year": posting["year"]}
        ).text
    )


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_the_voucher_says_what_is_hidden(
    visit: Callable[..., Page], landed: Company, posting: dict[str, str], look: dict[str, object]
) -> None:
    page = visit(paths(landed, posting)["voucher"], **look)
    assert_good(page, f"voucher-personal-{'-'.join(look) or 'wide'}")
    assert "is on a personal account" in page.locator(".notice").inner_text()


@pytest.mark.parametrize("live", [True, False], ids=["live", "switched_off"])
def test_the_number_of_an_invoice_is_in_no_link_to_it(
    client: TestClient, landed: Company, posting: dict[str, str], tmp_path: Path, live: bool
) -> None:
    if not live:
        show(tmp_path / "SALDO_AGREEMENTS_DIR", landed, enabled=False)
    text = client.get(paths(landed, posting)["voucher"]).text
    assert "anna-1" not in text
    assert ("Open the PDF of invoice (hidden)" in text) == live
    assert ("Invoice <bdi>(hidden)</bdi>" in text) != live


def test_its_pdf_is_opened_all_the_same_and_that_is_written_down(
    client: TestClient, landed: Company, posting: dict[str, str], dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    name, connection = connection_of(landed)
    monkeypatch.setenv(name, connection)
    page = client.get(paths(landed, posting)["voucher"]).text
    [path] = re.findall(r'href="/saldo([^"]+/vouchers/documents/\d+)"', page)
    assert path.endswith(f"/{posting['document']}")
    with connect(dsn) as warehouse:
        warehouse.execute(
            "update mart.dim_document set document_number = %s where document_key = %s",
            [posting["invoice"], posting["document"]],
        )
        answer = client.get(path)
        opened = warehouse.execute(
            "select actor, agreement_id, detail ->> 'number' from ops.audit where action = 'document opened'"
        ).fetchall()
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF-")
    assert opened == [("vera", landed.id, posting["invoice"])]
    other = path.replace(f"/{posting['document']}", "/-7")
    assert client.get(other).status_code == 404
    client.cookies.set("_token", "nora")
    assert client.get(path).status_code == 403
