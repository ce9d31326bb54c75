"""What the Test button of an e-conomic connection says: in words, of what a person must change."""

from __future__ import annotations

import pytest

from saldo.errors import ConfigError
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS
from saldo.vendors.economic.client import EconomicClient
from tests.support import SECRET, Company, Sandbox

check = VENDORS["economic"].check_connection
ONCE = Policy(max_tries=1, connect_timeout_s=2, read_timeout_s=2)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("tested", entries=500)


def said(company: Company, **other: str | None) -> str:
    """What is wrong with the company's own connection after these changes."""
    base = f"{company.sandbox.url}/economic"
    fields = {
        "grant_token": f"sandbox-grant-{company.id}", "app_secret_token": SECRET,
        "rest_url": f"{base}/rest", "openapi_url": f"{base}/openapi", "agreement_number": None,
        **other,
    }  # fmt: skip
    client = EconomicClient(Caller("economic", "x", "x"), policy=ONCE, **fields)  # type: ignore[arg-type]
    with pytest.raises(ConfigError) as raised:
        check(client)
    text = str(raised.value)
    assert SECRET not in text
    assert "sandbox-grant" not in text
    return text


def test_what_the_tokens_open_is_told(company: Company) -> None:
    told = check(company.client(number=str(company.agreement_number)))
    for words in ("tested ApS", str(company.agreement_number), "DKK", "Bookkeeping", "Sales"):
        assert words in told


def test_four_requests_are_enough(company: Company) -> None:
    client = company.client()
    check(client)
    assert client.usage.requests == 4


def test_tokens(company: Company) -> None:
    assert "do not belong together (401, E02250)" in said(
        company, app_secret_token="of-another-app"
    )
    assert "grant token is wrong, or the agreement has revoked it" in said(
        company, grant_token="no"
    )
    company.fault("revoked", times=9)
    assert "revoked" in said(company)


def test_the_agreement_number(company: Company) -> None:
    told = said(company, agreement_number="77")
    assert f"agreement {company.agreement_number} (tested ApS)" in told
    assert "says agreement number 77" in told


def test_addresses(company: Company) -> None:
    url = company.sandbox.url
    for field, other, words in (
        ("rest_url", "http://nowhere.invalid", "the host's name is not known here"),
        ("rest_url", "http://127.0.0.1:1", "the connection was refused"),
        ("rest_url", f"{url}/sandbox", "answers, but not as e-conomic's REST API does"),
        ("rest_url", "restapi.e-conomic.com", "must be a full URL"),
        ("openapi_url", "http://127.0.0.1:1", "Correct the address of the OpenAPI services"),
        ("openapi_url", f"{url}/sandbox", "not as e-conomic's OpenAPI services do"),
    ):
        assert words in said(company, **{field: other}), other


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("/accounting-years", "lacks the role Bookkeeping (403 at /accounting-years)"),
        ("/customers", "lacks the role Sales (403 at /customers)"),
        ("/booked-entries", "lacks the role Bookkeeping (403 from e-conomic's OpenAPI services)"),
    ],
)
def test_a_missing_role_is_named(company: Company, match: str, words: str) -> None:
    company.fault("403", match=match, times=9)
    assert words in said(company)


def test_trouble_at_the_vendor_is_not_the_forms_fault(company: Company) -> None:
    company.fault("503")
    assert "is in trouble (503)" in said(company)
    company.fault("429", retry_after=30)
    assert "test again in a minute" in said(company)
    company.fault("html")
    assert "not as e-conomic's REST API does" in said(company)
