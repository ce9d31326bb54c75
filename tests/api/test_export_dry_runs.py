"""A dry run asks the accounting system what it would refuse: against a company of the sandbox's Business Central, over a socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.testclient import TestClient

from deploy.sandbox import vendor_connections
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.warehouse.connection import Connection
from sandbox.vendors.business_central.companies import id_of
from stack.claims import night
from tests.api.exporting import asked
from tests.exports.accounting.register import clear
from tests.support import PROJECT, Company, Sandbox

FILE = PROJECT / "include" / "sandbox" / "exports" / "fjorddrift.yaml"
NAME = "AIRFLOW_CONN_BUSINESS_CENTRAL_FJORDDRIFT"
TARGET = "business_central"


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    found = sandbox.company("dry", is_ledger_only=True, entries=50, base_currency="NOK")
    at_work(found, do="ask", path="journals", body={"code": "SALDO"})
    return found


@pytest.fixture
def file(
    company: Company,
    app: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    warehouse: Connection,
) -> Path:
    """Of the organisation `dry`, which has one expense."""
    connection = json.loads(vendor_connections(company.sandbox.url)[NAME])
    connection["extra"] |= {"environment": "Sandbox", "company": ""}
    monkeypatch.setenv(NAME, json.dumps(connection))
    text = FILE.read_text().replace("organisation: fjorddrift", "organisation: dry")
    text = text.replace("company: FJORD DRIFT", f"company: {id_of(company.id)}")
    found = tmp_path / "SALDO_EXPORTS_DIR" / "dry.yaml"
    found.write_text(text.replace("environment: Production", "environment: Sandbox"))
    clear(warehouse)
    sent = next(one for one in night("fjorddrift") if one["kind"] == "expense")
    store_expense(
        warehouse,
        parse_expense({**sent, "id": "E-1", "organisation": "dry"}),
        actor="ann",
        source="rest",
    )
    return found


def at_work(company: Company, **values: Any) -> None:
    url = f"{company.sandbox.url}/sandbox/companies/{company.id}/business_central"
    requests.post(url, json=values, timeout=30).raise_for_status()


def truth(company: Company) -> Any:
    url = f"{company.sandbox.url}/sandbox/companies/{company.id}/truth/business-central"
    return requests.get(url, timeout=30).json()


def tried(client: TestClient) -> dict[str, Any]:
    answer = asked(client, organisation="dry", expense_id="E-1", target_system=TARGET, dry_run=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_the_accounting_system_would_refuse_is_said_before(
    client: TestClient, company: Company, file: Path, warehouse: Connection
) -> None:
    before = truth(company)
    good = tried(client)
    assert (good["problems"], good["is_checked"], good["note"]) == ([], True, None)
    accounts = {one["number"] for one in good["document"]["entries"] if one["owner"] == "account"}
    for account in accounts:
        file.write_text(file.read_text().replace(f'"{account}"', '"9999"'))
    bad = tried(client)
    assert bad["is_checked"]
    assert all("9999" in one["found"] for one in bad["problems"]), bad["problems"]
    assert bad["problems"]
    assert truth(company) == before
    assert warehouse.execute("select count(*) from ops.export_job").fetchone() == (0,)


def test_a_system_that_cannot_be_asked_is_no_trouble(
    client: TestClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = json.loads(vendor_connections("http://127.0.0.1:1")[NAME])
    monkeypatch.setenv(NAME, json.dumps(connection))
    for _ in range(6):  # more than may ask at once
        found = tried(client)
        assert (found["problems"], found["is_checked"]) == ([], False)
        assert "could not be asked" in found["note"]
    monkeypatch.delenv(NAME)
    assert "does not exist" in tried(client)["note"]
