"""Tokens of an app at Moneybird: renewed by one task, found by all others, and readable by nobody else."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import requests

from saldo.declarations.connection_form import Fields
from saldo.errors import AuthError, ConfigError, SaldoError
from saldo.runs.renewed_tokens import RenewedTokens
from saldo.transport import Caller, Policy
from saldo.transport.refresh_token import App, Tokens
from saldo.vendors import VENDORS
from saldo.vendors.moneybird.client import MoneybirdClient
from saldo.vendors.moneybird.tokens import app_of
from saldo.warehouse.connection import Connection
from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.support import Sandbox

CLIENT, SECRET = "sandbox-moneybird-client", "sandbox-moneybird-secret"
ONCE = Policy(max_tries=1, connect_timeout_s=2, read_timeout_s=5)


def app(company: MoneybirdCompany, **other: str) -> App:
    fields = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "refresh_token": f"sandbox-moneybird-refresh-{company.id}",
        "token_url": f"{company.sandbox.url}/moneybird/oauth/token",
        **other,
    }
    return App(**fields)


def task(company: MoneybirdCompany, dsn: str | None, of: App | None = None) -> MoneybirdClient:
    """A client of a task, whose connection holds an access token that nobody takes any more."""
    company.administration_id  # noqa: B018
    client = company.client(
        token="an-access-token-of-long-ago", app=of or app(company), policy=ONCE
    )
    if dsn:
        client.share_pace(dsn)
        client.keep_tokens(dsn)
    return client


def test_a_refused_token_is_renewed_and_the_next_task_finds_the_new_one(
    sandbox: Sandbox, dsn: str
) -> None:
    company = moneybird_company(sandbox, "mbrenewed", entries=60, moneybird_refresh_rotates=True)
    one = task(company, dsn)
    assert one.check_identity(None) == company.administration_id
    assert one.usage.requests == 2, "refused, and asked with the new one"
    other = task(company, dsn)
    other.check_identity(None)
    assert other.usage.requests == 1


def test_a_refresh_token_that_ends_with_its_use_leads_on(sandbox: Sandbox, dsn: str) -> None:
    """Renewed again and again: each time with the refresh token that came last."""
    company = moneybird_company(
        sandbox, "mbrotates", entries=60, moneybird_refresh_rotates=True, moneybird_expires_in=1
    )
    store = RenewedTokens(dsn, "moneybird", app(company))
    seen: set[str] = set()
    for _ in range(3):
        client = task(company, dsn)
        client.check_identity(None)
        newest = store.newest()
        assert newest is not None
        seen.add(newest.refresh_token)
        # As if its time were over.
        store.renewed(newest, lambda known: replace_used(known))
    assert len(seen) == 3


def replace_used(known: Tokens) -> Tokens:
    return Tokens(known.access_token, known.refresh_token, used_until=0.0)


def test_many_tasks_renew_it_once(sandbox: Sandbox, dsn: str) -> None:
    company = moneybird_company(sandbox, "mbmany", entries=60, moneybird_refresh_rotates=True)
    clients = [task(company, dsn) for _ in range(4)]
    errors: list[Exception] = []

    def run(client: MoneybirdClient) -> None:
        try:
            client.check_identity(None)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    given = {client._auth.token() for client in clients}  # type: ignore[attr-defined]
    assert len(given) == 1


def test_tokens_are_kept_although_the_warehouse_drops_the_connection_meanwhile(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    """The old refresh token has ended by then: what is lost now is lost for good."""
    company = moneybird_company(sandbox, "mbdropped", entries=60)
    store = RenewedTokens(dsn, "moneybird", app(company))
    made = Tokens("access", "refresh")

    def renew(_: Tokens) -> Tokens:
        warehouse.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() "
            "and database = (select oid from pg_database where datname = current_database())"
        )
        return made

    assert store.renewed(Tokens("before", "before"), renew) == made
    assert store.newest() == made


def test_the_warehouse_shows_no_token(sandbox: Sandbox, dsn: str, warehouse: Connection) -> None:
    company = moneybird_company(sandbox, "mbsealed", entries=60)
    task(company, dsn).check_identity(None)
    rows = warehouse.execute(
        "select t.credentials || convert_from(t.sealed, 'latin1') from ops.renewed_token as t"
    ).fetchall()
    assert rows
    assert not any("sandbox-moneybird" in row for (row,) in rows)
    other = replace(app(company), client_secret="another-secret")
    assert RenewedTokens(dsn, "moneybird", other).newest() is None


def test_nothing_is_renewed_where_nothing_can_be_kept(sandbox: Sandbox) -> None:
    company = moneybird_company(sandbox, "mbtest", entries=60, moneybird_refresh_rotates=True)
    with pytest.raises(AuthError, match="A run of the agreement renews it"):
        task(company, None).check_identity(None)
    with pytest.raises(ConfigError, match="renewed by runs only"):
        VENDORS["moneybird"].check_connection(task(company, None))


def test_a_missing_scope_has_nothing_renewed(sandbox: Sandbox, dsn: str) -> None:
    company = moneybird_company(sandbox, "mbscope", entries=60)
    client = company.client(app=app(company), policy=ONCE)
    client.keep_tokens(dsn)
    company.fault("module", match="contacts", times=9)
    with pytest.raises(AuthError, match="lacks the scope"):
        client.get("contacts/synchronization", params={}, decode=bytes)
    assert client.usage.requests == 1
    assert RenewedTokens(dsn, "moneybird", app(company)).newest() is None
    sandbox.clear_faults()


@pytest.mark.parametrize("wrong", ["client_secret", "refresh_token", "client_id"])
def test_a_refusal_says_what_to_enter_and_no_secret(sandbox: Sandbox, dsn: str, wrong: str) -> None:
    company = moneybird_company(sandbox, "mbwrong", entries=60)
    refused = app(company, **{wrong: "of-somebody-else-entirely"})
    with pytest.raises(AuthError) as raised:
        task(company, dsn, refused).check_identity(None)
    text = str(raised.value)
    assert "authorise the app at the vendor once more" in text
    for secret in (SECRET, "sandbox-moneybird-refresh", "of-somebody-else"):
        assert secret not in text


def test_an_answer_that_cannot_be_read_shows_no_token(sandbox: Sandbox, dsn: str) -> None:
    company = moneybird_company(
        sandbox, "mbshown", entries=60, moneybird_refresh_rotates=True, moneybird_expires_in=60
    )
    requests.post(
        f"{sandbox.url}/sandbox/faults",
        json={"kind": "truncate", "match": "oauth/token", "times": 1},
        timeout=5,
    )
    client = task(company, dsn)
    with pytest.raises(SaldoError) as raised:
        client.check_identity(None)
    sandbox.clear_faults()
    assert "sandbox-moneybird-access" not in str(raised.value)


def test_a_part_of_an_app_is_refused() -> None:
    caller = Caller("moneybird", "x", "moneybird_x")
    assert app_of(Fields(password="t"), caller) is None
    with pytest.raises(ConfigError, match="fill in client_secret, refresh_token too"):
        app_of(Fields(password="t", extra={"client_id": "a"}), caller)
