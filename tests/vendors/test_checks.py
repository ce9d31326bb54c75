"""What the Test button says of Xledger, Moneybird and Business Central (e-conomic: test_check.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from saldo.errors import ConfigError
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS as ALL
from saldo.vendors.business_central.client import BusinessCentralClient
from saldo.vendors.moneybird.client import MoneybirdClient
from saldo.vendors.xledger.client import XledgerClient
from tests.support import Sandbox

ONCE = Policy(max_tries=1, connect_timeout_s=2, read_timeout_s=2)


Client = XledgerClient | MoneybirdClient | BusinessCentralClient
Make = Callable[..., Client]


def xledger(sandbox: Sandbox, **other: Any) -> XledgerClient:
    fields = {
        "url": f"{sandbox.url}/xledger/graphql", "token": "sandbox-xledger-fjordgruppen", **other,
    }  # fmt: skip
    return XledgerClient(Caller("xledger", "x", "x"), policy=ONCE, **fields)


def moneybird(sandbox: Sandbox, **other: Any) -> MoneybirdClient:
    fields = {
        "url": f"{sandbox.url}/moneybird/api/v2", "token": "sandbox-moneybird-all",
        "administration_id": "300000000000000001", **other,
    }  # fmt: skip
    return MoneybirdClient(Caller("moneybird", "x", "x"), policy=ONCE, **fields)


def business_central(sandbox: Sandbox, **other: Any) -> BusinessCentralClient:
    client_id = other.get("client_id", "app-all")
    fields = {
        "url": f"{sandbox.url}/business_central", "client_id": client_id,
        "client_secret": f"sandbox-secret-{client_id}", "tenant": "fjordgruppen.example",
        "environment": "Production", "company": "Fjordgruppen Bygg AS",
        "token_url": f"{sandbox.url}/entra/fjordgruppen.example/oauth2/v2.0/token", **other,
    }  # fmt: skip
    return BusinessCentralClient(Caller("business_central", "x", "x"), policy=ONCE, **fields)


def check(client: Client) -> str:
    names = {
        XledgerClient: "xledger", MoneybirdClient: "moneybird", BusinessCentralClient: "business_central",
    }  # fmt: skip
    return ALL[names[type(client)]].check_connection(client)


def said(client: Client) -> str:
    """What is wrong; it never holds a secret, nor what an answer's body said."""
    with pytest.raises(ConfigError) as raised:
        check(client)
    text = str(raised.value)
    for secret in (
        "sandbox-",
        "UNHANDLED",
        "CorrelationId",
        "Trace ID",
        "symbolic",
        "answer began",
    ):
        assert secret not in text
    return text


def fault(sandbox: Sandbox, vendor: str, kind: str, **more: Any) -> None:
    body = {"kind": kind, "agreement": vendor, **more}
    requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=10).raise_for_status()


# --- what all three say --------------------------------------------------------------------------

VENDORS = pytest.mark.parametrize(
    ("make", "name", "what", "field"),
    [
        (xledger, "xledger", "Xledger's GraphQL endpoint", "address of the GraphQL endpoint"),
        (moneybird, "moneybird", "Moneybird's API", "address of the API"),
        (business_central, "business_central", "Business Central's API", "address of the API"),
    ],
)


@VENDORS
def test_addresses(sandbox: Sandbox, make: Make, name: str, what: str, field: str) -> None:
    for url, words in (
        ("http://nowhere.invalid/graphql", "the host's name is not known here"),
        ("http://127.0.0.1:1/graphql", "the connection was refused"),
        (f"{sandbox.url}/sandbox/health", f"answers, but not as {what} does"),
        ("www.example.com/graphql", f"the {field} must be a full URL such as https://"),
    ):
        told = said(make(sandbox, url=url))
        assert words in told, url
        assert field in told, url


@VENDORS
def test_trouble_at_the_vendor_is_not_the_forms_fault(
    sandbox: Sandbox, make: Make, name: str, what: str, field: str
) -> None:
    fault(sandbox, name, "503")
    assert f"{what} at {sandbox.url}" in (told := said(make(sandbox)))
    assert "is in trouble (503): test again in some minutes" in told
    fault(sandbox, name, "429", retry_after=1_900_000_000)
    assert "had too many requests: test again in a minute" in said(make(sandbox))
    fault(sandbox, name, "timeout", seconds=4)
    assert "cannot be reached from Airflow's API server: no answer in time" in said(make(sandbox))
    fault(sandbox, name, "drop")
    assert "cannot be reached" in said(make(sandbox))


@VENDORS
@pytest.mark.parametrize("kind", ["html", "truncate", "302"])
def test_a_proxys_page_is_not_the_vendor(
    sandbox: Sandbox, make: Make, name: str, what: str, field: str, kind: str
) -> None:
    fault(sandbox, name, kind, times=9)
    assert f"answers, but not as {what} does" in (told := said(make(sandbox)))
    assert f"correct the {field}" in told


# --- Xledger -------------------------------------------------------------------------------------


def test_xledger_tells_the_entity(sandbox: Sandbox) -> None:
    client = xledger(sandbox)
    assert check(client) == (
        "Fjordgruppen AS: Xledger entity 4700. All 16 scopes Saldo reads are there"
    )
    assert client.usage.requests == 2


def test_xledger_tells_the_entity_below(sandbox: Sandbox) -> None:
    told = check(xledger(sandbox, owner_db_id="4712"))
    assert told.startswith(
        "Fjordgruppen Drift AS: Xledger entity 4712, by a token of entity 4700 (Fjordgruppen AS)."
    )
    told = said(xledger(sandbox, owner_db_id="4800"))
    assert "does not reach entity 4800" in told
    assert "a token made in entity 4800 or above it" in told
    with pytest.raises(ConfigError, match="owner dbId that is no number"):
        xledger(sandbox, owner_db_id="Fjordgruppen")


def test_xledger_asks_less_where_the_schema_has_less(sandbox: Sandbox) -> None:
    fault(sandbox, "xledger", "replace", find=r".*", put=(
        r'{"errors": [{"message": "Cannot query field `dbId` on type `Entity`.", "code": "X"}]}'
    ))  # fmt: skip
    told = check(xledger(sandbox))
    assert told.startswith("entity 4700: Xledger entity 4700.")


def test_xledger_pages_through_many_entities(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.vendors.xledger.endpoint.LARGEST", 1)
    found = [one.id for one in xledger(sandbox).reached()]
    assert found == ["4700", "4711", "4712"]


def test_xledger_tokens(sandbox: Sandbox) -> None:
    for token, words in (
        ("pasted badly", "does not recognise its format"),
        ("0123456789abcdefghijklmnopq", "refuses the token"),
        ("sandbox-xledger-expired-token", "refuses the token: it is wrong, expired or withdrawn"),
    ):
        assert words in said(xledger(sandbox, token=token)), token
    for status in ("401", "403"):
        fault(sandbox, "xledger", status)
        assert "refuses the token" in said(xledger(sandbox))
    answers = '{"data": null, "errors": [{"message": "Words nobody has seen."}]}'
    fault(sandbox, "xledger", "replace", find=".*", put=answers)
    assert "refuses the token" in said(xledger(sandbox))
    told = xledger(sandbox, token="line\nend")
    assert "tokens are plain text without line ends" in said(told)


def test_xledger_names_missing_scopes(sandbox: Sandbox) -> None:
    narrow = "sandbox-xledger-only-projects"
    told = said(xledger(sandbox, token=narrow))
    assert (
        "may not read transactions, arTransactions, apTransactions, employees, customers, suppliers, objectValues, "
        "objectKinds, taxTableSetups, accounts, currencies, exchangeRates, periods, accountBalances: make one"
        in told
    )
    assert "accountBalances, entities: make" in said(
        xledger(sandbox, token=narrow, owner_db_id="4711")
    )


@pytest.mark.parametrize(
    "code", ["BURST_RATE_LIMIT_REACHED", "CONCURRENCY_LIMIT_REACHED", "INSUFFICIENT_CREDITS"]
)
def test_xledgers_limits_come_with_status_200(sandbox: Sandbox, code: str) -> None:
    body = f'{{"errors": [{{"message": "No.", "code": "BAD_REQUEST.{code}"}}]}}'
    fault(sandbox, "xledger", "replace", find=".*", put=body)
    assert "had too many requests" in said(xledger(sandbox))


# --- Moneybird -----------------------------------------------------------------------------------


def test_moneybird_tells_the_administration(sandbox: Sandbox) -> None:
    client = moneybird(sandbox)
    told = check(client)
    assert told.startswith(
        "Taxibedrijf De Vries: Moneybird administration 300000000000000001, base currency EUR"
    )
    assert client.usage.requests == 5


def test_moneybirds_token(sandbox: Sandbox) -> None:
    assert "refuses the token (401)" in said(moneybird(sandbox, token="wrong"))
    fault(sandbox, "moneybird", "403")
    assert "refuses the token (403)" in said(moneybird(sandbox))


def test_moneybirds_administration_is_looked_for(sandbox: Sandbox) -> None:
    told = said(moneybird(sandbox, administration_id="399999999999999999"))
    assert "does not open administration 399999999999999999" in told
    assert "300000000000000002 (De Vries Holding)" in told
    assert "but none at all" in said(moneybird(sandbox, token="sandbox-moneybird-none"))
    suspended = said(moneybird(sandbox, administration_id="300000000000000003"))
    assert "has suspended the administration Gesloten B.V." in suspended
    with pytest.raises(ConfigError, match="administration id that is no number"):
        moneybird(sandbox, administration_id="de-vries")


def test_moneybirds_missing_scopes_are_no_wrong_token(sandbox: Sandbox) -> None:
    told = said(moneybird(sandbox, token="sandbox-moneybird-sales"))
    assert "The token is right, but lacks the scope documents and bank and settings" in told
    fault(sandbox, "moneybird", "403", match="financial_accounts")
    assert "lacks the scope settings" in said(moneybird(sandbox))
    fault(sandbox, "moneybird", "503", match="financial_accounts")
    assert "is in trouble (503)" in said(moneybird(sandbox))


def test_ids_of_moneybird_are_never_rounded(sandbox: Sandbox) -> None:
    fault(sandbox, "moneybird", "replace", find='"(3000[0-9]+)"', put=r"\1", count=0)
    assert [one.id for one in moneybird(sandbox).administrations()][:2] == [
        "300000000000000001",
        "300000000000000002",
    ]


# --- Business Central ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "company",
    ["Fjordgruppen Bygg AS", "fjord bygg", "A1C5F1DE-0000-4000-8000-000000000001"],
)
def test_business_central_tells_the_company(sandbox: Sandbox, company: str) -> None:
    client = business_central(sandbox, company=company)
    assert check(client).startswith(
        "Fjordgruppen Bygg AS: company a1c5f1de-0000-4000-8000-000000000001 of the environment Production"
    )
    assert client.usage.requests == 2  # and one for the token


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"client_secret": "wrong"}, "(AADSTS7000215): the secret is wrong"),
        ({"client_id": "app-old-secret"}, "(AADSTS7000222): the secret has expired"),
        ({"client_id": "nobody"}, "(AADSTS700016): the tenant does not know this client id"),
        ({"client_id": "app-unregistered"}, "Business Central refuses it (401): register the"),
        ({"client_id": "app-without-rights"}, "it lacks a permission set (403)"),
        ({"environment": "Prodution"}, "knows no environment 'Prodution' in this tenant (404)"),
        ({"environment": "Empty"}, "the app sees no company of the environment Empty"),
        ({"company": "Fjord"}, "no company is called 'Fjord' in the environment Production"),
        ({"company": None}, "Enter which company of the environment Production: Fjordgruppen Bygg"),
        ({"token_url": "http://127.0.0.1:1/token"}, "Correct the address of tokens"),
        ({"token_url": "login.example/token"}, "the address of tokens must be a full URL"),
    ],
)
def test_business_central_says_who_must_mend_what(
    sandbox: Sandbox, other: dict[str, Any], words: str
) -> None:
    assert words in said(business_central(sandbox, **other))


def test_business_centrals_tenant(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/entra/elsewhere/oauth2/v2.0/token"
    assert "(AADSTS90002): there is no such tenant" in said(
        business_central(sandbox, token_url=url)
    )
    assert "not as an identity provider does (404)" in said(
        business_central(sandbox, token_url=f"{sandbox.url}/entra/token")
    )
    for field in ("tenant", "environment"):
        for value in ("https://example.com", "..", " "):
            with pytest.raises(ConfigError, match=f"a {field} that cannot be one"):
                business_central(sandbox, **{field: value})


def test_trouble_at_the_identity_provider(sandbox: Sandbox) -> None:
    fault(sandbox, "entra", "503")
    assert "an identity provider at" in (told := said(business_central(sandbox)))
    assert "is in trouble (503)" in told
    fault(sandbox, "entra", "429")
    assert "the identity provider refuses for now" in said(business_central(sandbox)).lower()
    fault(sandbox, "entra", "html")
    assert "answers, but not as an identity provider does" in said(business_central(sandbox))
    fault(sandbox, "entra", "400")
    assert "correct the client id, the secret and the tenant" in said(business_central(sandbox))
