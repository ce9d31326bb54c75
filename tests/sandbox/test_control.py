"""The calls that move the sandbox: companies, credentials and faults."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.books.company import COMPANIES
from tests.support import Sandbox


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"agreement_number": 1, "name": "x", "seed": 1, "colour": "red"}, "colour"),
        ({"name": "x"}, "agreement_number"),
        ({"agreement_number": 1, "name": "x", "seed": 1, "cursor_page": 0}, "cursor_page must be"),
    ],
    ids=["unknown-field", "missing-field", "option"],
)
def test_a_company_that_cannot_be_made_is_told_why(
    sandbox: Sandbox, body: dict[str, Any], words: str
) -> None:
    found = requests.put(f"{sandbox.url}/sandbox/companies/never", json=body, timeout=10)
    assert found.status_code == 400
    assert words in found.text
    assert "never" not in requests.get(f"{sandbox.url}/sandbox", timeout=10).json()


def test_an_unknown_fault_is_told_why(sandbox: Sandbox) -> None:
    found = requests.post(f"{sandbox.url}/sandbox/faults", json={"kind": "flood"}, timeout=10)
    assert found.status_code == 400
    assert "truncate" in found.text  # one of those that are known


@pytest.mark.parametrize("what", ["next-day", "truth", "truth/entries"])
def test_an_unknown_company_is_404(sandbox: Sandbox, what: str) -> None:
    method = "POST" if what == "next-day" else "GET"
    url = f"{sandbox.url}/sandbox/companies/nobody/{what}"
    assert requests.request(method, url, timeout=10).status_code == 404


def test_the_three_built_in_companies_are_there(sandbox: Sandbox) -> None:
    overview = requests.get(f"{sandbox.url}/sandbox", timeout=10).json()
    assert {company.id for company in COMPANIES} <= set(overview)
    assert "grant" not in overview["nordlys"]


def test_faults_are_listed_until_they_are_spent_or_cleared(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/sandbox/faults"
    body = {"kind": "500", "vendor": "moneybird", "match": "nowhere", "times": 2}
    requests.post(url, json=body, timeout=10).raise_for_status()
    told = requests.get(url, timeout=10).json()
    assert [(f["kind"], f["vendor"], f["times"]) for f in told["faults"]] == [
        ("500", "moneybird", 2)
    ]
    assert "truncate" in told["kinds"]
    sandbox.clear_faults()
    assert requests.get(url, timeout=10).json()["faults"] == []


def test_a_fault_of_an_unknown_vendor_is_told_why(sandbox: Sandbox) -> None:
    body = {"kind": "500", "vendor": "sap"}
    found = requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=10)
    assert found.status_code == 400
    assert "xledger" in found.json()["error"]  # one of those that are known


@pytest.mark.parametrize(
    ("vendor", "body", "words"),
    [
        ("sap", {}, "unknown vendor 'sap'"),
        ("xledger", {"colour": "red"}, "colour"),
        ("xledger", {"standing": "lost"}, "standing is one of"),
    ],
)
def test_a_credential_that_cannot_be_is_told_why(
    sandbox: Sandbox, vendor: str, body: dict[str, Any], words: str
) -> None:
    url = f"{sandbox.url}/sandbox/credentials/{vendor}/new"
    found = requests.put(url, json=body, timeout=10)
    assert found.status_code == 400
    assert words in found.json()["error"]


def test_credentials_are_listed_without_their_secrets(sandbox: Sandbox) -> None:
    told = requests.get(f"{sandbox.url}/sandbox/credentials", timeout=10).json()
    opened = {(one["vendor"], one["token"]): one["opens"] for one in told}
    assert opened["economic", "sandbox-grant-nordlys"] == ["nordlys"]
    assert opened["xledger", "sandbox-xledger-fjordgruppen"] == ["4700"]
    assert not any("secret" in one for one in told)
