"""Proof in the console of vendors that tell less than e-conomic."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from tests.console.landed import land_and_prove, show
from tests.console.test_proof import money, rows
from tests.moneybird import moneybird_company
from tests.support import Sandbox
from tests.xledger import xledger_company

CONTROLS = {
    "xledger": ["Accounts by year", "Accounts by period", "Balances by month", "Ledgers of customers and suppliers"],
    "moneybird": ["Accounts by year", "Accounts by period", "Balances by month"],
}  # fmt: skip
PLAYS = {"xledger": xledger_company, "moneybird": moneybird_company}


@pytest.mark.parametrize("vendor", CONTROLS)
def test_what_the_vendor_tells_is_shown_and_adds_up(
    client: TestClient, sandbox: Sandbox, dsn: str, tmp_path: Path, vendor: str
) -> None:
    company = PLAYS[vendor](sandbox, f"told{vendor}", entries=400)
    land_and_prove(dsn, company)
    show(tmp_path / "SALDO_AGREEMENTS_DIR", company)
    client.cookies.set("_token", "vera")
    text = client.get(f"/agreements/{company.id}/proof").text
    for title in CONTROLS[vendor]:
        assert f'<th scope="row">{title}</th>' in text
    assert "Number of postings" not in text
    assert "does not tell them" in text
    compared = rows(
        dsn,
        "select account_number, period, warehouse_value from ops.proof where agreement_id = %s "
        "and control in ('account_year_totals', 'account_period_totals') order by proof_id",
        company.id,
    )  # fmt: skip
    assert len(compared) > 50
    for account, label, value in compared[::12]:
        year, _, period = label.partition(" P")
        path = f"/agreements/{company.id}/postings?account={quote(account)}&year={quote(year)}"
        shown = client.get(path + (f"&period={int(period)}" if period else "")).text
        tile = re.search(r"<dt>Compared</dt><dd>([^<]+)<small>([^<]+)</small>", shown)
        assert tile, (account, label)
        assert (money(tile[1]), tile[2]) == (value, "the same")
    ((year, number),) = rows(
        dsn,
        "select accounting_year, voucher_number from mart.fact_journal_entries where agreement_id = %s and voucher_number is not null limit 1",
        company.id,
    )  # fmt: skip
    voucher = client.get(
        f"/agreements/{company.id}/vouchers", params={"year": year, "number": number}
    )
    assert "debit and credit are equal" in voucher.text
    # No night brings a document of these vendors.
    assert "known after the next night" not in voucher.text
    assert "Who opened it is written down" not in voucher.text
    ((alone,),) = rows(
        dsn,
        "select entry_number from mart.fact_journal_entries where agreement_id = %s and document_key < 0 order by entry_number limit 1",
        company.id,
    )  # fmt: skip
    posting = client.get(f"/agreements/{company.id}/vouchers", params={"entry": alone})
    assert f"Saldo opens no documents of {vendor.capitalize()}:" in posting.text
    assert "Open the PDF" not in voucher.text
