"""Tokens by client credentials: fetched once, again before they run out, and once more when refused."""

from __future__ import annotations

import pytest

from saldo.errors import AuthError, ConfigError, RateLimited, Unavailable
from saldo.transport import Caller
from saldo.transport.client_credentials import ClientCredentials, ClientSecret, refusal_in
from saldo.vendors import VENDORS
from tests.support import QUICK, Sandbox
from tests.vendors.test_checks import business_central, fault

CALLER = Caller("business_central", "fjord", "bc_fjord")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def credentials(sandbox: Sandbox, clock: Clock, **other: str) -> ClientCredentials:
    app = {"client_id": "app-all", "client_secret": "sandbox-secret-app-all", **other}
    return ClientCredentials(
        CALLER,
        token_url=f"{sandbox.url}/entra/fjordgruppen.example/oauth2/v2.0/token",
        proof=ClientSecret(app.pop("client_id"), app.pop("client_secret")),
        policy=QUICK,
        clock=clock,
        **{"scope": "https://api.businesscentral.dynamics.com/.default", **app},
    )


def requests_of(credentials: ClientCredentials) -> int:
    return credentials._transport.usage.requests


def test_a_token_is_fetched_once_and_again_before_it_runs_out(sandbox: Sandbox) -> None:
    clock = Clock()
    made = credentials(sandbox, clock)
    made.token()
    clock.now = 3599 - 301
    made.token()
    assert requests_of(made) == 1
    clock.now = 3599 - 299
    made.token()
    assert requests_of(made) == 2


def test_a_token_of_less_than_the_margin_is_used_too(sandbox: Sandbox) -> None:
    clock = Clock()
    made = credentials(
        sandbox, clock, client_id="app-short-lived", client_secret="sandbox-secret-app-short-lived"
    )
    made.token()
    clock.now = 0.4
    made.token()
    assert requests_of(made) == 1


def test_only_the_refused_token_is_dropped(sandbox: Sandbox) -> None:
    made = credentials(sandbox, Clock())
    token = made.token()
    made.drop("that of another thread, long replaced")
    assert made.token() == token
    assert requests_of(made) == 1
    made.drop(token)
    made.token()
    assert requests_of(made) == 2


@pytest.mark.parametrize(
    ("other", "code"),
    [({"client_secret": "wrong"}, "AADSTS7000215"), ({"client_id": "nobody"}, "AADSTS700016")],
)
def test_a_refusal_is_an_auth_error_whatever_its_status(
    sandbox: Sandbox, other: dict[str, str], code: str
) -> None:
    with pytest.raises(AuthError, match=code) as raised:
        credentials(sandbox, Clock(), **other).token()
    assert "'bc_fjord'" in str(raised.value)


@pytest.mark.parametrize("code", ["AADSTS90033", "AADSTS90024"])
def test_what_the_platform_says_of_itself_is_no_refusal(sandbox: Sandbox, code: str) -> None:
    """Whatever its status: nobody has to correct a secret because of it."""
    fault(sandbox, "entra", "replace", find="AADSTS7000215", put=code)
    with pytest.raises(Unavailable, match=f"cannot give a token now .{code}.; it is tried again"):
        credentials(sandbox, Clock(), client_secret="wrong").token()
    assert refusal_in(f"ClientAuthenticationError: {code}: A transient error has occurred.") is None
    assert refusal_in("AADSTS7000222: The keys are expired.") == "AADSTS7000222"


def test_trouble_is_the_callers_to_wait_out(sandbox: Sandbox) -> None:
    fault(sandbox, "entra", "503")
    made = credentials(sandbox, Clock())
    with pytest.raises(Unavailable):
        made.token()
    assert requests_of(made) == 1
    fault(sandbox, "entra", "429", retry_after=7)
    with pytest.raises(RateLimited) as raised:
        made.token()
    assert raised.value.retry_after_s == 7


def test_a_secret_that_is_echoed_is_masked(sandbox: Sandbox) -> None:
    fault(sandbox, "entra", "replace", find=".*", put='{"echo": "sandbox-secret-app-all"}')
    with pytest.raises(Exception, match=r"\*\*\*") as raised:
        credentials(sandbox, Clock()).token()
    assert "sandbox-secret" not in str(raised.value)


def test_a_refused_token_is_renewed_once(sandbox: Sandbox) -> None:
    client = business_central(sandbox)
    fault(sandbox, "business_central", "401", after=1)
    check = VENDORS["business_central"].check_connection
    assert "Fjordgruppen" in check(client)
    assert client.usage.requests == 3
    fault(sandbox, "business_central", "401", times=9)
    with pytest.raises(ConfigError, match=r"refuses it \(401\)"):
        check(client)
    assert client.usage.requests == 5


def test_a_token_that_is_echoed_is_masked(sandbox: Sandbox) -> None:
    client = business_central(sandbox)
    token = client.credentials.token()
    fault(sandbox, "business_central", "replace", find=".*", put=f'{{"echo": "{token}"}}')
    with pytest.raises(Exception, match=r"\*\*\*") as raised:
        client.companies()
    assert token not in str(raised.value)
