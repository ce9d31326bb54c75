"""Moneybird's client against the sandbox: what it asks, what it takes from the answers, and what it says is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import EVERYTHING, Days, Keys
from saldo.errors import AuthError, BadResponse, ConfigError, RateLimited, Unavailable, VendorError
from saldo.transport import Caller, Policy, Reply
from saldo.transport.limiter import BurstLimiter
from saldo.vendors import VENDORS
from saldo.vendors.moneybird import answers, filters, limits
from saldo.vendors.moneybird.client import MoneybirdClient, client_of
from tests.moneybird import ENTITIES, MoneybirdCompany, moneybird_company
from tests.support import Sandbox

ONCE = Policy(max_tries=1, connect_timeout_s=2, read_timeout_s=5)
CALLER = Caller("moneybird", "x", "moneybird_x")


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> MoneybirdCompany:
    return moneybird_company(sandbox, "mbclient", entries=900)


@pytest.fixture(autouse=True)
def _well(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


def listed(client: MoneybirdClient, name: str, days: Days | None = None) -> dict[str, str]:
    return {key: version for part in client.versions(ENTITIES[name], days) for key, version in part}


# --- lists and records ---------------------------------------------------------------------------


def test_a_list_holds_all_years(company: MoneybirdCompany) -> None:
    client = company.client()
    keys = [*listed(client, "purchase_invoices")]
    records = [
        bytes(record)
        for page in client.pages(ENTITIES["purchase_invoices"], Keys(tuple(keys)))
        for record in page.records
    ]
    assert len(records) == len(keys)
    years = {answers.msgspec.json.decode(one)["date"][:4] for one in records}
    assert len(years) > 1


def test_records_are_asked_for_in_slices(company: MoneybirdCompany) -> None:
    client = company.client()
    keys = tuple(listed(client, "contacts"))
    assert len(keys) > 100
    before = client.usage.requests
    found = [
        page
        for page in client.pages(ENTITIES["contacts"], Keys((*keys, "1", "400000000000000000")))
    ]
    assert client.usage.requests - before == len(found) == -(-(len(keys) + 2) // 100)
    assert sum(len(page.records) for page in found) == len(keys)


def test_archived_contacts_are_listed(sandbox: Sandbox) -> None:
    company = moneybird_company(sandbox, "mbarchived", entries=300, customers=60)
    company.next_day(20)
    client = company.client()
    everybody = client.get("contacts/synchronization", params={}, decode=answers.listed)
    assert len(listed(client, "contacts")) > len({str(one.id) for one in everybody})


def test_pages_follow_the_next_link_and_no_other(company: MoneybirdCompany) -> None:
    client = company.client()
    pages = list(client.pages(ENTITIES["tax_rates"], EVERYTHING))
    assert len(pages) > 1
    assert sum(len(page.records) for page in pages) == pages[0].announced
    both = {"Link": '<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next"'}
    assert answers.next_link(both) == "https://x/?page=3"
    assert answers.next_link({"Link": '<https://x/?page=1>; rel="prev"'}) is None
    assert answers.next_link({}) is None


def test_a_link_elsewhere_is_not_followed(company: MoneybirdCompany) -> None:
    client = company.client()
    with pytest.raises(BadResponse, match="refused to follow"):
        list(client.pages(ENTITIES["tax_rates"], EVERYTHING, resume="https://elsewhere.example/a"))


def test_days_are_asked_for_as_a_period(company: MoneybirdCompany) -> None:
    from datetime import date

    client = company.client()
    everything = listed(client, "receipts")
    some = listed(client, "receipts", Days(date(2026, 1, 1), date(2026, 6, 30)))
    assert 0 < len(some) < len(everything)
    assert some.items() <= everything.items()


def test_days_have_eight_digits_in_every_year() -> None:
    asked = filters.dated(Days(date(1, 1, 1), date.max))
    assert asked == {"filter": "period:00010101..99991231,state:all"}


def test_what_has_become_another_kind_is_found_there(company: MoneybirdCompany) -> None:
    client = company.client()
    receipts, invoices = listed(client, "receipts"), listed(client, "purchase_invoices")
    asked = [*list(receipts)[:3], *list(invoices)[:2], "400000000000000000"]
    found = client.elsewhere(ENTITIES["purchase_invoices"], ["receipts"], asked)
    assert found == {*asked[:3]}


def test_a_sample_of_everything_comes(company: MoneybirdCompany) -> None:
    client = company.client()
    for name in ("administrations", "ledger_accounts", "contacts", "purchase_invoices"):
        before = client.usage.requests
        assert client.sample(ENTITIES[name]).records, name
        assert client.usage.requests - before <= 2


# --- whose books ---------------------------------------------------------------------------------


def test_the_identity_is_the_administration(company: MoneybirdCompany) -> None:
    client = company.client()
    assert client.check_identity(None) == company.administration_id
    [page] = client.pages(ENTITIES["administrations"], EVERYTHING)
    assert answers.one(page.records[0]).id == company.administration_id
    assert client.usage.requests == 1, "asked for once"
    with pytest.raises(ConfigError, match="earlier runs landed 77"):
        client.check_identity("77")


def test_another_administration_is_refused(company: MoneybirdCompany) -> None:
    client = company.client(token="sandbox-moneybird-all")
    with pytest.raises(
        ConfigError, match=f"does not open administration {company.administration_id}"
    ):
        client.check_identity(None)


# --- what is refused -----------------------------------------------------------------------------


def reply(status: int, body: str, **headers: str) -> Reply:
    return Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, body.encode())


def refused(status: int, body: str, **headers: str) -> VendorError | None:
    from saldo.errors import Evidence

    return limits.refusal(CALLER, reply(status, body, **headers), lambda: Evidence(status))


@pytest.mark.parametrize("scope", ["documents", "sales_invoices and documents"])
def test_a_missing_scope_is_named(scope: str) -> None:
    error = refused(401, f'{{"error":"No access to {scope}"}}')
    assert isinstance(error, AuthError)
    assert f"lacks the scope {scope};" in str(error)


def test_a_wrong_token_is_not_a_missing_scope(company: MoneybirdCompany) -> None:
    assert (
        refused(401, '{"error":"token is invalid","symbolic":{"request":"invalid_grant"}}') is None
    )
    with pytest.raises(AuthError, match="refuses the credentials"):
        company.client(policy=ONCE, token="nobody's").check_identity(None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error":"Per Page is too big","symbolic":{"per_page":"max"}}', "Per Page is too big"),
        ('{"error":{"ids":["is empty","is short"]},"details":{}}', "ids: is empty, is short"),
        ('{"error":{"base":"no"}}', "base: no"),
    ],
)
def test_both_shapes_of_errors_become_sentences(body: str, words: str) -> None:
    error = refused(422, body)
    assert isinstance(error, BadResponse)
    assert words in str(error)


@pytest.mark.parametrize("body", ["", "Retry later", "[]", '"x"', "null", '{"errors":1}'])
def test_what_says_nothing_is_left_to_the_status(body: str) -> None:
    assert refused(400, body) is None
    assert limits.said(body.encode()) == ""


def test_links_that_are_keys_are_in_no_message(company: MoneybirdCompany) -> None:
    text = '{"error":1,"url":"http://mb.dev/123/external/abc","payment_url":"http://mb.dev/pay/1"}'
    masked = limits.DIALECT.private.sub("***", text)  # type: ignore[union-attr]
    assert "abc" not in masked
    assert "pay/1" not in masked


# --- limits --------------------------------------------------------------------------------------


def test_retry_after_is_an_epoch_and_never_longer_than_a_window() -> None:
    def wait(**headers: str) -> float:
        return limits.wait_s(reply(429, "Retry later", **headers))

    now = time.time()
    assert 38 < wait(Retry_After=str(int(now) + 40)) <= 40
    assert wait(Retry_After=str(int(now) + 40_000)) == 300
    assert wait(Retry_After=str(int(now) - 40)) == 0
    assert wait(Retry_After="7") == 7
    # The clock is the vendor's: ours may be minutes off.
    assert wait(Retry_After="1798761630", Date="Fri, 01 Jan 2027 00:00:00 GMT") == 30
    assert wait(Retry_After="1798761630", Date="Fri, 01 Jan 2027 00:01:00 GMT") == 0
    assert wait(Retry_After=str(int(now) + 40_000), Date="yesterday") == 300
    assert 38 < wait(RateLimit_Reset=str(int(now) + 40)) <= 40
    assert wait() == 0


def test_whoever_is_refused_holds_all_others() -> None:
    limiter = BurstLimiter(5, 300)
    limits.observe_throttling(limiter, reply(429, "Retry later", Retry_After="9"))
    assert 8 < limiter.delay_s() <= 9
    limits.observe_throttling(limiter, reply(200, "[]"))
    assert 8 < limiter.delay_s() <= 9


def test_the_limit_is_kept_without_a_single_refusal(sandbox: Sandbox) -> None:
    """As fast as it may be asked, and never faster."""
    busy = moneybird_company(sandbox, "mbbusy", entries=60, moneybird_limit=6, moneybird_window_s=1)
    client = busy.client(policy=ONCE)
    client._auth.limiter = BurstLimiter(5, 1.05)  # the sixth has been asked for the administration
    for _ in range(9):
        listed(client, "receipts")
    assert client.usage.throttled > 0


def test_used_up_by_others_it_waits_as_told(sandbox: Sandbox) -> None:
    busy = moneybird_company(
        sandbox, "mbothers", entries=60, moneybird_limit=3, moneybird_window_s=1
    )
    url = f"{sandbox.url}/moneybird/api/v2/administrations.json"
    bearer = {"Authorization": f"Bearer {busy.own_token}"}
    busy.administration_id  # noqa: B018
    while requests.get(url, headers=bearer, timeout=5).status_code == 200:
        pass
    patient = Policy(max_tries=3, first_wait_s=0.01, max_wait_s=5)
    client = busy.client(policy=patient)
    assert listed(client, "receipts")
    assert client.usage.requests <= 3, "no storm of requests"
    while requests.get(url, headers=bearer, timeout=5).status_code == 200:
        pass
    with pytest.raises(RateLimited, match="Moneybird's 3 requests in five minutes are used up"):
        listed(busy.client(policy=Policy(max_tries=1)), "receipts")


def test_reports_have_a_limit_of_their_own() -> None:
    client = client_of(
        VENDORS["moneybird"].form.complete(
            Fields(password="t", extra={"administration_id": "1", "requests": "30"}), conn_id="c"
        ),
        CALLER,
        None,
    )
    assert client._report_calls == 10
    assert client._reports_auth.limiter is not client._auth.limiter


@pytest.mark.parametrize("requests_", ["0", "-1", "many"])
def test_the_number_of_requests_must_be_one(requests_: str) -> None:
    fields = Fields(password="t", extra={"administration_id": "1", "requests": requests_})
    with pytest.raises(ConfigError, match="requests in five minutes"):
        client_of(VENDORS["moneybird"].form.complete(fields, conn_id="c"), CALLER, None)


# --- bodies that are no lists --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"), [("truncate", Unavailable), ("html", Unavailable), ("drop", Unavailable)]
)
def test_a_damaged_list_is_no_list(
    company: MoneybirdCompany, fault: str, error: type[Exception]
) -> None:
    company.fault(fault, match="synchronization", times=9)
    with pytest.raises(error):
        listed(company.client(policy=ONCE), "receipts")


@pytest.mark.parametrize("body", [b"{}", b'[{"id":1}]', b'[{"id":null,"version":1}]', b"[1]"])
def test_a_list_of_another_shape_is_not_read(body: bytes) -> None:
    with pytest.raises(answers.msgspec.ValidationError):
        answers.listed(body)


# --- the general ledger --------------------------------------------------------------------------


def ledger(value: Any) -> answers.GeneralLedger:
    """A report in which every column says this of one account."""
    column = {"ledger_accounts": [{"ledger_account_id": "71", "value": value}]}
    names = ("start_balance", "debit_sums", "credit_sums", "final_balance")
    return answers.general_ledger(json.dumps(dict.fromkeys(names, column)).encode())


@pytest.mark.parametrize("value", ["n/a", "1,5", "NaN", "sNaN", "Infinity", True, [1], {"a": 1}])
def test_what_is_no_amount_is_told_with_its_account(value: Any) -> None:
    for read in (ledger(value).movements, lambda: ledger(value).begins_with):
        with pytest.raises(BadResponse, match="of account 71, which is no amount"):
            read()


@pytest.mark.parametrize("value", ["12.50", 12.5, None, "", 0])
def test_amounts_are_read_however_they_are_written(value: Any) -> None:
    amount = Decimal(str(value or 0))
    assert ledger(value).begins_with == ({"71": amount} if amount else {})


@pytest.mark.parametrize(
    ("text", "count"), [("4711", 4711), ("", None), ("many", None), ("9" * 30, None)]
)
def test_how_many_records_a_list_has(text: str, count: int | None) -> None:
    assert answers.total({"X-Total-Count": text}) == count
