"""Credentials are apart from companies: who opens what, at which vendor, and what a bad token gets."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.credentials import Credential, Credentials
from tests.support import SECRET, Company, Sandbox


def put(sandbox: Sandbox, vendor: str, token: str, **body: Any) -> None:
    url = f"{sandbox.url}/sandbox/credentials/{vendor}/{token}"
    requests.put(url, json=body, timeout=10).raise_for_status()


def economic(sandbox: Sandbox, token: str, path: str = "rest/self") -> requests.Response:
    headers = {"X-AppSecretToken": SECRET, "X-AgreementGrantToken": token}
    return requests.get(f"{sandbox.url}/economic/{path}", headers=headers, timeout=10)


def xledger(sandbox: Sandbox, token: str, field: str = "accounts") -> requests.Response:
    query = f"{{ {field}(first: 1) {{ edges {{ node {{ dbId }} }} }} }}"
    headers = {"Authorization": f"token {token}"}
    url = f"{sandbox.url}/xledger/graphql"
    return requests.post(url, json={"query": query}, headers=headers, timeout=10)


def moneybird(sandbox: Sandbox, token: str, path: str = "administrations") -> requests.Response:
    url = f"{sandbox.url}/moneybird/api/v2/{path}.json"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("opened", entries=800)


def test_an_unknown_token_opens_nothing() -> None:
    found = Credentials()
    found.add(Credential("economic", "a", ("x",)))
    assert found.of("economic", "a")
    assert found.of("xledger", "a") is None  # the same words at another vendor
    assert found.of("economic", "") is None
    assert found.of("economic", None) is None


def test_a_company_may_have_more_tokens_than_one(company: Company) -> None:
    put(company.sandbox, "economic", "second", opens=[company.id], secret=SECRET)
    for token in (f"sandbox-grant-{company.id}", "second"):
        found = economic(company.sandbox, token)
        assert found.json()["agreementNumber"] == company.agreement_number


def test_a_token_can_open_another_company(company: Company) -> None:
    other = company.sandbox.company("mixedup", entries=800)
    token = f"sandbox-grant-{other.id}"
    put(company.sandbox, "economic", token, opens=[company.id], secret=SECRET)
    assert economic(company.sandbox, token).json()["agreementNumber"] == company.agreement_number


def test_a_token_of_a_company_that_is_not_there_is_wrong(sandbox: Sandbox) -> None:
    put(sandbox, "economic", "ofnobody", opens=["nobody"], secret=SECRET)
    found = economic(sandbox, "ofnobody")
    assert (found.status_code, found.json()["errorCode"]) == (401, "E02100")


@pytest.mark.parametrize("standing", ["revoked", "expired"])
def test_a_token_that_is_no_longer_good_is_401_at_every_vendor(
    company: Company, standing: str
) -> None:
    box = company.sandbox
    put(box, "economic", "old", opens=[company.id], secret=SECRET, standing=standing)
    found = economic(box, "old")
    assert (found.status_code, found.json()["errorCode"]) == (401, "E02100")
    assert "X-CallCost" in found.headers
    token = "sandbox-xledger-no-longer-good"
    put(box, "xledger", token, opens=["4700"], standing=standing)
    found = xledger(box, token)
    assert (found.status_code, standing in found.json()["errors"][0]["message"]) == (401, True)
    put(box, "moneybird", token, opens=["300000000000000001"], standing=standing)
    assert moneybird(box, token).status_code == 401


def test_a_token_may_lack_a_module_or_a_scope(company: Company) -> None:
    box = company.sandbox
    put(box, "economic", "narrow", opens=[company.id], secret=SECRET, scopes=[])
    assert economic(box, "narrow", "rest/accounts").status_code == 200
    for path in ("rest/departments", "openapi/dimensionsapi/v5.3.1/dimension-data/booked-entries"):
        assert economic(box, "narrow", path).status_code == 403
    token = "sandbox-xledger-accounts-only"
    put(box, "xledger", token, opens=["4700"], scopes=["accounts"])
    assert "errors" not in xledger(box, token).json()
    assert "scope" in xledger(box, token, "customers").json()["errors"][0]["message"]
    put(box, "moneybird", token, opens=["300000000000000001"], scopes=["bank"])
    assert moneybird(box, token, "300000000000000001/financial_mutations").status_code == 200
    assert moneybird(box, token, "300000000000000001/sales_invoices").status_code == 401


def test_a_company_that_is_made_again_has_its_first_token_back(company: Company) -> None:
    again = company.sandbox.company("again", entries=800)
    token = f"sandbox-grant-{again.id}"
    put(again.sandbox, "economic", token, opens=[again.id], secret=SECRET, standing="revoked")
    assert economic(again.sandbox, token).status_code == 401
    body = {"agreement_number": 1, "name": "x", "seed": 1, "entries": 800}
    url = f"{again.sandbox.url}/sandbox/companies/{again.id}"
    requests.put(url, json=body, timeout=10).raise_for_status()
    assert economic(again.sandbox, token).status_code == 200
